"""How the robots table is read and written: records under a version, in transactions, with typed failures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from pynamodb.transactions import TransactWrite

from shared.aws.database import TransactionRefused, conditional, database, transact
from shared.robots.rows import RECORD, RobotsRow


@dataclass(frozen=True, slots=True)
class Item:
    """One stored record. ``version`` 0: it must not exist yet; else it must still be at that version."""

    pk: str
    sk: str
    body: dict[str, Any]
    version: int = 0
    listing_key: str | None = None
    listing_order: str | None = None
    expires_at_seconds: int | None = None


class RobotsTable:
    """Every method may raise shared.aws.store_failures.StoreUnavailable."""

    def get(self, pk: str, sk: str = RECORD) -> Item | None:
        """A strongly consistent read."""
        with database(f"read {_kind(pk)}"):
            try:
                return _item(RobotsRow.get(pk, sk, consistent_read=True))
            except RobotsRow.DoesNotExist:
                return None

    def listed(self, listing_key: str, limit: int) -> list[Item]:
        """The first ``limit`` of a listing, in its order. It may trail the writes by a moment."""
        with database(f"list {_kind(listing_key)}"):
            return [_item(row) for row in RobotsRow.listing.query(listing_key, limit=limit)]

    def write(self, *items: Item) -> bool:
        """Write all items or none. False when one of them is not at its version."""
        try:
            if len(items) == 1:
                with conditional(f"write {_kind(items[0].pk)}", TransactionRefused()):
                    _row(items[0]).save(condition=_unchanged(items[0]))
            else:
                _save_all(items)
        except TransactionRefused:
            return False
        return True

    def next_number(self, kind: str) -> int:
        """A number that nobody else gets, from 1 up."""
        row = RobotsRow("sequence", kind)
        with database("next number"):
            row.update(actions=[RobotsRow.counter.add(1)])
        return int(row.counter)

    def count(self, pk: str, sk: str, expires_at_seconds: int) -> int:
        """Count one more and say how many that makes, for this caller alone."""
        row = RobotsRow(pk, sk)
        with database(f"count {_kind(pk)}"):
            row.update(actions=[RobotsRow.counter.add(1), RobotsRow.expires_at.set(expires_at_seconds)])
        return int(row.counter)


def _save_all(items: Sequence[Item]) -> None:
    def save_each(transaction: TransactWrite) -> None:
        for item in items:
            transaction.save(_row(item), condition=_unchanged(item))

    transact(RobotsRow._get_connection().connection, f"write {_kind(items[0].pk)}", save_each)


def _unchanged(item: Item) -> Any:
    return RobotsRow.version == item.version if item.version else RobotsRow.pk.does_not_exist()


def _row(item: Item) -> RobotsRow:
    return RobotsRow(
        item.pk,
        item.sk,
        version=item.version + 1,
        body=item.body,
        listing_key=item.listing_key,
        listing_order=item.listing_order,
        expires_at=item.expires_at_seconds,
    )


def _item(row: RobotsRow) -> Item:
    return Item(
        pk=row.pk,
        sk=row.sk,
        body=dict(row.body or {}),
        version=int(row.version or 0),
        listing_key=row.listing_key,
        listing_order=row.listing_order,
        expires_at_seconds=None if row.expires_at is None else int(row.expires_at),
    )


def _kind(key: str) -> str:
    """For error texts: what kind of record, never whose."""
    return key.partition("#")[0]
