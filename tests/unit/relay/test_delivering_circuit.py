"""A destination that keeps failing is left alone for a while, at no delivery's cost."""

from __future__ import annotations

import pytest

from shared.platforms.outcomes import Delivered, Outcome, Permanent, RetryAfter, Unknown
from shared.relay.delivering import Deferred, Done
from tests.unit.relay.delivery_scene import Scene

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
