"""Pacing holds every limit for every span of its length, over scopes shared by batches."""

from __future__ import annotations

import copy

import pytest

from shared.platforms.base import Destination, Limits, RateLimit
from shared.platforms.outcomes import Wait
from shared.platforms.pacing import (
    InvalidRateLimits,
    Pacer,
    ScopeState,
    effective_limits,
    parse_rate_limits,
)
from tests.fakes.clock import FakeClock

DISCORD = Limits(destination=(RateLimit(5, 2),), credential=(RateLimit(30, 60),))
TELEGRAM_GROUP = Limits(destination=(RateLimit(1, 1), RateLimit(20, 60)), credential=(RateLimit(30, 1),))
FEISHU_APP = Limits(destination=(RateLimit(5, 1),), credential=(RateLimit(50, 1), RateLimit(1000, 60)))


class MemoryPacingStore:
    """A store as DynamoDB behaves: copies in and out, replaced only under the version that was read."""

    def __init__(self) -> None:
        self.states: dict[str, ScopeState] = {}
        self.saves = 0

    def load(self, scope: str) -> ScopeState:
        return copy.deepcopy(self.states.get(scope, ScopeState()))

    def save(self, scope: str, state: ScopeState, keep_seconds: float) -> bool:
        assert keep_seconds > 0
        stored = self.states.get(scope, ScopeState())
        if stored.version != state.version:
            return False
        self.saves += 1
        kept = ScopeState.from_json(state.to_json(), state.version + 1)
        self.states[scope] = kept
        return True


def destination(key: str = "discord:1", credential_key: str = "channel:9") -> Destination:
    return Destination("discord", 1, {}, "t", key, credential_key)


def send_times(
    limits: Limits, wanted: int, clock: FakeClock, store: MemoryPacingStore, batch_size: int = 10
) -> list[float]:
    """Send as fast as pacing lets us, one batch after another; the times of the sends."""
    pacer, times, start = Pacer(store, clock), [], clock()
    while len(times) < wanted:
        wait: Wait | None = None
        with pacer.batch() as batch:
            for _ in range(batch_size):
                wait = batch.take(destination(), limits)
                if wait is not None or len(times) >= wanted:
                    break
                times.append(clock() - start)
        if wait is not None:
            clock.advance(wait.seconds)
    return times


def most_in_any_span(times: list[float], seconds: float) -> int:
    return max(sum(1 for other in times if time <= other < time + seconds) for time in times)


@pytest.mark.parametrize("limits", [DISCORD, TELEGRAM_GROUP, FEISHU_APP], ids=["discord", "telegram", "feishu"])
def test_default_limits_hold_for_every_span(limits: Limits) -> None:
    times = send_times(limits, 130, FakeClock(), MemoryPacingStore())
    for limit in limits.destination + limits.credential:
        # A hair short of the span: a send exactly one span later is allowed.
        assert most_in_any_span(times, limit.per_seconds - 1e-6) <= limit.requests


def test_sends_as_fast_as_the_limit_allows() -> None:
    times = send_times(DISCORD, 30, FakeClock(), MemoryPacingStore())
    assert times[4] == 0.0
    assert times[5] == pytest.approx(2.0, abs=0.01)
    assert times[-1] == pytest.approx(10.0, abs=0.05)


def test_a_large_window_is_kept_in_few_entries_and_still_holds() -> None:
    clock, store = FakeClock(), MemoryPacingStore()
    limits = Limits(destination=(RateLimit(1000, 60),))
    times = send_times(limits, 1500, clock, store, batch_size=100)
    assert most_in_any_span(times, 60 - 1e-6) <= 1000
    assert max(len(sends) for sends in store.states["discord:1"].windows.values()) <= 66


def test_two_destinations_share_their_credentials_bucket() -> None:
    clock, store = FakeClock(), MemoryPacingStore()
    limits = Limits(destination=(RateLimit(100, 1),), credential=(RateLimit(3, 60),))
    with Pacer(store, clock).batch() as batch:
        assert batch.take(destination("a"), limits) is None
        assert batch.take(destination("b"), limits) is None
        assert batch.take(destination("a"), limits) is None
        refused = batch.take(destination("b"), limits)
    assert refused is not None
    assert refused.scope == "credential"
    assert refused.seconds == pytest.approx(60)


