"""Which member is next, by strategy."""

from __future__ import annotations

import random
from collections import Counter
from typing import Any

import pytest

from shared.accounts.models import Account, AccountStatus, Strategy, success_rate_percent
from shared.accounts.selection import Candidate, choose, weight


def candidate(name: str, member_priority: int = 5, **fields: Any) -> Candidate:
    account = Account(name, 1, "douyin", name, 0, 0, status=AccountStatus.ACTIVE, **fields)
    return Candidate(account, member_priority)


def chosen(strategy: Strategy, *candidates: Candidate, turn: int = 0, drawn: float = 0.0) -> str:
    return choose(strategy, candidates, turn=turn, random=lambda: drawn).account.account_id


def test_round_robin_goes_around_in_order() -> None:
    three = [candidate(name) for name in "abc"]
    assert [chosen(Strategy.ROUND_ROBIN, *three, turn=turn) for turn in range(7)] == list("abcabca")


def test_the_pool_s_priority_goes_before_the_account_s() -> None:
    assert chosen(Strategy.PRIORITY, candidate("a", 5, priority=10), candidate("b", 6, priority=1)) == "b"
    assert chosen(Strategy.PRIORITY, candidate("a", 5, priority=3), candidate("b", 5, priority=4)) == "b"


def test_equal_priorities_take_turns() -> None:
    assert chosen(Strategy.PRIORITY, candidate("a", last_used_at_ms=20), candidate("b", last_used_at_ms=10)) == "b"
    assert chosen(Strategy.PRIORITY, candidate("a", last_used_at_ms=20), candidate("b")) == "b"


@pytest.mark.parametrize(("drawn", "expected"), [(0.0, "b"), (0.99, "c")])
def test_least_used_draws_among_equals(drawn: float, expected: str) -> None:
    three = (candidate("a", use_count=2), candidate("b", use_count=1), candidate("c", use_count=1))
    assert chosen(Strategy.LEAST_USED, *three, drawn=drawn) == expected


def test_random_reaches_everyone() -> None:
    three = [candidate(name) for name in "abc"]
    assert [chosen(Strategy.RANDOM, *three, drawn=drawn) for drawn in (0.0, 0.5, 0.999999)] == list("abc")


def test_weighted_prefers_what_succeeds_and_gives_the_new_a_chance() -> None:
    source = random.Random(7)
    good = candidate("good", use_count=10, success_count=10)
    bad = candidate("bad", use_count=10, fail_count=10)
    new = candidate("new")
    found = Counter(
        choose(Strategy.WEIGHTED, [good, bad, new], turn=0, random=source.random).account.account_id
        for _ in range(2000)
    )
    assert found["good"] > found["bad"] * 3
    assert found["new"] > 0
    assert weight(candidate("x", 10)) == 2 * weight(candidate("y", 5))


@pytest.mark.parametrize(("good", "bad", "rate"), [(145, 5, 96.67), (0, 0, 0.0), (1, 2, 33.33), (3, 0, 100.0)])
def test_success_rates_have_two_decimals(good: int, bad: int, rate: float) -> None:
    assert success_rate_percent(good, bad) == rate
