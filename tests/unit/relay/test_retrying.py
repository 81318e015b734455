from __future__ import annotations

from shared.relay.retrying import RetryPolicy


def test_the_delay_doubles_up_to_its_ceiling_and_is_jittered_over_the_whole_span() -> None:
    highest = RetryPolicy(jitter=lambda: 1.0)
    assert [highest.delay_seconds(attempts, None) for attempts in (1, 2, 3, 12, 400)] == [2, 4, 8, 900, 900]
    lowest = RetryPolicy(jitter=lambda: 0.0)
    assert lowest.delay_seconds(12, None) == 1.0


def test_a_platforms_own_wait_is_never_undercut() -> None:
    for jitter in (0.0, 0.5, 1.0):
        delay = RetryPolicy(jitter=lambda jitter=jitter: jitter).delay_seconds(1, 42.5)
        assert 42.5 <= delay <= 42.5 * 1.1


def test_no_delay_is_longer_than_sqs_can_hide_a_message() -> None:
    assert RetryPolicy().delay_seconds(1, 10**9) == 43_200


def test_it_gives_up_a_day_after_the_first_attempt_but_never_after_a_few() -> None:
    policy = RetryPolicy()
    assert not policy.gives_up(0, 86_399_999, attempts=99)
    assert policy.gives_up(0, 86_400_000, attempts=5)
    assert not policy.gives_up(0, 9 * 86_400_000, attempts=4)
