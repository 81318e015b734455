"""A benchmark's result is kept in a file of its own."""

from __future__ import annotations

from pathlib import Path

from benchmarks.result import read_results, write_result
from tests.unit.benchmarks.results import stored


def test_what_was_written_is_read_again(tmp_path: Path) -> None:
    write_result(stored("decode"), tmp_path / "results")

    assert read_results(tmp_path / "results") == [stored("decode")]


def test_a_new_result_replaces_its_own_and_no_other(tmp_path: Path) -> None:
    write_result(stored("decode", speed=0.5), tmp_path)
    write_result(stored("bomb"), tmp_path)
    write_result(stored("decode", speed=2.0), tmp_path)

    assert read_results(tmp_path) == [stored("bomb"), stored("decode", speed=2.0)]
