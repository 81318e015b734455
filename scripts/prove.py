"""Hostile input and access: every check, one after another, and a table of what became of each.

``python -m scripts.prove full|short`` ends with 1 when a check failed. A check that could not run says NOT RUN and why:
that is never counted as passed. The short form is what CI runs beside the tests, whose runs include the others.
"""
# ruff: noqa: T201

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
_NOT_RUN = "NOT RUN"


@dataclass(frozen=True, slots=True)
class Check:
    """``command`` are arguments of make. ``minutes`` is how long it may take at most."""

    name: str
    command: tuple[str, ...]
    minutes: int
    in_short: bool = False


CHECKS = (
    Check("style, types, imports", ("lint",), 5),
    Check("bandit", ("bandit",), 4, in_short=True),
    Check("template (checkov)", ("template-audit",), 3, in_short=True),
    Check("known weaknesses", ("advisories",), 3, in_short=True),
    Check("tests, with coverage", ("coverage-run",), 18),
    Check("authorisation matrix", ("coverage-run", "TESTS=tests/security/authorisation"), 5),
    Check("no way to own networks", ("coverage-run", "TESTS=tests/security/outbound"), 3),
    Check("canary secrets", ("coverage-run", "TESTS=tests/security/canary"), 3),
    Check("coverage of 92 %", ("coverage-report",), 2),
    Check("roles against calls", ("policies",), 1, in_short=True),
    Check("fuzzing", ("fuzz", "FUZZ_SECONDS=20"), 5, in_short=True),
)


@dataclass(frozen=True, slots=True)
class Outcome:
    check: Check
    seconds: float
    result: str

    def line(self) -> str:
        return f"{self.check.name:<24} {self.seconds:5.0f} s  {self.result}"


def result_of(code: int, output: str) -> str:
    """``passed``, ``FAILED`` or ``NOT RUN`` with its reason. Nothing passes that says it did not run."""
    told = next((line.strip() for line in output.splitlines() if _NOT_RUN in line), "")
    if told:
        return told[told.index(_NOT_RUN) :][:160]
    return "passed" if code == 0 else "FAILED"


def run(check: Check) -> Outcome:
    print(f"=== {check.name}: make {' '.join(check.command)}", flush=True)
    started = time.monotonic()
    output: list[str] = []
    # Make gives another make its own options by the environment.
    environment = {name: value for name, value in os.environ.items() if name not in ("MAKEFLAGS", "MFLAGS")}
    with subprocess.Popen(  # noqa: S603
        ["make", *check.command],  # noqa: S607
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        start_new_session=True,
    ) as process:
        code = _followed(process, started + check.minutes * 60, output)
    return Outcome(check, time.monotonic() - started, result_of(code, "".join(output)))


def _followed(process: subprocess.Popen[str], deadline: float, output: list[str]) -> int:
    """Show and keep what it prints until it ends, or end it with all it started."""

    def end() -> None:
        os.killpg(process.pid, signal.SIGKILL)

    timer = threading.Timer(max(0.0, deadline - time.monotonic()), end)
    timer.start()
    try:
        assert process.stdout is not None
        for line in process.stdout:
            output.append(line)
            print(line, end="", flush=True)
        return process.wait()
    finally:
        timer.cancel()


def summary(outcomes: Sequence[Outcome]) -> tuple[str, int]:
    """The table, and the exit code."""
    failed = [each for each in outcomes if each.result == "FAILED"]
    not_run = [each for each in outcomes if each.result.startswith(_NOT_RUN)]
    passed = len(outcomes) - len(failed) - len(not_run)
    lines = [each.line() for each in outcomes]
    lines.append(f"{passed} passed, {len(failed)} failed, {len(not_run)} not run")
    return "\n".join(lines), 1 if failed or not passed else 0


def main(arguments: Sequence[str]) -> int:
    checks = [check for check in CHECKS if check.in_short or arguments[0] == "full"]
    outcomes = [run(check) for check in checks]
    table, code = summary(outcomes)
    print(f"\n=== {arguments[0]} proof\n{table}")
    return code


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
