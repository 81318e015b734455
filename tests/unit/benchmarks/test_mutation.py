"""The sample of mutants, and what their tests' exit codes mean."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from benchmarks.mutation import FOLDERS, exit_codes, row, sample


def test_the_sample_is_the_same_every_time_and_from_every_folder() -> None:
    known = {folder: [f"shared.{folder}.m.x_f__mutmut_{number}" for number in range(500)] for folder in FOLDERS}
    first, second = sample(known, 20), sample(known, 20)
    assert first == second
    assert all(len(set(names)) == 20 and set(names) <= set(known[folder]) for folder, names in first.items())
    assert sample({"kook": ["only"]}, 20) == {"kook": ["only"]}


def test_what_no_test_calls_counts_as_survived_and_a_time_out_as_noticed() -> None:
    killed, survived, without, timed_out, skipped = 1, 0, 33, -24, 34
    assert row("kook", 900, [killed, killed, survived, without, timed_out, skipped]) == ("kook", 900, 5, 3, 1, 1, 60.0)


def test_a_mutant_that_was_not_run_is_no_figure() -> None:
    with pytest.raises(RuntimeError, match="1 mutants of kook were not run"):
        row("kook", 900, [1, None])


def test_exit_codes_are_read_from_what_mutmut_keeps(tmp_path: Path) -> None:
    folder = tmp_path / "mutants" / "shared" / "kook"
    folder.mkdir(parents=True)
    codes = {"shared.kook.codec.x_f__mutmut_1": 1, "shared.kook.codec.x_f__mutmut_2": None}
    (folder / "codec.py.meta").write_text(json.dumps({"exit_code_by_key": codes}), "utf-8")
    assert exit_codes(tmp_path) == codes
