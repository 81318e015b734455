"""How the robots table is read and written: records under a version, in transactions, with typed failures."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from pynamodb.transactions import TransactWrite

from shared.aws.database import TransactionRefused, conditional, database, transact
from shared.robots.aggregates import AMOUNTS, Addition, Aggregate
from shared.robots.rows import HEARD_OF, RECORD, RobotsRow


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
    """Every method may raise shared.aws.store_failures.StoreUnavailable. ``clock``: seconds since the epoch.

    DynamoDB drops expired items when it gets to it: until then they are passed over here.
    """

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock

    def get(self, pk: str, sk: str = RECORD) -> Item | None:
        """A strongly consistent read."""
        with database(f"read {_kind(pk)}"):
            try:
                return _item(RobotsRow.get(pk, sk, consistent_read=True))
            except RobotsRow.DoesNotExist:
                return None

    def get_all(self, pks: Sequence[str]) -> list[Item]:
        """Those of the records that exist, in any order, by strongly consistent reads of a hundred each."""
        return self.get_each([(pk, RECORD) for pk in pks])

    def get_each(self, keys: Sequence[tuple[str, str]]) -> list[Item]:
        """As ``get_all``, of records that have other second keys."""
        with database(f"read {_kind(keys[0][0])}" if keys else "read nothing"):
            return [_item(row) for row in RobotsRow.batch_get(list(keys), consistent_read=True)]

    def listed(self, listing_key: str, limit: int) -> list[Item]:
        """The first ``limit`` of a listing, in its order. It may trail the writes by a moment."""
        with database(f"list {_kind(listing_key)}"):
            return [_item(row) for row in RobotsRow.listing.query(listing_key, limit=limit)]

    def newest(self, listing_key: str, limit: int) -> Iterator[Item]:
        """A listing from its end, read as far as the caller goes and at most ``limit`` items."""
        with database(f"list {_kind(listing_key)}"):
            for row in RobotsRow.listing.query(listing_key, scan_index_forward=False, limit=limit, page_size=200):
                if row.expires_at is None or row.expires_at > self._clock():
                    yield _item(row)

    def newest_of(self, pk: str, prefix: str, limit: int) -> list[Item]:
        """The last ``limit`` items under a key whose second key begins like that, the last one first."""
        with database(f"read {_kind(pk)}"):
            begins = RobotsRow.sk.startswith(prefix)
            rows = RobotsRow.query(pk, begins, scan_index_forward=False, limit=limit, consistent_read=True)
            return [_item(row) for row in rows if row.expires_at is None or row.expires_at > self._clock()]

    def between(self, pk: str, first: str, last: str, limit: int, *, newest_first: bool) -> Iterator[Item]:
        """The items under a key whose second key lies between these two, in its order or from its end, read as far as
        the caller goes and at most ``limit`` items."""
        with database(f"read {_kind(pk)}"):
            within = RobotsRow.sk.between(first, last)
            rows = RobotsRow.query(
                pk, within, scan_index_forward=not newest_first, limit=limit, page_size=100, consistent_read=True
            )
            for row in rows:
                if row.expires_at is None or row.expires_at > self._clock():
                    yield _item(row)

    def write(self, *items: Item, additions: Sequence[Addition] = ()) -> bool:
        """Write all items and additions or none. False when one of the items is not at its version, or an addition at
        its limit."""
        try:
            if len(items) == 1 and not additions:
                with conditional(f"write {_kind(items[0].pk)}", TransactionRefused()):
                    _row(items[0]).save(condition=_unchanged(items[0]))
            else:
                _write_all(items, additions)
        except TransactionRefused:
            return False
        return True

    def add(self, addition: Addition) -> None:
        """Add to one aggregate."""
        with database(f"add to {_kind(addition.pk)}"):
            RobotsRow(addition.pk, addition.sk).update(actions=_actions(addition))

    def heard_of(self, pk: str, sk: str, now_ms: int) -> None:
        """Note the time at which somebody was last heard of, by which they are listed under HEARD_OF."""
        with database(f"note {_kind(pk)}"):
            RobotsRow(pk, sk).update(
                actions=[
                    RobotsRow.last_seen_ms.set(now_ms),
                    RobotsRow.listing_key.set(HEARD_OF),
                    RobotsRow.listing_order.set(f"{now_ms:015d}"),
                ]
            )

    def aggregates(self, keys: Sequence[tuple[str, str]]) -> dict[tuple[str, str], Aggregate]:
        """Those of the keys that have been counted."""
        with database("read aggregates"):
            return {(row.pk, row.sk): _aggregate(row) for row in RobotsRow.batch_get(list(keys), consistent_read=True)}

    def newest_aggregates(self, listing_key: str, limit: int) -> Iterator[Aggregate]:
        """As ``newest``, of aggregates."""
        with database(f"list {_kind(listing_key)}"):
            for row in RobotsRow.listing.query(listing_key, scan_index_forward=False, limit=limit, page_size=200):
                if row.expires_at is None or row.expires_at > self._clock():
                    yield _aggregate(row)

    def aggregates_between(self, pk: str, first: str, last: str) -> list[Aggregate]:
        """The aggregates under a key whose second key lies between these two, in its order."""
        with database("read aggregates"):
            found = RobotsRow.query(pk, RobotsRow.sk.between(first, last), consistent_read=True)
            return [_aggregate(row) for row in found]

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


def _write_all(items: Sequence[Item], additions: Sequence[Addition]) -> None:
    def build(transaction: TransactWrite) -> None:
        for item in items:
            transaction.save(_row(item), condition=_unchanged(item))
        for addition in additions:
            row, condition = RobotsRow(addition.pk, addition.sk), _below_limits(addition)
            transaction.update(row, actions=_actions(addition), condition=condition)

    operation = f"write {_kind(items[0].pk)}" if items else "add to aggregates"
    transact(RobotsRow._get_connection().connection, operation, build)


def _actions(addition: Addition) -> list[Any]:
    actions = [getattr(RobotsRow, name).add(amount) for name, amount in addition.amounts.items()]
    actions += [getattr(RobotsRow, name).set(value) for name, value in addition.sets.items()]
    for name, value in addition.first_sets.items():
        attribute = getattr(RobotsRow, name)
        actions.append(attribute.set(attribute | value))
    if addition.label:
        actions.append(RobotsRow.label.set(addition.label))
    if addition.expires_at_seconds is not None:
        actions.append(RobotsRow.expires_at.set(addition.expires_at_seconds))
    return actions


def _below_limits(addition: Addition) -> Any:
    condition = None
    for name, limit in addition.limits.items():
        attribute = getattr(RobotsRow, name)
        below = attribute.does_not_exist() | (attribute < limit)
        condition = below if condition is None else condition & below
    return condition


def _aggregate(row: RobotsRow) -> Aggregate:
    amounts = {name: int(getattr(row, name)) for name in AMOUNTS if getattr(row, name) is not None}
    return Aggregate(row.sk, amounts, row.label or "", dict(row.details or {}), dict(row.body or {}))


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
