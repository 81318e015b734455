"""Contenders take turns, and a ratio is that of a round's own figures."""

from __future__ import annotations

import pytest

from benchmarks.rounds import Timing, interleaved, times_as_fast


def test_the_order_rotates_from_round_to_round() -> None:
    order: list[str] = []
    contenders = {name: lambda name=name: order.append(name) for name in "abc"}

    timings = interleaved(contenders, rounds=3, sample_seconds=0)
    after_warming_up = order[-9:]

    assert after_warming_up == ["a", "b", "c", "b", "c", "a", "c", "a", "b"]
    assert {len(each.wall_seconds) for each in timings.values()} == {3}


def test_a_figure_is_the_median_of_its_rounds() -> None:
    timing = Timing(wall_seconds=(4.0, 1.0, 2.0), cpu_seconds=(0.5, 9.0, 0.25))

    assert (timing.seconds, timing.cpu, timing.per_second) == (2.0, 0.5, 0.5)


def test_a_ratio_compares_what_was_taken_in_the_same_round() -> None:
    """The second round had a slow processor: each ratio is 3 all the same."""
    ours = Timing(wall_seconds=(9.0, 9.0, 9.0), cpu_seconds=(1.0, 10.0, 2.0))
    other = Timing(wall_seconds=(1.0, 1.0, 1.0), cpu_seconds=(3.0, 30.0, 6.0))

    assert times_as_fast(ours, other) == pytest.approx(3.0)
    assert times_as_fast(other, ours) == pytest.approx(1 / 3)
