"""The memory of KOOK's rate-limit headers."""

from __future__ import annotations

import threading

import pytest
from requests.structures import CaseInsensitiveDict

from shared.kook.client.errors import KookRateLimited
from shared.kook.client.rate_limits import DEFAULT_WAIT_SECONDS, MAX_WAIT_SECONDS, RateLimitMemory
from tests.fakes.clock import FakeClock


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock(100.0)


@pytest.fixture
def memory(clock: FakeClock) -> RateLimitMemory:
    return RateLimitMemory(clock)


def headers(remaining: int | str, reset: float | str = 10, bucket: str = "") -> CaseInsensitiveDict[str]:
    named = CaseInsensitiveDict({"x-rate-limit-remaining": str(remaining), "X-RATE-LIMIT-RESET": str(reset)})
    if bucket:
        named["X-Rate-Limit-Bucket"] = bucket
    return named


def test_nothing_known_lets_every_call_go(memory: RateLimitMemory) -> None:
    for _ in range(100):
        memory.finish(memory.begin("user/me"), 200, {})


def test_remaining_counts_down_and_the_reset_opens_the_bucket(memory: RateLimitMemory, clock: FakeClock) -> None:
    memory.finish(memory.begin("user/me"), 200, headers(0, 3.5))
    with pytest.raises(KookRateLimited) as held_back:
        memory.begin("user/me")
    assert (held_back.value.retry_after_seconds, held_back.value.sent) == (3.5, False)
    clock.seconds += 3.4
    with pytest.raises(KookRateLimited):
        memory.begin("user/me")
    clock.seconds += 0.2
    memory.begin("user/me")


def test_requests_on_their_way_count_against_what_remains(memory: RateLimitMemory) -> None:
    memory.finish(memory.begin("a"), 200, headers(2))
    first, second = memory.begin("a"), memory.begin("a")
    with pytest.raises(KookRateLimited):
        memory.begin("a")
    memory.abandon(first)
    third = memory.begin("a")
    memory.finish(second, 200, headers(1))
    with pytest.raises(KookRateLimited):
        memory.begin("a")
    memory.finish(third, 200, headers(0))
    with pytest.raises(KookRateLimited):
        memory.begin("a")


def test_an_answer_overtaken_by_a_later_one_does_not_refill_the_bucket(memory: RateLimitMemory) -> None:
    slow, quick = memory.begin("a"), memory.begin("a")
    memory.finish(quick, 200, headers(0))
    memory.finish(slow, 200, headers(1))
    with pytest.raises(KookRateLimited):
        memory.begin("a")


def test_a_bucket_that_refills_steadily_is_believed(memory: RateLimitMemory) -> None:
    memory.finish(memory.begin("a"), 200, headers(1))
    memory.finish(memory.begin("a"), 200, headers(5))
    for _ in range(5):
        memory.begin("a")
    with pytest.raises(KookRateLimited):
        memory.begin("a")


def test_calls_share_a_bucket_by_its_name(memory: RateLimitMemory) -> None:
    memory.finish(memory.begin("user/me"), 200, headers(9, bucket="user/info"))
    memory.finish(memory.begin("user/view"), 200, headers(0, bucket="user/info"))
    with pytest.raises(KookRateLimited) as held_back:
        memory.begin("user/me")
    assert held_back.value.bucket == "user/info"
    memory.begin("guild/list")


@pytest.mark.parametrize(
    ("answered", "waited"),
    [
        ({"X-Rate-Limit-Reset": "14"}, 14.0),
        ({"X-Rate-Limit-Reset": "0.25"}, 1.0),
        ({"X-Rate-Limit-Reset": "0", "Retry-After": "9"}, DEFAULT_WAIT_SECONDS),
        ({"Retry-After": "9"}, 9.0),
        ({"X-Rate-Limit-Reset": "soon", "Retry-After": "9"}, 9.0),
        ({"X-Rate-Limit-Reset": "-3"}, DEFAULT_WAIT_SECONDS),
        ({"X-Rate-Limit-Reset": "nan"}, DEFAULT_WAIT_SECONDS),
        ({"X-Rate-Limit-Reset": "inf"}, DEFAULT_WAIT_SECONDS),
        ({"X-Rate-Limit-Reset": "99999999"}, MAX_WAIT_SECONDS),
        ({}, DEFAULT_WAIT_SECONDS),
    ],
)
def test_a_429_waits_as_long_as_it_says_within_reason(
    answered: dict[str, str], waited: float, memory: RateLimitMemory
) -> None:
    with pytest.raises(KookRateLimited) as refusal:
        memory.finish(memory.begin("a"), 429, answered)
    assert (refusal.value.retry_after_seconds, refusal.value.sent) == (waited, True)
    with pytest.raises(KookRateLimited) as held_back:
        memory.begin("a")
    assert (held_back.value.retry_after_seconds, held_back.value.sent) == (waited, False)
    memory.begin("b")


@pytest.mark.parametrize(
    ("value", "stops_all"), [("", True), ("true", True), ("1", True), ("false", False), ("0", False)]
)
def test_the_global_header_stops_every_call(
    value: str, stops_all: bool, memory: RateLimitMemory, clock: FakeClock
) -> None:
    with pytest.raises(KookRateLimited):
        memory.finish(memory.begin("a"), 429, {"X-Rate-Limit-Global": value, "X-Rate-Limit-Reset": "8"})
    if not stops_all:
        memory.begin("b")
        return
    with pytest.raises(KookRateLimited) as held_back:
        memory.begin("b")
    assert held_back.value.bucket == ""
    clock.seconds += 8.1
    memory.begin("b")


@pytest.mark.parametrize("remaining", ["", "many", "1.5"])
def test_unreadable_counts_are_ignored(remaining: str, memory: RateLimitMemory) -> None:
    memory.finish(memory.begin("a"), 200, headers(remaining))
    memory.begin("a")


def test_bucket_names_from_outside_cannot_fill_the_memory(memory: RateLimitMemory) -> None:
    for number in range(5000):
        memory.finish(memory.begin(f"call-{number}"), 200, headers(1, bucket=f"bucket-{number}" + "x" * 10_000))
    assert len(memory._buckets) <= 512
    assert max(map(len, memory._buckets)) <= 128


def test_threads_together_never_begin_more_than_remains(memory: RateLimitMemory) -> None:
    memory.finish(memory.begin("a"), 200, headers(50))
    begun: list[object] = []

    def work() -> None:
        for _ in range(40):
            try:
                begun.append(memory.begin("a"))
            except KookRateLimited:
                return

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(begun) == 50
