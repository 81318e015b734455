"""Deliveries to a destination that keeps failing: they wait, cost nothing, and go out once it works again."""

from __future__ import annotations

import logging

import pytest

from shared.platforms.circuit import CircuitChange
from shared.platforms.outcomes import Delivered, RetryAfter, Unknown
from shared.relay.delivering import Deferred, Done
from tests.unit.relay.test_delivering import Scene

FAILED = RetryAfter("server_unavailable", "HTTP 503")


class RecordingListener:
    def __init__(self) -> None:
        self.told: list[tuple[int, str, CircuitChange]] = []

    def circuit_changed(self, bot_id: int, target_channel_id: str, change: CircuitChange) -> None:
        self.told.append((bot_id, target_channel_id, change))


@pytest.fixture
def scene() -> Scene:
    scene = Scene()
    scene.circuit_listener = RecordingListener()
    return scene


def fail(scene: Scene, times: int) -> list[Deferred]:
    results = []
    scene.platform.script = [FAILED] * times
    for _ in range(times):
        result = scene.run()
        assert isinstance(result, Deferred)
        results.append(result)
    return results


def told(scene: Scene) -> list[tuple[int, str, CircuitChange]]:
    assert isinstance(scene.circuit_listener, RecordingListener)
    return scene.circuit_listener.told


def test_while_it_is_open_nothing_is_sent_and_no_attempt_is_burned(scene: Scene) -> None:
    fail(scene, 5)
    assert (len(scene.platform.sent), scene.delivery.attempts) == (5, 5)
    scene.clock.advance(10)
    assert scene.run() == Deferred(20.0)
    assert (len(scene.platform.sent), scene.delivery.attempts) == (5, 5)
    released = scene.deliveries.released[-1]
    assert (released["code"], released["message"]) == ("circuit_open", "server_unavailable: HTTP 503")


def test_what_opened_it_comes_back_as_the_probe(scene: Scene) -> None:
    assert fail(scene, 5)[-1] == Deferred(30.0)
    scene.clock.advance(30)
    assert fail(scene, 1) == [Deferred(60.0)]
    scene.clock.advance(60)
    assert scene.run() == Done()
    assert scene.deliveries.closed[0].status == "success"


def test_a_longer_wait_that_the_platform_asked_for_is_kept(scene: Scene) -> None:
    fail(scene, 4)
    scene.platform.script = [RetryAfter("server_unavailable", "HTTP 503", 600.0)]
    assert scene.run() == Deferred(600.0)


def test_opening_and_closing_are_told_once_and_logged_as_errors(scene: Scene, caplog: pytest.LogCaptureFixture) -> None:
    fail(scene, 5)
    scene.clock.advance(30)
    fail(scene, 1)
    scene.clock.advance(60)
    scene.run()
    assert [(bot, target, change.phase) for bot, target, change in told(scene)] == [
        (3, "t", "open"),
        (3, "t", "closed"),
    ]
    logged = [record for record in caplog.records if record.name == "kook_relay.circuits"]
    assert [record.levelno for record in logged] == [logging.ERROR, logging.WARNING, logging.ERROR]
    assert vars(logged[0])["reason"] == "server_unavailable: HTTP 503"


def test_answers_that_do_not_come_open_it_too(scene: Scene) -> None:
    scene.platform.script = [Unknown("timeout", "no answer")] * 5
    for _ in range(5):
        scene.run()
    assert told(scene)[0][2].reason == "timeout: no answer"


def test_it_is_kept_by_destination_with_its_pacing_and_costs_no_other_write(scene: Scene) -> None:
    fail(scene, 5)
    assert scene.pacing_store.states["discord:1"].circuit.probe_at == scene.clock() + 30.0
    assert scene.pacing_store.states["channel:1"].circuit.probe_at == 0.0
    # Five batches, and in each of them one write for each of the two scopes.
    assert scene.pacing_store.saves == 10


def test_a_bug_of_ours_opens_nothing(scene: Scene) -> None:
    for _ in range(8):
        scene.platform.script = [ZeroDivisionError()]
        scene.run()
    assert told(scene) == []
    scene.platform.script = [Delivered(("1",))]
    assert scene.run() == Done()
