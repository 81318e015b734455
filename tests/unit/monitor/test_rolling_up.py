"""Records made of reports: the numbers, and that a run may be repeated, late or cut short."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from shared.aws.store_failures import StoreUnavailable
from shared.monitor.models import LiveReport, LoadRecord
from shared.monitor.rolling_up import SETTLED_SECONDS, RollUp
from shared.monitor.rollups import coarser_record, minute_record
from tests.fakes.clock import FakeClock
from tests.unit.monitor.agent_doubles import REPORT

HOUR = 1_799_971_200  # the beginning of a day, and so of an hour


def report(**sections: Any) -> dict[str, Any]:
    return {**copy.deepcopy(REPORT), **sections}


class Reports:
    """Implements StoredReports: every report there is."""

    def __init__(self) -> None:
        self.rows: list[tuple[str, int, dict[str, Any]]] = []

    def add(self, uuid: str, at_seconds: float, **sections: Any) -> None:
        self.rows.append((uuid, round(at_seconds * 1000), report(**sections)))

    def all(self) -> Mapping[str, LiveReport]:
        return {uuid: LiveReport(uuid, at_ms, each, "post") for uuid, at_ms, each in self.rows}

    def reports_between(self, uuid: str, from_ms: int, to_ms: int) -> Sequence[tuple[int, dict[str, Any]]]:
        return [(at_ms, each) for of, at_ms, each in self.rows if of == uuid and from_ms <= at_ms <= to_ms]


class Records:
    """Implements StoredRecords; ``puts`` counts, with ``fails_after`` a run is cut short."""

    def __init__(self) -> None:
        self.rows: dict[tuple[str, int, int], LoadRecord] = {}
        self.upto = 0
        self.puts = 0
        self.fails_after: int | None = None

    def put_all(self, records: Sequence[LoadRecord], resolution: int, preserve_hours: int) -> None:
        for each in records:
            if self.fails_after is not None and self.puts >= self.fails_after:
                raise StoreUnavailable("write many")
            self.rows[(each.client, resolution, each.at_seconds)] = each
            self.puts += 1

    def between(self, uuid: str, resolution: int, from_seconds: int, to_seconds: int) -> Sequence[LoadRecord]:
        keys = sorted(
            key for key in self.rows if key[:2] == (uuid, resolution) and from_seconds <= key[2] <= to_seconds
        )
        return [self.rows[key] for key in keys]

    def rolled_up_to(self) -> int:
        return self.upto

    def note_rolled_up_to(self, minute_seconds: int) -> None:
        self.upto = minute_seconds

    def of(self, resolution: int) -> dict[int, LoadRecord]:
        return {at: each for (_, of, at), each in self.rows.items() if of == resolution}


class World:
    def __init__(self) -> None:
        self.clock = FakeClock(HOUR)
        self.reports = Reports()
        self.records = Records()
        self.hours = 720

    def run(self, at_seconds: float) -> int:
        self.clock.seconds = at_seconds
        return RollUp(self.reports, self.records, lambda: self.hours, self.clock).run()


def test_a_minute_is_the_mean_of_its_highest_three_tenths() -> None:
    samples = [report(cpu={"usage": value}) for value in (10, 20, 30, 40, 50, 60, 70, 80, 90, 100)]
    assert minute_record("a", HOUR, samples).cpu == 90
    assert minute_record("a", HOUR, samples[:2]).cpu == 20
    assert minute_record("a", HOUR, [report(cpu={"usage": 0})]).cpu == 0.01


def test_a_record_says_which_way_traffic_went_and_takes_counters_from_the_newest() -> None:
    first = report(network={"up": 1, "down": 2, "totalUp": 30, "totalDown": 40})
    second = report(network={"up": 1, "down": 2, "totalUp": 5, "totalDown": 6})
    record = minute_record("a", HOUR, [first, second])
    assert (record.net_in, record.net_out, record.net_total_up, record.net_total_down) == (2, 1, 5, 6)
    assert (record.connections, record.connections_udp, record.load) == (7, 3, 1.05)
    assert (record.ram, record.ram_total, record.disk, record.disk_total) == (400, 1000, 2500, 5000)


def test_a_coarser_slot_is_the_percentile_of_the_finer_ones() -> None:
    finer = [LoadRecord("a", HOUR + 60 * n, cpu=10.0 * n, net_in=100 * n) for n in range(11)]
    record = coarser_record("a", HOUR, finer)
    assert (record.at_seconds, record.cpu, record.net_in) == (HOUR, 70, 200)


def test_a_minute_is_written_when_it_is_over_and_settled() -> None:
    world = World()
    world.reports.add("a", HOUR + 1)
    world.reports.add("a", HOUR + 59.999)
    world.run(HOUR + 60 + SETTLED_SECONDS - 1)
    assert world.records.of(60) == {}
    world.run(HOUR + 60 + SETTLED_SECONDS)
    assert set(world.records.of(60)) == {HOUR}
    assert set(world.records.of(300)) == {HOUR}


def test_running_again_writes_nothing_and_a_run_that_was_cut_short_is_made_up_for() -> None:
    world = World()
    for second in range(0, 60, 3):
        world.reports.add("a", HOUR + second, cpu={"usage": second})
    world.records.fails_after = 1
    with pytest.raises(StoreUnavailable):
        world.run(HOUR + 70)
    assert world.records.upto == 0
    world.records.fails_after = None
    assert world.run(HOUR + 71) >= 2
    before = dict(world.records.rows)
    assert world.run(HOUR + 72) == 0
    world.records.upto = 0  # as a run beside this one would see it
    world.run(HOUR + 73)
    assert world.records.rows == before


def test_a_late_run_catches_up() -> None:
    world = World()
    world.run(HOUR + 65)
    for minute in range(1, 8):
        world.reports.add("a", HOUR + 60 * minute + 30, cpu={"usage": minute})
    world.run(HOUR + 60 * 8 + 5)
    assert [each.cpu for each in world.records.of(60).values()] == [1, 2, 3, 4, 5, 6, 7]
    assert set(world.records.of(300)) == {HOUR, HOUR + 300}


def test_every_resolution_is_filled_within_a_slot_of_the_finer_one() -> None:
    world = World()
    for minute in range(24 * 60):
        world.reports.rows = []
        world.reports.add("a", HOUR + 60 * minute + 30, cpu={"usage": 50})
        world.run(HOUR + 60 * minute + 70)
    assert len(world.records.of(60)) == 1440
    assert len(world.records.of(300)) == 288
    assert len(world.records.of(900)) == 96
    assert len(world.records.of(3600)) == 24
    assert len(world.records.of(10_800)) == 8
    assert len(world.records.of(43_200)) == 2
    assert len(world.records.of(86_400)) == 1
    assert {each.cpu for each in world.records.rows.values()} == {50}
    # Coarse slots cost little: most runs write the minute, and the five minutes it is in.
    assert world.records.puts < 1440 * 2.6


@pytest.mark.parametrize("minutes", [11 * 60 + 47, 11 * 60 + 2, 61, 1])
def test_a_node_that_fell_silent_keeps_its_last_reports_at_every_resolution(minutes: int) -> None:
    world = World()
    for minute in range(24 * 60 + 2):
        if minute < minutes:
            world.reports.rows = []
            world.reports.add("a", HOUR + 60 * minute + 30, cpu={"usage": 50})
        world.run(HOUR + 60 * minute + 70)
    for resolution in (60, 300, 900, 3_600, 10_800, 43_200, 86_400):
        assert len(world.records.of(resolution)) == -(-minutes * 60 // resolution), resolution


def test_coarse_slots_of_before_a_pause_are_completed_after_it() -> None:
    world = World()
    for minute in range(48):
        world.reports.rows = []
        world.reports.add("a", HOUR + 60 * minute + 30, cpu={"usage": 50})
        world.run(HOUR + 60 * minute + 70)
    assert HOUR + 2_700 not in world.records.of(900)
    world.run(HOUR + 5 * 3_600 + 70)  # nothing ran and nothing was reported for hours
    assert HOUR + 2_700 in world.records.of(900)
    assert set(world.records.of(3_600)) == set(world.records.of(10_800)) == {HOUR}


def test_a_silent_node_and_a_site_that_records_nothing_get_no_records() -> None:
    world = World()
    world.reports.add("a", HOUR - 3600)
    assert world.run(HOUR + 70) == 0
    world.reports.add("a", HOUR + 90)
    world.hours = 0
    assert world.run(HOUR + 130) == 0
    assert world.records.rows == {}
