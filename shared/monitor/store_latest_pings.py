"""The last answers to every ping task of every machine, in one partition: what a list of machines shows beside each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypeAlias

from shared.monitor.models import PingRecord
from shared.monitor.rows import LATEST_PINGS
from shared.monitor.table import Item, MonitorTable

# Of a task that is asked every minute these are the answers of an hour.
MAX_LATEST = 60
LATEST_KEPT_SECONDS = 3_600

# By machine and task, newest first.
LatestPings: TypeAlias = Mapping[str, Mapping[int, Sequence[PingRecord]]]


class DynamoLatestPings:
    """Every method may raise StoreUnavailable."""

    def __init__(self, table: MonitorTable) -> None:
        self._table = table

    def note(self, record: PingRecord) -> None:
        """Put an answer before those that are kept. Of two answers at the same moment one may be lost: the records of
        charts have both."""
        key = _key(record.client, record.task_id)
        before = self._table.get(LATEST_PINGS, key)
        values = [record.value_ms, *([] if before is None else before.body["values"])][:MAX_LATEST]
        expires_at = record.at_ms // 1000 + LATEST_KEPT_SECONDS
        body = {"values": values, "at_ms": record.at_ms}
        self._table.put(Item(LATEST_PINGS, key, body, expires_at_seconds=expires_at))

    def all(self) -> LatestPings:
        """Of every machine: one query."""
        return _by_machine(self._table.listed(LATEST_PINGS))

    def of(self, uuid: str) -> Mapping[int, Sequence[PingRecord]]:
        """Of one machine, by task."""
        items = self._table.listed(LATEST_PINGS, first=f"{uuid}#", last=f"{uuid}$")
        return _by_machine(items).get(uuid, {})


def _key(uuid: str, task_id: int) -> str:
    return f"{uuid}#{task_id}"


def _by_machine(items: Sequence[Item]) -> LatestPings:
    found: dict[str, dict[int, Sequence[PingRecord]]] = {}
    for item in items:
        uuid, _, task = item.sk.rpartition("#")
        at_ms = int(item.body["at_ms"])
        records = [PingRecord(uuid, int(task), at_ms, int(value), lost=int(value < 0)) for value in item.body["values"]]
        found.setdefault(uuid, {})[int(task)] = records
    return found
