"""A destination that keeps failing is left alone for a while, at no delivery's cost."""

from __future__ import annotations

import pytest

from shared.platforms.outcomes import Delivered, Outcome, Permanent, RetryAfter, Unknown
from shared.relay.delivery_results import Deferred, Done
from tests.unit.relay.delivery_scene import Scene
from tests.unit.relay.test_delivering_changes import ChangeScene

DOWN = RetryAfter("server_unavailable", "HTTP 503")


def failing(outcome: Outcome, times: int) -> Scene:
    scene = Scene(["one"])
    scene.platform.script = [outcome] * times
    for _ in range(times):
        scene.run()
        scene.clock.advance(1)
    return scene


@pytest.mark.parametrize("outcome", [DOWN, Unknown("timeout", "no answer")])
def test_after_five_failures_nothing_is_sent_and_no_attempt_is_lost_until_the_probe(outcome: Outcome) -> None:
    scene = failing(outcome, 5)
    attempts = scene.delivery.attempts
    waited = scene.run()
    assert isinstance(waited, Deferred)
    assert 28 < waited.seconds <= 30
    assert len(scene.platform.sent) == 5
    assert scene.delivery.attempts == attempts
    assert scene.deliveries.released[-1]["code"] == "circuit_open"
    assert outcome.detail in scene.deliveries.released[-1]["message"]
    scene.clock.advance(30)
    assert scene.run() == Done()
    assert [(target, change) for target, change, _ in scene.bots.circuits] == [("t", "opened"), ("t", "closed")]


def test_a_probe_that_fails_waits_for_twice_as_long() -> None:
    scene = failing(DOWN, 5)
    scene.clock.advance(30)
    scene.platform.script = [DOWN]
    scene.run()
    waited = scene.run()
    assert isinstance(waited, Deferred)
    assert 59 < waited.seconds <= 60


@pytest.mark.parametrize(
    "outcome",
    [RetryAfter("rate_limited", "429", 0.1, rate_limited=True), Permanent("message_refused", "too rude")],
    ids=["rate limit", "this message refused"],
)
def test_what_a_working_destination_says_opens_nothing(outcome: Outcome) -> None:
    scene = failing(outcome, 12)
    assert scene.bots.circuits == []
    scene.platform.script = [Delivered(("id",))]
    assert scene.run() == Done()


def test_an_adapter_that_breaks_says_nothing_about_the_destination() -> None:
    scene = Scene(["one"])
    for _ in range(8):
        scene.platform.script = [ValueError("a bug")]
        scene.run()
    assert scene.bots.circuits == []


def test_an_alert_that_cannot_be_sent_changes_nothing() -> None:
    scene = Scene(["one"])
    scene.bots.unwritable = True
    scene.platform.script = [DOWN] * 5
    for _ in range(5):
        scene.run()
    waited = scene.run()
    assert isinstance(waited, Deferred)
    assert waited.seconds > 20


def test_what_opened_the_circuit_comes_back_when_the_probe_is_due_not_when_the_retry_policy_says() -> None:
    scene = failing(DOWN, 4)
    scene.platform.script = [DOWN]
    assert scene.run() == Deferred(30.0)
    scene.clock.advance(30)
    scene.platform.script = [DOWN]
    assert scene.run() == Deferred(60.0)
    scene.clock.advance(60)
    # Of its own accord the sixth attempt would have waited for up to two minutes.
    assert scene.run() == Done()


def test_a_longer_wait_that_the_platform_asked_for_is_kept() -> None:
    scene = failing(DOWN, 4)
    scene.platform.script = [RetryAfter("server_unavailable", "HTTP 503", 600.0)]
    assert scene.run() == Deferred(600.0)


@pytest.mark.parametrize(
    "outcome", [Permanent("destination_refused", "a private address"), Permanent("bad_request", "malformed")]
)
def test_what_was_refused_before_anybody_was_asked_is_no_probe_that_went_well(outcome: Outcome) -> None:
    scene = failing(DOWN, 5)
    scene.clock.advance(30)
    scene.platform.script = [outcome]
    assert scene.run() == Done()
    assert [change for _, change, _ in scene.bots.circuits] == ["opened"]


def test_a_change_that_needs_no_request_is_no_probe_that_went_well() -> None:
    scene = ChangeScene("delete")
    scene.platform.change_script = [DOWN] * 5
    for _ in range(5):
        scene.run()
    scene.platform.can = frozenset()
    scene.clock.advance(30)
    assert scene.run() == Done()
    assert scene.deliveries.closed[-1].status == "success"
    assert [change for _, change, _ in scene.bots.circuits] == ["opened"]
