"""What a chart of 30 days costs beside a chart of one day, for one node that reported all the time.

    python -m benchmarks.monitor_records [--days 30] [--rounds 50]

Fills the table of an engine in memory with what maintenance keeps of so many days, at every resolution, and asks for
both charts in turn as GET /api/records/load and common:getRecords do. Prints a table with the ratios; nothing is
asserted, because the times are those of the machine it runs on.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import time
from dataclasses import dataclass, field
from typing import Any

from pynamodb.signals import post_dynamodb_send

from shared.aws.tables import bind
from shared.monitor.charts import Charts
from shared.monitor.models import LoadRecord
from shared.monitor.resolutions import RESOLUTIONS_SECONDS, kept_seconds, slot_start
from shared.monitor.rows import MonitorRow
from shared.monitor.shown import shown_record
from shared.monitor.store_records import DynamoPings, DynamoPingTasks, DynamoRecords
from shared.monitor.table import MonitorTable
from tests.dynamodb import running_engine

NODE = "5b6e0c1a-0000-4000-8000-000000000001"
PRESERVE_HOURS = 720
TARGET_RATIO = 1.3
WARM_UPS = 5


@dataclass
class Figures:
    """Of one chart. ``reads`` are requests to DynamoDB for one answer."""

    seconds: list[float] = field(default_factory=list)
    points: int = 0
    answer_bytes: int = 0
    reads: int = 0

    @property
    def median_ms(self) -> float:
        return statistics.median(self.seconds) * 1000


class Reads:
    """Counts what pynamodb sends."""

    def __init__(self) -> None:
        self.count = 0
        post_dynamodb_send.connect(self._sent)

    def _sent(self, *_: Any, **__: Any) -> None:
        self.count += 1


def fill(records: DynamoRecords, days: int, now: int) -> int:
    """How many records there are afterwards."""
    written = 0
    for resolution in RESOLUTIONS_SECONDS:
        stretch = min(kept_seconds(resolution, PRESERVE_HOURS), days * 86_400)
        slots = range(slot_start(now - stretch, resolution), now, resolution)
        records.put_all([_record(start, number) for number, start in enumerate(slots)], resolution, PRESERVE_HOURS)
        written += len(slots)
    return written


def _record(at_seconds: int, number: int) -> LoadRecord:
    gib = 2**30
    return LoadRecord(
        client=NODE,
        at_seconds=at_seconds,
        cpu=number % 100 + 0.25,
        ram=number % 16 * gib,
        ram_total=16 * gib,
        swap_total=gib,
        load=1.25,
        disk=100 * gib + number,
        disk_total=512 * gib,
        net_in=67_890,
        net_out=12_345,
        net_total_up=123_456_789_012 + number,
        net_total_down=987_654_321_098 + number,
        process=210,
        connections=number % 500,
    )


def ask(charts: Charts, hours: int, reads: Reads, figures: Figures) -> None:
    reads_before, started_at = reads.count, time.perf_counter()
    found = charts.load_of_last_hours(NODE, hours)
    answer = json.dumps({"count": len(found), "records": [shown_record(record) for record in found]})
    figures.seconds.append(time.perf_counter() - started_at)
    figures.points, figures.answer_bytes = len(found), len(answer)
    figures.reads = reads.count - reads_before


def measure(days: int, rounds: int) -> tuple[int, Figures, Figures]:
    """(records kept, one day, all days); the two are asked in turn, so that both see the same machine."""
    with running_engine() as engine:
        os.environ.update(engine.environment())
        bind(MonitorRow, engine.create_table("MonitorTable"))
        table = MonitorTable(time.time)
        records = DynamoRecords(table)
        kept = fill(records, days, int(time.time()))
        charts, reads = Charts(records, DynamoPings(table), DynamoPingTasks(table)), Reads()
        for _ in range(WARM_UPS):
            for hours in (24, days * 24):
                ask(charts, hours, reads, Figures())
        one_day, all_days = Figures(), Figures()
        for _ in range(rounds):
            ask(charts, 24, reads, one_day)
            ask(charts, days * 24, reads, all_days)
    return kept, one_day, all_days


def table(kept: int, days: int, one_day: Figures, all_days: Figures) -> str:
    ratio = all_days.median_ms / one_day.median_ms
    rows = [
        ("", "1 day", f"{days} days", "ratio"),
        ("reads for one answer", one_day.reads, all_days.reads, f"{all_days.reads / one_day.reads:.2f}"),
        ("points", one_day.points, all_days.points, f"{all_days.points / one_day.points:.2f}"),
        ("answer, bytes", one_day.answer_bytes, all_days.answer_bytes, ""),
        ("median, ms", f"{one_day.median_ms:.1f}", f"{all_days.median_ms:.1f}", f"{ratio:.2f}"),
        (f"within {TARGET_RATIO} x", "", "", "yes" if ratio <= TARGET_RATIO else "no"),
        ("records kept of the node", "", kept, ""),
    ]
    return "\n".join("| {:<26} | {:>10} | {:>10} | {:>6} |".format(*row) for row in rows)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--days", type=int, default=30)
    parser.add_argument("--rounds", type=int, default=50)
    options = parser.parse_args()
    kept, one_day, all_days = measure(options.days, options.rounds)
    print(table(kept, options.days, one_day, all_days))


if __name__ == "__main__":
    main()
