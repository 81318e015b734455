"""The command line of the benchmarks."""

from __future__ import annotations

import subprocess
import sys

import pytest

from benchmarks.catalogue import BENCHMARKS
from benchmarks.machine import REPOSITORY_ROOT


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "benchmarks", *arguments]
    return subprocess.run(command, cwd=REPOSITORY_ROOT, capture_output=True, text=True, timeout=60, check=False)


def test_the_list_names_every_benchmark_and_runs_none() -> None:
    answer = run("--list")

    assert [line.split()[0] for line in answer.stdout.splitlines()] == list(BENCHMARKS)
    assert answer.returncode == 0


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (("decoder",), "no such benchmark: decoder; there are decode"),
        (("--rounds", "4", "decode"), "at least 5 rounds"),
    ],
)
def test_what_cannot_be_run_is_refused(arguments: tuple[str, ...], complaint: str) -> None:
    answer = run(*arguments)

    assert complaint in answer.stderr
    assert answer.returncode == 2
