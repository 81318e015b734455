"""Load records, pings and ping tasks in the monitor table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, fields

from shared.monitor.models import LOST, LoadRecord, PingRecord, PingTask
from shared.monitor.resolutions import kept_seconds
from shared.monitor.rows import PING_TASKS, RECORD, MonitorRow, ordered
from shared.monitor.store_latest_pings import DynamoLatestPings, LatestPings
from shared.monitor.table import Item, MonitorTable

HOUR_SECONDS = 3600
RAW_PING_SECONDS = 86_400
MAX_PINGS_READ = 4_000
_ROLLED_UP = "rolled_up"
_LOAD_FIELDS = frozenset(each.name for each in fields(LoadRecord)) - {"client", "at_seconds"}


class DynamoRecords:
    """Load records. Every method may raise StoreUnavailable."""

    def __init__(self, table: MonitorTable) -> None:
        self._table = table

    def put(self, record: LoadRecord, resolution: int, preserve_hours: int) -> None:
        """Keep the record of a slot; one that is there is replaced, so that a roll-up may run any number of times."""
        self._table.put(_load_item(record, resolution, preserve_hours))

    def put_all(self, records: Sequence[LoadRecord], resolution: int, preserve_hours: int) -> None:
        """As ``put``, many at once."""
        self._table.put_all([_load_item(record, resolution, preserve_hours) for record in records])

    def rolled_up_to(self) -> int:
        """The start (UTC epoch) of the last minute that was rolled up, 0 before the first."""
        item = self._table.get(_ROLLED_UP)
        return 0 if item is None else int(item.body["minute"])

    def note_rolled_up_to(self, minute_seconds: int) -> None:
        self._table.put(Item(_ROLLED_UP, RECORD, {"minute": minute_seconds}))

    def between(self, uuid: str, resolution: int, from_seconds: int, to_seconds: int) -> Sequence[LoadRecord]:
        """Records of slots that start in the interval, both ends included, oldest first."""
        items = self._table.listed(
            _load_key(uuid, resolution), first=ordered(max(0, from_seconds)), last=ordered(max(0, to_seconds))
        )
        return [_load_record(uuid, item) for item in items]


def _load_item(record: LoadRecord, resolution: int, preserve_hours: int) -> Item:
    body = {name: value for name, value in asdict(record).items() if name in _LOAD_FIELDS}
    expires_at = record.at_seconds + kept_seconds(resolution, preserve_hours)
    key = _load_key(record.client, resolution)
    return Item(key, ordered(record.at_seconds), body, expires_at_seconds=expires_at)


def _load_key(uuid: str, resolution: int) -> str:
    return f"load#{uuid}#{resolution}"


def _load_record(uuid: str, item: Item) -> LoadRecord:
    known = {name: value for name, value in item.body.items() if name in _LOAD_FIELDS}
    return LoadRecord(client=uuid, at_seconds=int(item.sk), **known)


class DynamoPings:
    """Answers to pings. Every method may raise StoreUnavailable."""

    def __init__(self, table: MonitorTable) -> None:
        self._table = table
        self._latest = DynamoLatestPings(table)

    def add(self, record: PingRecord, preserve_hours: int) -> None:
        """Keep one answer (for a day at most), add it to its hour (as long as the setting says), and put it before the
        machine's latest."""
        at_seconds = record.at_ms // 1000
        kept = preserve_hours * HOUR_SECONDS
        key = f"{record.client}#{record.task_id}"
        self._table.put(
            Item(
                f"ping#{key}",
                ordered(record.at_ms),
                {"value": record.value_ms},
                expires_at_seconds=at_seconds + min(RAW_PING_SECONDS, kept),
            )
        )
        hour = at_seconds - at_seconds % HOUR_SECONDS
        is_lost = record.value_ms < 0
        self._table.add_up(
            f"ping_hours#{key}",
            ordered(hour),
            counter=1,
            total=0 if is_lost else record.value_ms,
            lost=1 if is_lost else 0,
            expires_at_seconds=hour + HOUR_SECONDS + kept,
        )
        self._latest.note(record)

    def latest(self) -> LatestPings:
        """Of every machine."""
        return self._latest.all()

    def latest_of(self, uuid: str) -> Mapping[int, Sequence[PingRecord]]:
        return self._latest.of(uuid)

    def between(self, uuid: str, task_id: int, from_ms: int, to_ms: int, now_ms: int) -> Sequence[PingRecord]:
        """Newest first, MAX_PINGS_READ at most: single answers when the interval begins within a day, else hours."""
        if now_ms - from_ms <= RAW_PING_SECONDS * 1000:
            items = self._table.listed(
                f"ping#{uuid}#{task_id}",
                first=ordered(max(0, from_ms)),
                last=ordered(max(0, to_ms)),
                limit=MAX_PINGS_READ,
                newest_first=True,
            )
            return [_answer(uuid, task_id, int(item.sk), int(item.body["value"])) for item in items]
        rows = self._table.rows(
            f"ping_hours#{uuid}#{task_id}",
            first=ordered(max(0, from_ms // 1000 - HOUR_SECONDS)),
            last=ordered(max(0, to_ms // 1000)),
            limit=MAX_PINGS_READ,
            newest_first=True,
        )
        return [_hour(uuid, task_id, row) for row in rows]


def _answer(uuid: str, task_id: int, at_ms: int, value: int) -> PingRecord:
    return PingRecord(uuid, task_id, at_ms, value, count=1, lost=1 if value < 0 else 0)


def _hour(uuid: str, task_id: int, row: MonitorRow) -> PingRecord:
    count, lost = int(row.counter or 0), int(row.lost or 0)
    answered = count - lost
    value = round(int(row.total or 0) / answered) if answered else LOST
    return PingRecord(uuid, task_id, int(row.sk) * 1000, value, count=count, lost=lost)


class DynamoPingTasks:
    """Ping tasks. Every method may raise StoreUnavailable."""

    def __init__(self, table: MonitorTable) -> None:
        self._table = table

    def next_id(self) -> int:
        return self._table.next_number("ping_task")

    def all(self) -> Sequence[PingTask]:
        """By id."""
        return [_task(item) for item in self._table.listed(PING_TASKS, consistent=True)]

    def get(self, task_id: int) -> PingTask | None:
        item = self._table.get(PING_TASKS, ordered(task_id))
        return None if item is None else _task(item)

    def write(self, task: PingTask) -> bool:
        """False when it is not at its revision any more."""
        body = asdict(task)
        del body["revision"]
        return self._table.write(Item(PING_TASKS, ordered(task.task_id), body, task.revision))

    def delete(self, task_id: int) -> None:
        self._table.delete(PING_TASKS, ordered(task_id))

    def last_run_ms(self, task_id: int, uuid: str) -> int:
        """When the node was last asked for this task (0: never). Kept so that schedules survive cold starts."""
        item = self._table.get(f"ping_run#{task_id}#{uuid}", RECORD)
        return 0 if item is None else int(item.body["at_ms"])

    def claim_run(self, task_id: int, uuid: str, before_ms: int, now_ms: int) -> bool:
        """Note that the node is asked now. False when somebody else noted it since ``before_ms`` was read."""
        key = f"ping_run#{task_id}#{uuid}"
        item = self._table.get(key, RECORD)
        seen = 0 if item is None else int(item.body["at_ms"])
        if seen != before_ms:
            return False
        kept = Item(key, RECORD, {"at_ms": now_ms}, 0 if item is None else item.revision, now_ms // 1000 + 86_400)
        return self._table.write(kept)


def _task(item: Item) -> PingTask:
    body = dict(item.body)
    body["clients"] = tuple(body["clients"])
    return PingTask(**body, revision=item.revision)
