"""The runner: ``python -m benchmarks [NAME...]``; without names all the short ones.

Every benchmark runs in a process of its own, so that none measures what another left in memory. A figure that misses
its aim is a result, not a failure: the exit code is 1 only when a benchmark broke or ran out of its time.
"""

from __future__ import annotations

import argparse
import importlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence

from benchmarks.catalogue import BENCHMARKS, Benchmark
from benchmarks.machine import REPOSITORY_ROOT, conditions
from benchmarks.report import REPORT, overview, report, section
from benchmarks.result import NotRun, StoredResult, read_results, write_result
from benchmarks.rounds import DEFAULT_ROUNDS

MINIMUM_ROUNDS = 5


def main() -> int:
    options = _options()
    if options.list:
        for name, benchmark in BENCHMARKS.items():
            print(f"{name:<16} {benchmark.subject}{'' if benchmark.is_short else ' (long: only by name)'}")
        return 0
    if options.report:
        _write_report()
        return 0
    if options.in_process:
        return run_here(options.names[0], options.rounds, keep=not options.discard)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that what runs in a child ends with this process
    names = options.names or [name for name, benchmark in BENCHMARKS.items() if benchmark.is_short]
    failed = [name for name in names if not _run_in_child(name, BENCHMARKS[name], options)]
    if not options.discard:
        print(overview([each for each in _write_report() if each.name in names and each.name not in failed]))
        print(f"\nAll results: {REPORT.relative_to(REPOSITORY_ROOT)}")
    if failed:
        print(f"FAILED: {', '.join(failed)}", file=sys.stderr)
    return 1 if failed else 0


def _write_report() -> list[StoredResult]:
    results = read_results()
    REPORT.write_text(report(results, BENCHMARKS), encoding="utf-8")
    return results


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(BENCHMARKS)}")
    parser.add_argument("--rounds", type=int, default=DEFAULT_ROUNDS)
    parser.add_argument("--list", action="store_true", help="list the benchmarks and run none")
    parser.add_argument("--report", action="store_true", help="write RESULTS.md from results/ and run none")
    parser.add_argument("--discard", action="store_true", help="print only: leave results/ and RESULTS.md as they are")
    parser.add_argument("--in-process", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    unknown = [name for name in options.names if name not in BENCHMARKS]
    if unknown:
        parser.error(f"no such benchmark: {', '.join(unknown)}; there are {', '.join(BENCHMARKS)}")
    if options.rounds < MINIMUM_ROUNDS:
        parser.error(f"at least {MINIMUM_ROUNDS} rounds")
    return options


def run_here(name: str, rounds: int, *, keep: bool) -> int:
    """Run one benchmark in this process, print what it found and keep that."""
    benchmark = BENCHMARKS[name]
    before, started_at = conditions(), time.monotonic()
    try:
        result = importlib.import_module(benchmark.module).run(rounds=rounds, **benchmark.arguments)
    except NotRun as reason:
        print(f"{name} NOT RUN: {reason}")
        return 0
    stored = StoredResult(name, before, time.monotonic() - started_at, result)
    print(section(stored, benchmark.subject), end="\n\n")
    if keep:
        write_result(stored)
    return 0


def _run_in_child(name: str, benchmark: Benchmark, options: argparse.Namespace) -> bool:
    """Whether it ran to its end in time."""
    arguments = ["--in-process", "--rounds", str(options.rounds), *(["--discard"] if options.discard else []), name]
    print(f"... {name}", file=sys.stderr, flush=True)
    # A session of its own: what it started ends with it when its time is up.
    child = subprocess.Popen(_command(arguments), cwd=REPOSITORY_ROOT, start_new_session=True)
    try:
        return child.wait(benchmark.time_limit_seconds) == 0
    except subprocess.TimeoutExpired:
        print(f"{name}: not done in {benchmark.time_limit_seconds} s", file=sys.stderr)
        return False
    finally:
        if child.poll() is None:
            os.killpg(child.pid, signal.SIGTERM)
            try:
                child.wait(20)
            except subprocess.TimeoutExpired:
                os.killpg(child.pid, signal.SIGKILL)
                child.wait()


def _command(arguments: Sequence[str]) -> list[str]:
    return [sys.executable, "-m", "benchmarks", *arguments]


if __name__ == "__main__":
    sys.exit(main())
