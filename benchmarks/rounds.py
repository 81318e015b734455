"""Timing several contenders in turn, so that a busy moment of the machine strikes them alike.

Each round times every contender once, in an order that rotates from round to round. A figure is the median over the
rounds, a ratio the median of the ratios within a round.
"""

from __future__ import annotations

import gc
import statistics
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

DEFAULT_ROUNDS = 7
SAMPLE_SECONDS = 0.1

Work = Callable[[], object]


@dataclass(frozen=True, slots=True)
class Timing:
    """Seconds one call took, one figure a round: on the clock, and of this process's processor time."""

    wall_seconds: tuple[float, ...]
    cpu_seconds: tuple[float, ...]

    @property
    def seconds(self) -> float:
        return statistics.median(self.wall_seconds)

    @property
    def cpu(self) -> float:
        return statistics.median(self.cpu_seconds)

    @property
    def per_second(self) -> float:
        return 1 / self.seconds


def times_as_fast(ours: Timing, other: Timing) -> float:
    """How many times the speed of ``other`` ours is, above 1 when we are faster. By processor time: another process
    that takes the processor away adds nothing to it."""
    return statistics.median(theirs / own for own, theirs in zip(ours.cpu_seconds, other.cpu_seconds, strict=True))


def interleaved(
    contenders: Mapping[str, Work], *, rounds: int = DEFAULT_ROUNDS, sample_seconds: float = SAMPLE_SECONDS
) -> dict[str, Timing]:
    """Time the contenders, each for about ``sample_seconds`` a round."""
    names = list(contenders)
    calls = {name: _calls_to_last(contenders[name], sample_seconds) for name in names}
    samples: dict[str, list[tuple[float, float]]] = {name: [] for name in names}
    for turn in range(rounds):
        shift = turn % len(names)
        for name in names[shift:] + names[:shift]:
            samples[name].append(_sample(contenders[name], calls[name]))
    return {
        name: Timing(tuple(wall for wall, _ in taken), tuple(cpu for _, cpu in taken))
        for name, taken in samples.items()
    }


def _sample(work: Work, calls: int) -> tuple[float, float]:
    gc.collect()
    wall, cpu = time.perf_counter(), time.process_time()
    for _ in range(calls):
        work()
    return (time.perf_counter() - wall) / calls, (time.process_time() - cpu) / calls


def _calls_to_last(work: Work, sample_seconds: float) -> int:
    """How many calls take about that long. Warms up on the way."""
    calls = 1
    while True:
        wall, _ = _sample(work, calls)
        if wall * calls >= sample_seconds / 4:
            return max(1, round(sample_seconds / wall))
        calls *= 4
