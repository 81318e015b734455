"""Which member of a pool is next. Pure: counting the use is the store's."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from shared.accounts.models import Account, Strategy


@dataclass(frozen=True, slots=True)
class Candidate:
    """An active account and its priority within the pool."""

    account: Account
    member_priority: int


# Strategies that look at how accounts were used: a use in between would make the choice outdated.
USE_DEPENDENT = frozenset({Strategy.PRIORITY, Strategy.LEAST_USED, Strategy.WEIGHTED})


def choose(
    strategy: Strategy,
    candidates: Sequence[Candidate],
    *,
    turn: int,
    random: Callable[[], float],
) -> Candidate:
    """The next one of at least one candidate.

    Args:
        candidates: in the order in which they joined the pool.
        turn: how often round_robin has chosen before; no two selections have the same.
        random: a number from 0 up to, without, 1.
    """
    if strategy is Strategy.ROUND_ROBIN:
        return candidates[turn % len(candidates)]
    if strategy is Strategy.PRIORITY:
        return max(candidates, key=_by_priority)
    if strategy is Strategy.LEAST_USED:
        return _any(_least_used(candidates), random)
    if strategy is Strategy.WEIGHTED:
        return _drawn(candidates, [weight(candidate) for candidate in candidates], random)
    return _any(candidates, random)


def weight(candidate: Candidate) -> float:
    """Successes by uses, times priority. One success is assumed, so that an account without a past has its chance."""
    account = candidate.account
    return (account.success_count + 1) / (account.use_count + 1) * candidate.member_priority


def _by_priority(candidate: Candidate) -> tuple[int, int, int]:
    """Larger numbers first: within the pool, then the account's own; among equals who was used longest ago."""
    return candidate.member_priority, candidate.account.priority, -(candidate.account.last_used_at_ms or 0)


def _least_used(candidates: Sequence[Candidate]) -> list[Candidate]:
    fewest = min(candidate.account.use_count for candidate in candidates)
    return [candidate for candidate in candidates if candidate.account.use_count == fewest]


def _any(candidates: Sequence[Candidate], random: Callable[[], float]) -> Candidate:
    return candidates[int(random() * len(candidates))]


def _drawn(candidates: Sequence[Candidate], weights: Sequence[float], random: Callable[[], float]) -> Candidate:
    mark = random() * sum(weights)
    for candidate, share in zip(candidates, weights, strict=True):
        mark -= share
        if mark < 0:
            return candidate
    return candidates[-1]
