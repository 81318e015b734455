"""How the monitor table is read and written: typed failures, expired items left out."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from pynamodb.transactions import TransactWrite

from shared.aws.database import TransactionRefused, conditional, database, transact
from shared.monitor.rows import RECORD, MonitorRow


@dataclass(frozen=True, slots=True)
class Item:
    """One stored record. For ``write``, ``revision`` 0 says that it must not exist yet, else that it must still be at
    that revision; ``put`` does not look."""

    pk: str
    sk: str
    body: dict[str, Any]
    revision: int = 0
    expires_at_seconds: int | None = None


class MonitorTable:
    """Every method may raise shared.aws.store_failures.StoreUnavailable. ``clock`` gives epoch seconds."""

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock

    def get(self, pk: str, sk: str = RECORD, *, consistent: bool = True) -> Item | None:
        with database(f"read {_kind(pk)}"):
            try:
                row = MonitorRow.get(pk, sk, consistent_read=consistent)
            except MonitorRow.DoesNotExist:
                return None
        return None if self._expired(row) else _item(row)

    def rows(
        self,
        pk: str,
        *,
        first: str | None = None,
        last: str | None = None,
        limit: int | None = None,
        newest_first: bool = False,
        consistent: bool = False,
    ) -> Iterator[MonitorRow]:
        """The items of a partition from sort key ``first`` to ``last`` (both included)."""
        condition: Any = None
        if first is not None and last is not None:
            condition = MonitorRow.sk.between(first, last)
        elif first is not None:
            condition = MonitorRow.sk >= first
        elif last is not None:
            condition = MonitorRow.sk <= last
        with database(f"list {_kind(pk)}"):
            found = MonitorRow.query(
                pk, condition, limit=limit, scan_index_forward=not newest_first, consistent_read=consistent
            )
            for row in found:
                if not self._expired(row):
                    yield row

    def listed(self, pk: str, **wanted: Any) -> list[Item]:
        """As ``rows``, as items."""
        return [_item(row) for row in self.rows(pk, **wanted)]

    def put(self, item: Item) -> None:
        """Write the item whatever is there."""
        with database(f"write {_kind(item.pk)}"):
            _row(item).save()

    def put_all(self, items: Sequence[Item]) -> None:
        """As ``put``, many at once, none twice."""
        with database("write many"), MonitorRow.batch_write() as batch:
            for item in items:
                batch.save(_row(item))

    def write(self, *items: Item, deletes: Sequence[Item] = ()) -> bool:
        """Write and delete all or nothing. False when one is not at its revision."""
        try:
            if len(items) == 1 and not deletes:
                with conditional(f"write {_kind(items[0].pk)}", TransactionRefused()):
                    _row(items[0]).save(condition=self._unchanged(items[0]))
            else:
                self._save_all(items, deletes)
        except TransactionRefused:
            return False
        return True

    def delete(self, pk: str, sk: str = RECORD) -> None:
        with database(f"delete {_kind(pk)}"):
            MonitorRow(pk, sk).delete()

    def delete_rows(self, rows: Sequence[tuple[str, str]]) -> None:
        """Delete by (pk, sk), however many."""
        with database("delete many"), MonitorRow.batch_write() as batch:
            for pk, sk in rows:
                batch.delete(MonitorRow(pk, sk))

    def next_number(self, kind: str) -> int:
        """A number that nobody else gets, from 1 up."""
        row = MonitorRow("sequence", kind)
        with database("next number"):
            row.update(actions=[MonitorRow.counter.add(1)])
        return int(row.counter)

    def count(self, pk: str, sk: str, *, expires_at_seconds: int) -> int:
        """Count one more and say how many that makes, for this caller alone."""
        row = MonitorRow(pk, sk)
        with database(f"count {_kind(pk)}"):
            row.update(actions=[MonitorRow.counter.add(1), MonitorRow.expires_at.set(expires_at_seconds)])
        return int(row.counter)

    def add_up(self, pk: str, sk: str, *, counter: int, total: int, lost: int, expires_at_seconds: int) -> None:
        """Add to the item's sums, making it when it is not there."""
        with database(f"add up {_kind(pk)}"):
            MonitorRow(pk, sk).update(
                actions=[
                    MonitorRow.counter.add(counter),
                    MonitorRow.total.add(total),
                    MonitorRow.lost.add(lost),
                    MonitorRow.expires_at.set(expires_at_seconds),
                ]
            )

    def _save_all(self, items: Sequence[Item], deletes: Sequence[Item]) -> None:
        def save_each(transaction: TransactWrite) -> None:
            for item in items:
                transaction.save(_row(item), condition=self._unchanged(item))
            for item in deletes:
                unchanged = MonitorRow.revision == item.revision if item.revision else None
                transaction.delete(MonitorRow(item.pk, item.sk), condition=unchanged)

        kind = _kind((*items, *deletes)[0].pk)
        transact(MonitorRow._get_connection().connection, f"write {kind}", save_each)

    def _unchanged(self, item: Item) -> Any:
        """Expired items are not there, although DynamoDB may take days to delete them."""
        if item.revision:
            return MonitorRow.revision == item.revision
        return MonitorRow.pk.does_not_exist() | (MonitorRow.expires_at <= int(self._clock()))

    def _expired(self, row: MonitorRow) -> bool:
        return row.expires_at is not None and row.expires_at <= self._clock()


def _row(item: Item) -> MonitorRow:
    return MonitorRow(item.pk, item.sk, revision=item.revision + 1, body=item.body, expires_at=item.expires_at_seconds)


def _item(row: MonitorRow) -> Item:
    return Item(
        pk=row.pk,
        sk=row.sk,
        body=dict(row.body or {}),
        revision=int(row.revision or 0),
        expires_at_seconds=None if row.expires_at is None else int(row.expires_at),
    )


def _kind(key: str) -> str:
    """For error texts: what kind of record, never whose."""
    return key.partition("#")[0]
