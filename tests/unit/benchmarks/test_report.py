"""RESULTS.md: every aim, what falls short said plainly, tables that read in a terminal."""

from __future__ import annotations

import importlib.util

import pytest

from benchmarks.catalogue import BENCHMARKS, Benchmark
from benchmarks.report import REPORT, overview, report, section, shown
from benchmarks.result import RESULTS_FOLDER, Aim, read_results
from tests.unit.benchmarks.results import stored

CATALOGUE = {name: Benchmark("benchmarks.none", f"The {name}") for name in ("decode", "bomb", "http")}


def test_what_misses_its_aim_is_said_plainly() -> None:
    text = report([stored("decode", speed=0.5), stored("bomb")], CATALOGUE)

    assert "**Falls short of its aim:** decode (speed, times the peer)." in text
    assert "| decode    | speed, times the peer | ≥ 1 |      0.5 | **no** |" in text
    assert "| bomb      | speed, times the peer | ≥ 1 |     1.25 | yes    |" in text


def test_when_all_aims_are_met_that_is_said() -> None:
    assert "Every aim measured is met." in report([stored("decode")], CATALOGUE)


def test_benchmarks_stand_in_the_catalogue_s_order_and_those_without_a_result_are_named() -> None:
    text = report([stored("bomb"), stored("decode"), stored("removed")], CATALOGUE)

    assert [line for line in text.splitlines() if line.startswith("## ")] == [
        "## All aims",
        "## decode: The decode",
        "## bomb: The bomb",
    ]
    assert "No result kept yet: http." in text


def test_a_section_has_the_method_the_tables_the_notes_and_the_conditions() -> None:
    lines = section(stored("decode"), "Bodies to frames").splitlines()

    assert lines[0] == "## decode: Bodies to frames"
    assert "All bodies." in lines
    assert "By form." in lines
    assert "- A note." in lines
    assert lines[-1] == (
        "Taken 2026-01-02 03:04 UTC at commit 0123456789 in 12 s: A processor, 4 cores, load 0.25 at the start, "
        "Linux 6, CPython 3.11.7."
    )


def test_tables_are_padded_for_a_terminal() -> None:
    lines = section(stored("decode"), "").splitlines()
    start = lines.index("| form  |    µs |")

    assert lines[start + 1 : start + 4] == ["| ----- | ----: |", "| plain |  12.3 |", "| 压缩  | 1,234 |"]


@pytest.mark.parametrize(
    ("cell", "text"),
    [(0, "0"), (0.0, "0"), (7, "7"), (1234567, "1,234,567"), (0.012345, "0.0123"), (12.34, "12.3"), (99.96, "100")],
)
def test_numbers_have_three_significant_digits(cell: float, text: str) -> None:
    assert shown(cell) == text


@pytest.mark.parametrize(
    ("bound", "measured", "is_met"),
    [("at most", 1.5, True), ("at most", 1.51, False), ("at least", 1.5, True), ("at least", 1.49, False)],
)
def test_an_aim_is_met_on_its_limit_and_on_its_own_side(bound: str, measured: float, is_met: bool) -> None:
    assert Aim("figure", measured, bound, 1.5).is_met is is_met  # type: ignore[arg-type]


def test_the_overview_has_one_row_an_aim() -> None:
    assert len(overview([stored("decode"), stored("bomb")]).splitlines()) == 4


def test_every_benchmark_of_the_catalogue_has_its_module() -> None:
    assert [name for name, each in BENCHMARKS.items() if importlib.util.find_spec(each.module) is None] == []


def test_the_report_kept_is_that_of_the_results_kept() -> None:
    """When it is not: ``python -m benchmarks --report``."""
    results = read_results()
    kept = REPORT.read_text(encoding="utf-8")

    assert {path.stem for path in RESULTS_FOLDER.glob("*.json")} == {each.name for each in results}
    assert kept == report(results, BENCHMARKS)
