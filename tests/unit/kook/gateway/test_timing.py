"""The heartbeat, backing off, and the plan of reconnecting, on a clock of their own."""

from __future__ import annotations

import itertools

import pytest

from shared.kook.gateway.reconnecting import ReconnectPlan, Way
from shared.kook.gateway.timing import NEVER, Backoff, Beat, GapStep, GapWatch, Heartbeat


@pytest.mark.parametrize(("dice", "seconds"), [(0.0, 25.0), (0.5, 30.0), (1.0, 35.0)])
def test_a_ping_is_due_every_thirty_seconds_give_or_take_five(dice: float, seconds: float) -> None:
    heartbeat = Heartbeat(lambda: dice)
    heartbeat.start(100.0)
    assert heartbeat.deadline == 100.0 + seconds
    assert heartbeat.due(100.0 + seconds - 0.1) is Beat.NOTHING
    assert heartbeat.due(100.0 + seconds) is Beat.PING


def test_without_a_pong_two_more_pings_follow_and_then_it_is_lost() -> None:
    heartbeat = Heartbeat(lambda: 0.5)
    heartbeat.start(0.0)
    beats = []
    for _ in range(4):
        beats.append((heartbeat.deadline, heartbeat.due(heartbeat.deadline)))
    assert beats == [(30.0, Beat.PING), (36.0, Beat.PING), (38.0, Beat.PING), (42.0, Beat.LOST)]


def test_a_late_pong_saves_it() -> None:
    heartbeat = Heartbeat(lambda: 0.5)
    heartbeat.start(0.0)
    heartbeat.due(30.0)
    heartbeat.due(36.0)
    heartbeat.pong()
    assert heartbeat.deadline == 60.0
    assert heartbeat.due(60.0) is Beat.PING
    assert heartbeat.deadline == 66.0  # and its tries are all there again


def test_while_nothing_is_read_no_pong_is_missed() -> None:
    heartbeat = Heartbeat(lambda: 0.5)
    heartbeat.start(0.0)
    heartbeat.due(30.0)
    heartbeat.postpone(35.0)
    assert heartbeat.deadline == 41.0


def test_a_stopped_heartbeat_is_never_due() -> None:
    heartbeat = Heartbeat(lambda: 0.5)
    heartbeat.start(0.0)
    heartbeat.stop()
    assert heartbeat.deadline == NEVER
    assert heartbeat.due(1e9) is Beat.NOTHING


def test_backing_off_doubles_up_to_a_minute() -> None:
    backoff = Backoff(lambda: 1.0)
    assert [backoff.next_seconds() for _ in range(9)] == [0, 2, 4, 8, 16, 32, 60, 60, 60]
    backoff.reset()
    assert backoff.next_seconds() == 0


def test_backing_off_has_full_jitter() -> None:
    dice = itertools.cycle([0.0, 0.25, 0.999])
    backoff = Backoff(lambda: next(dice), free_tries=0)
    assert [round(backoff.next_seconds(), 3) for _ in range(3)] == [0.0, 1.0, 7.992]


def test_backing_off_for_years_does_not_overflow() -> None:
    backoff = Backoff(lambda: 1.0)
    assert max(backoff.next_seconds() for _ in range(5000)) == 60.0


def test_two_resumes_are_given_eight_and_sixteen_seconds() -> None:
    plan = ReconnectPlan(lambda: 1.0)
    steps = [plan.next_step(100.0, resumable=True) for _ in range(4)]
    assert [(step.way, step.at) for step in steps] == [
        (Way.RESUME, 100.0),
        (Way.RESUME, 108.0),
        (Way.FIND, 124.0),
        (Way.FIND, 126.0),
    ]
    assert steps[0].by == 108.0
    assert steps[1].by == 118.0  # connecting itself is given ten seconds


def test_without_a_session_gateways_are_found_with_growing_pauses() -> None:
    plan = ReconnectPlan(lambda: 1.0)
    assert [plan.next_step(0.0, resumable=False).at for _ in range(4)] == [0, 2, 4, 8]


def test_progress_makes_the_next_failure_a_first_one() -> None:
    plan = ReconnectPlan(lambda: 1.0)
    for _ in range(6):
        plan.next_step(0.0, resumable=True)
    plan.progress()
    step = plan.next_step(5.0, resumable=True)
    assert (step.way, step.at) == (Way.RESUME, 5.0)


def test_an_address_of_no_use_is_not_resumed_at() -> None:
    plan = ReconnectPlan(lambda: 1.0)
    plan.next_step(0.0, resumable=True)
    plan.give_up_resuming()
    step = plan.next_step(1.0, resumable=True)
    assert (step.way, step.at) == (Way.FIND, 1.0)


def test_a_refused_gateway_is_asked_again_when_kook_says_so() -> None:
    plan = ReconnectPlan(lambda: 1.0)
    assert plan.find_again(10.0, at_least_seconds=45.0).at == 55.0


def test_a_gap_is_asked_for_then_resumed_for_then_skipped() -> None:
    watch = GapWatch()
    watch.observe(5, 0.0)
    steps = []
    for _ in range(3):
        steps.append((watch.deadline, watch.due(watch.deadline)))
    assert steps == [(2.0, GapStep.ASK), (12.0, GapStep.RECONNECT), (22.0, GapStep.SKIP)]


def test_a_gap_that_closes_is_forgotten_and_another_one_starts_anew() -> None:
    watch = GapWatch()
    watch.observe(5, 0.0)
    watch.due(2.0)
    watch.observe(None, 3.0)
    assert watch.deadline == NEVER
    watch.observe(9, 4.0)
    assert watch.deadline == 6.0
    watch.observe(9, 5.0)
    assert watch.deadline == 6.0


def test_a_gap_is_not_waited_for_while_there_is_no_connection() -> None:
    watch = GapWatch()
    watch.observe(5, 0.0)
    watch.due(2.0)
    watch.pause()
    assert watch.deadline == NEVER
    watch.go_on(100.0)
    assert watch.deadline == 110.0