def test_an_empty_bucket_uses_nothing_of_the_other() -> None:
    clock, store = FakeClock(), MemoryPacingStore()
    limits = Limits(destination=(RateLimit(1, 10),), credential=(RateLimit(2, 10),))
    with Pacer(store, clock).batch() as batch:
        assert batch.take(destination("a"), limits) is None
        assert batch.take(destination("a"), limits) is not None
        assert batch.take(destination("b"), limits) is None


def test_uses_of_a_credential_by_batches_side_by_side_are_merged() -> None:
    clock, store = FakeClock(), MemoryPacingStore()
    limits = Limits(destination=(RateLimit(100, 1),), credential=(RateLimit(4, 60),))
    pacer = Pacer(store, clock)
    first, second = pacer.batch(), pacer.batch()
    with first:
        first.take(destination("a"), limits)
        with second:
            second.take(destination("b"), limits)
            second.take(destination("b"), limits)
    with pacer.batch() as third:
        assert third.take(destination("c"), limits) is None
        assert third.take(destination("c"), limits) is not None


def test_a_pause_the_platform_asked_for_holds_the_whole_credential() -> None:
    clock, store = FakeClock(), MemoryPacingStore()
    pacer = Pacer(store, clock)
    with pacer.batch() as batch:
        batch.block(destination("a"), "credential", 45.0)
    with pacer.batch() as batch:
        wait = batch.take(destination("b"), DISCORD)
    assert wait is not None
    assert wait.seconds == pytest.approx(45.0)
    clock.advance(45.01)
    with pacer.batch() as batch:
        assert batch.take(destination("b"), DISCORD) is None


def test_a_batch_that_fails_still_stores_what_it_used() -> None:
    store = MemoryPacingStore()
    pacer = Pacer(store, FakeClock())
    limits = Limits(destination=(RateLimit(1, 10),))
    batch = pacer.batch()
    with batch:
        batch.take(destination(), limits)
        batch.__exit__(RuntimeError, RuntimeError("handler died"), None)
    with pacer.batch() as batch:
        assert batch.take(destination(), limits) is not None


def test_a_destination_that_is_its_own_credential_is_counted_once() -> None:
    store = MemoryPacingStore()
    limits = Limits(destination=(RateLimit(3, 10),), credential=(RateLimit(2, 10),))
    with Pacer(store, FakeClock()).batch() as batch:
        assert batch.take(destination("a", "a"), limits) is None
        assert batch.take(destination("a", "a"), limits) is None
        assert batch.take(destination("a", "a"), limits) is not None


def test_a_bots_own_rate_limits_replace_every_default() -> None:
    limits = effective_limits(DISCORD, {"rate_limits": [{"requests": 1000, "per_seconds": 1}]})
    assert limits == Limits(destination=(RateLimit(1000, 1.0),))
    assert effective_limits(DISCORD, {}) is DISCORD


@pytest.mark.parametrize(
    "value",
    [
        None,
        {},
        [],
        "5/2",
        [{}],
        [{"requests": 0, "per_seconds": 1}],
        [{"requests": True, "per_seconds": 1}],
        [{"requests": 1}],
        [{"requests": 1, "per_seconds": 0}],
        [{"requests": 1000, "per_seconds": 5e-324}],
        [{"requests": 1000, "per_seconds": 1e-9}],
        [{"requests": 1, "per_seconds": float("nan")}],
        [{"requests": 1, "per_seconds": 1e9}],
        [{"requests": 1.5, "per_seconds": 1}],
        [3],
        [{"requests": 1, "per_seconds": 1}] * 6,
    ],
)
def test_unusable_rate_limits_are_refused_with_a_reason(value: object) -> None:
    with pytest.raises(InvalidRateLimits, match="must"):
        parse_rate_limits(value)


class BrokenPacingStore(MemoryPacingStore):
    def save(self, scope: str, state: ScopeState, keep_seconds: float) -> bool:
        raise ConnectionError("the table cannot be reached")


def test_a_store_that_fails_when_the_batch_is_over_does_not_undo_the_batch(caplog: pytest.LogCaptureFixture) -> None:
    done: list[str] = []
    with Pacer(BrokenPacingStore(), FakeClock()).batch() as batch:
        assert batch.take(destination(), DISCORD) is None
        done.append("sent")
    assert done == ["sent"]
    assert "pacing" in caplog.text


def test_an_error_inside_the_batch_is_not_hidden_by_one_of_the_store() -> None:
    def fail() -> None:
        with Pacer(BrokenPacingStore(), FakeClock()).batch() as batch:
            batch.take(destination(), DISCORD)
            raise KeyError("the batch's own")

    with pytest.raises(KeyError):
        fail()
