"""Charts cost what they show, however long the stretch, and figures come out right."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from shared.aws.tables import bind
from shared.monitor.charts import Charts, PingFigures, TaskChart, shown_pings
from shared.monitor.models import LoadRecord, PingRecord, PingTask
from shared.monitor.resolutions import MAX_POINTS, RESOLUTIONS_SECONDS, resolution_for
from shared.monitor.rows import MonitorRow
from shared.monitor.store_records import DynamoPings, DynamoPingTasks, DynamoRecords
from shared.monitor.table import MonitorTable
from shared.monitor.thinning import DEFAULT_MAX_COUNT, MOST_RECORDS, thinned
from tests.dynamodb import DynamoEngine

pytest_plugins = ["tests.dynamodb"]

NOW = 1_800_000_123.0
DAY_HOURS, MONTH_HOURS = 24, 720


class CountedRecords:
    """Every slot of every resolution has a record; counts what is read."""

    def __init__(self) -> None:
        self.queries = 0
        self.rows = 0

    def between(self, uuid: str, resolution: int, from_seconds: int, to_seconds: int) -> Sequence[LoadRecord]:
        self.queries += 1
        first = -(-from_seconds // resolution) * resolution
        found = [LoadRecord(uuid, at) for at in range(first, to_seconds + 1, resolution)]
        self.rows += len(found)
        return found


class NoPings:
    def between(self, uuid: str, task_id: int, from_ms: int, to_ms: int, now_ms: int) -> Sequence[PingRecord]:
        return []


class Tasks:
    def __init__(self, *tasks: PingTask) -> None:
        self._tasks = tasks

    def all(self) -> Sequence[PingTask]:
        return self._tasks


def cost(hours: int) -> tuple[int, int]:
    """(queries, rows) of a chart."""
    records = CountedRecords()
    found = Charts(records, NoPings(), Tasks(), lambda: NOW).load_of_last_hours("a", hours)
    assert len(found) == records.rows
    return records.queries, records.rows


def test_thirty_days_cost_no_more_than_one_and_a_third_of_a_day() -> None:
    day, month = cost(DAY_HOURS), cost(MONTH_HOURS)
    assert (day[0], month[0]) == (1, 1)
    assert 0 < month[1] <= 1.3 * day[1]


@pytest.mark.parametrize("hours", [1, 4, 5, 6, 24, 25, 48, 168, 720, 2_160, 8_760])
def test_a_chart_is_one_query_of_a_bounded_number_of_rows(hours: int) -> None:
    queries, rows = cost(hours)
    assert queries == 1
    assert rows <= (MAX_POINTS + 1 if hours <= 7_200 else 366)
    assert rows >= min(60, hours * 60)


def test_a_part_of_the_past_is_drawn_at_the_resolution_that_is_still_kept() -> None:
    records = CountedRecords()
    charts = Charts(records, NoPings(), Tasks(), lambda: NOW)
    found = charts.load("a", NOW - 30 * 86_400, NOW - 29 * 86_400)
    assert [found[0].at_seconds % 10_800, len(found)] == [0, 8]


def test_nothing_is_read_for_a_stretch_without_length() -> None:
    records = CountedRecords()
    charts = Charts(records, NoPings(), Tasks(), lambda: NOW)
    assert list(charts.load_of_last_hours("a", 0)) == list(charts.load_of_last_hours("a", -1)) == []
    assert records.queries == 0


def test_a_month_of_real_rows_is_as_many_as_a_day(dynamodb: DynamoEngine) -> None:
    bind(MonitorRow, dynamodb.create_table("MonitorTable"))
    table = MonitorTable(lambda: NOW)
    records = DynamoRecords(table)
    for resolution in (resolution_for(DAY_HOURS * 3600), resolution_for(MONTH_HOURS * 3600)):
        assert resolution in RESOLUTIONS_SECONDS
        last = int(NOW) // resolution * resolution
        with MonitorRow.batch_write() as batch:
            for number in range(MAX_POINTS):
                key = f"{last - number * resolution:015d}"
                batch.save(MonitorRow(f"load#a#{resolution}", key, body={"cpu": float(number)}, revision=1))
    charts = Charts(records, DynamoPings(table), DynamoPingTasks(table), lambda: NOW)
    day, month = charts.load_of_last_hours("a", DAY_HOURS), charts.load_of_last_hours("a", MONTH_HOURS)
    assert (len(day), len(month)) == (288, 240)
    assert month[0].at_seconds >= NOW - MONTH_HOURS * 3600 > month[0].at_seconds - 10_800
    assert month[-1].cpu == 0.0


def test_figures_count_hours_by_what_is_in_them() -> None:
    hour = PingRecord("a", 1, 0, 40, count=60, lost=15)
    lost_hour = PingRecord("a", 1, 1, -1, count=60, lost=60)
    figures = PingFigures.of([hour, lost_hour])
    assert (figures.total, figures.loss_percent, figures.min_ms, figures.max_ms) == (120, 62.5, 40, 40)
    nothing = PingFigures.of([])
    assert (nothing.total, nothing.loss_percent, nothing.average_ms, nothing.percentile_ms(99)) == (0, 0.0, 0.0, 0)


def test_pings_without_answers_leave_their_parts_out() -> None:
    assert shown_pings([]) == {"count": 0, "records": []}
    chart = TaskChart(PingTask(1, "gateway", ("a",), "icmp", "192.0.2.1", 60), ())
    assert [task["id"] for task in shown_pings([chart])["tasks"]] == [1]


@pytest.mark.parametrize("limit", [0, 1, 2, 7, 100])
def test_thinning_keeps_shares_and_ends(limit: int) -> None:
    kept = thinned({"a": list(range(90)), "b": list(range(10))}, limit)
    assert sum(map(len, kept.values())) <= max(limit, 0)
    if limit >= 20:
        assert (kept["a"][0], kept["a"][-1], kept["b"][-1]) == (0, 89, 9)
    assert thinned({"a": [1, 2]}, -1) == {"a": [1, 2]}


def test_thinning_gives_as_many_as_are_wanted_even_when_there_are_fewer_than_groups() -> None:
    groups = {number: range(10) for number in range(400)}
    assert [sum(map(len, thinned(groups, limit).values())) for limit in (1, 399, 401, 3_999)] == [1, 399, 401, 3_999]


@pytest.mark.parametrize("limit", [-1, 10**9])
def test_all_records_are_as_many_as_an_answer_holds(limit: int) -> None:
    groups = {number: range(MOST_RECORDS) for number in range(3)}
    assert sum(map(len, thinned(groups, limit).values())) == MOST_RECORDS


def test_shown_pings_are_thinned_and_their_figures_are_those_of_all() -> None:
    task = PingTask(1, "p", ("n",), "icmp", "192.0.2.1", 1)
    records = tuple(PingRecord("n", 1, at_ms, -1 if at_ms % 2 else 5, lost=at_ms % 2) for at_ms in range(9_999, 0, -1))
    shown = shown_pings([TaskChart(task, records)])
    assert shown["count"] == len(shown["records"]) == DEFAULT_MAX_COUNT
    assert shown["tasks"][0]["total"] == 9_999
    assert shown["basic_info"][0]["loss"] == shown["tasks"][0]["loss"] == 50.01
