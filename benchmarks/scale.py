"""The same pages over a thousand rows and over two hundred thousand."""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import IO, Any

from benchmarks.machine import REPOSITORY_ROOT
from benchmarks.result import Aim, Cell, Result, Table

QUESTIONS = ("log", "log of a channel", "statistics", "trend", "node chart")
_WARM_UPS = 20
_CALLS_A_ROUND = 20
_LEAST_ROUNDS = 5


class Server:
    """One size of the tables."""

    def __init__(self, rows: int, questions: IO[str], answers: IO[str]) -> None:
        self.rows = rows
        self.found: dict[str, int] = {}
        self._questions = questions
        self._answers = answers

    def wait_ready(self) -> None:
        said = self._answers.readline().strip()
        if said != "ready":
            raise RuntimeError(f"the server of {self.rows} rows did not start")

    def ask(self, question: str, times: int) -> list[float]:
        """Seconds of each call."""
        print(f"{question} {times}", file=self._questions, flush=True)
        answer: Any = json.loads(self._answers.readline())
        self.found[question] = answer["found"]
        seconds: list[float] = answer["seconds"]
        return seconds


@contextmanager
def running_server(rows: int) -> Iterator[Server]:
    process = subprocess.Popen(
        [sys.executable, "-m", "benchmarks.scale_server", str(rows)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=REPOSITORY_ROOT,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        yield Server(rows, process.stdin, process.stdout)
    finally:
        # At the end of its input it stops its engines and ends.
        process.stdin.close()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def run(rounds: int, sizes: Sequence[int]) -> Result:
    """``sizes`` in ascending order."""
    rounds = max(rounds, _LEAST_ROUNDS)
    with ExitStack() as stack:
        servers = [stack.enter_context(running_server(rows)) for rows in sizes]
        for server in servers:
            server.wait_ready()
        medians = {name: _measured(servers, name, rounds) for name in QUESTIONS}
        found = {name: [server.found[name] for server in servers] for name in QUESTIONS}
    return _result(sizes, rounds, medians, found)


def _measured(servers: list[Server], question: str, rounds: int) -> list[list[float]]:
    """For each server, the median seconds of every round."""
    for server in servers:
        server.ask(question, _WARM_UPS)
    medians: list[list[float]] = [[] for _ in servers]
    for turn in range(rounds):
        order = range(len(servers)) if turn % 2 else reversed(range(len(servers)))
        for place in order:
            medians[place].append(statistics.median(servers[place].ask(question, _CALLS_A_ROUND)))
    return medians


def _ratio(medians: list[list[float]]) -> float:
    """Of the largest to the smallest, the median of the ratios within a round."""
    return statistics.median(large / small for small, large in zip(medians[0], medians[-1], strict=True))


def _result(
    sizes: Sequence[int], rounds: int, medians: dict[str, list[list[float]]], found: dict[str, list[int]]
) -> Result:
    rows: list[list[Cell]] = [
        [name, found[name][-1], *(statistics.median(one) * 1000 for one in medians[name]), _ratio(medians[name])]
        for name in QUESTIONS
    ]
    return Result(
        method=(
            "Calls of the control API in process, each size in a process with a DynamoDB engine of its own that holds "
            "as many deliveries of a month, and as many load records of monitored nodes. "
            f"{rounds} interleaved rounds of {_CALLS_A_ROUND} calls: the newest 100 rows of the log, those of one "
            "channel, the totals, the trend of 30 days, and a node's chart of 24 hours."
        ),
        tables=[Table(["page", "rows shown", *(f"{size:,} rows, ms" for size in sizes), "largest / smallest"], rows)],
        aims=[Aim(f"{name}, largest / smallest", _ratio(medians[name]), "at most", 1.3) for name in QUESTIONS],
    )
