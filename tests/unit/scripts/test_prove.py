"""The proof's table: a check that failed or did not run is never counted as passed."""

from __future__ import annotations

import pytest

from scripts.prove import CHECKS, Check, Outcome, result_of, summary
from tests.embedded import REPOSITORY_ROOT
from tests.fuzz.__main__ import read_output

CHECK = Check("it", ("it",), 1)


@pytest.mark.parametrize(
    ("code", "output", "result"),
    [
        (0, "all well\n", "passed"),
        (1, "1 failed\n", "FAILED"),
        (2, "make: NOT RUN: advisories unreachable (no answer)\n", "NOT RUN: advisories unreachable (no answer)"),
        # Whatever the exit code says.
        (0, "NOT RUN: no fuzzer\n", "NOT RUN: no fuzzer"),
        (-9, "", "FAILED"),
    ],
)
def test_the_result_of_a_check(code: int, output: str, result: str) -> None:
    assert result_of(code, output) == result


def test_a_failure_fails_the_proof_and_what_did_not_run_is_told() -> None:
    results = [Outcome(CHECK, 1, "passed"), Outcome(CHECK, 2, "NOT RUN: x")]
    table, code = summary(results)
    assert (code, table.splitlines()[-1]) == (0, "1 passed, 0 failed, 1 not run")
    table, code = summary([*results, Outcome(CHECK, 3, "FAILED")])
    assert (code, table.splitlines()[-1]) == (1, "1 passed, 1 failed, 1 not run")
    assert summary([Outcome(CHECK, 2, "NOT RUN: x")])[1] == 1


def test_every_check_is_a_target_of_the_makefile_and_the_time_is_bounded() -> None:
    makefile = (REPOSITORY_ROOT / "Makefile").read_text("utf-8")
    for check in CHECKS:
        assert f"\n{check.command[0]}:" in makefile
    assert any(check.in_short for check in CHECKS)


# --- the fuzzer's own output ---


def test_only_a_run_that_came_to_its_end_has_no_finding() -> None:
    ended = read_output("codec", 20.0, 0, "#1 INITED\nDone 4711 runs in 21 second(s)\n")
    assert (ended.runs, ended.finding) == (4711, "")
    assert read_output("codec", 20.0, 0, "").finding == "did not end well"
    crashed = " === Uncaught Python exception: ===\nKeyError: 'd'\n...\nTest unit written to .fuzz/codec/crash-1\n"
    assert read_output("codec", 20.0, 77, crashed).finding == "KeyError: 'd', .fuzz/codec/crash-1"
    assert read_output("codec", 20.0, 1, "Done 4711 runs in 21 second(s)\n").finding
