"""Once a minute: the records of the minutes that are over, and of the coarser slots that changed.

Everything is computed from what is stored and written under the slot's own key, so a run may be cut short, run twice
or run beside another one: the same reports make the same records. How far the last run got is kept; a run that comes
late catches up as far as reports are kept, and completes the coarser slots of before the pause.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

from shared.monitor.models import LiveReport, LoadRecord
from shared.monitor.resolutions import MINUTE_SECONDS, RESOLUTIONS_SECONDS, slot_start, source_of
from shared.monitor.rollups import coarser_record, minute_record

# A report that came at the end of a minute has been written this long after it.
SETTLED_SECONDS = 5
# Reports are kept for 15 minutes (shared.monitor.store.RECENT_KEPT_SECONDS).
_CATCH_UP_MINUTES = 13
# As long as a node that fell silent is known to have reported (shared.monitor.store.LIVE_KEPT_SECONDS).
_REMEMBERED_SECONDS = 86_400


class StoredReports(Protocol):
    """May raise StoreUnavailable."""

    def all(self) -> Mapping[str, LiveReport]: ...

    def reports_between(self, uuid: str, from_ms: int, to_ms: int) -> Sequence[tuple[int, dict[str, Any]]]: ...


class StoredRecords(Protocol):
    """May raise StoreUnavailable."""

    def put_all(self, records: Sequence[LoadRecord], resolution: int, preserve_hours: int) -> None: ...

    def between(self, uuid: str, resolution: int, from_seconds: int, to_seconds: int) -> Sequence[LoadRecord]: ...

    def rolled_up_to(self) -> int: ...

    def note_rolled_up_to(self, minute_seconds: int) -> None: ...


class RollUp:
    """``preserve_hours`` is how long records are kept, 0 for not at all; ``clock`` gives epoch seconds."""

    def __init__(
        self,
        live: StoredReports,
        records: StoredRecords,
        preserve_hours: Callable[[], int],
        clock: Callable[[], float],
    ) -> None:
        self._live = live
        self._records = records
        self._preserve_hours = preserve_hours
        self._clock = clock

    def run(self) -> int:
        """How many records were written. Raises StoreUnavailable."""
        last = slot_start(int(self._clock()) - SETTLED_SECONDS, MINUTE_SECONDS) - MINUTE_SECONDS
        # Where the last run ended, so that after a pause the coarse slots of before it are completed too.
        first = max(self._records.rolled_up_to() + MINUTE_SECONDS, last - _REMEMBERED_SECONDS)
        if first > last:
            return 0
        preserve_hours = self._preserve_hours()
        written = 0
        if preserve_hours:
            reports = self._live.all().values()
            for resolution in RESOLUTIONS_SECONDS:
                since_ms = _slots_begin(resolution, first) * 1000
                # A node that fell silent within a slot still has a record of it.
                uuids = [live.uuid for live in reports if live.received_at_ms >= since_ms]
                records = [record for uuid in uuids for record in self._records_of(uuid, resolution, first, last)]
                self._records.put_all(records, resolution, preserve_hours)
                written += len(records)
        self._records.note_rolled_up_to(last)
        return written

    def _records_of(self, uuid: str, resolution: int, first: int, last: int) -> list[LoadRecord]:
        source = source_of(resolution)
        if source is None:
            return self._minutes(uuid, max(first, last - (_CATCH_UP_MINUTES - 1) * MINUTE_SECONDS), last)
        if source > MINUTE_SECONDS and slot_start(first, source) == slot_start(last + MINUTE_SECONDS, source):
            return []  # no slot of the finer resolution has ended: this one waits for the next that does
        starts = range(slot_start(first - source, resolution), last + 1, resolution)
        found = self._records.between(uuid, source, starts[0], last)
        slots: dict[int, list[LoadRecord]] = {}
        for each in found:
            slots.setdefault(slot_start(each.at_seconds, resolution), []).append(each)
        return [coarser_record(uuid, start, slots[start]) for start in starts if start in slots]

    def _minutes(self, uuid: str, first: int, last: int) -> list[LoadRecord]:
        reports = self._live.reports_between(uuid, first * 1000, (last + MINUTE_SECONDS) * 1000 - 1)
        minutes: dict[int, list[dict[str, Any]]] = {}
        for at_ms, report in reports:
            minutes.setdefault(slot_start(at_ms // 1000, MINUTE_SECONDS), []).append(report)
        return [minute_record(uuid, start, several) for start, several in minutes.items()]


def _slots_begin(resolution: int, first: int) -> int:
    """Since when a node must have reported for its slots of the resolution to have changed, seen from the minute
    ``first``: the beginning of the finer slot that minute is in."""
    source = source_of(resolution)
    return first if source is None else slot_start(first, source)
