from __future__ import annotations

import logging
import threading
from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from shared.push.announcer import Announcer
from shared.push.gathering import MAX_GATHERED, GatheredAnnouncements
from tests.fakes.clock import FakeClock
from tests.unit.push.fakes import MemoryConnections, connection


class RecordingQueue:
    def __init__(self) -> None:
        self.published: list[tuple[str, list[Any]]] = []
        self.failure: Exception | None = None
        self.tries = 0

    def publish(self, topic: str, messages: Sequence[Mapping[str, Any]]) -> None:
        self.tries += 1
        if self.failure is not None:
            raise self.failure
        self.published.append((topic, list(messages)))


class Scene:
    def __init__(self) -> None:
        self.clock = FakeClock()
        self.connections = MemoryConnections(self.clock)
        self.queue = RecordingQueue()
        self.announcer = Announcer(self.connections, self.queue, self.clock)

    def announce(self, number: int = 1) -> None:
        self.announcer.announce("relay", lambda: [{"number": number}])


def test_without_listeners_nothing_is_composed_and_nothing_ordered() -> None:
    scene = Scene()
    asked: list[bool] = []
    scene.announcer.announce("relay", lambda: asked.append(True) or [{}])  # type: ignore[func-returns-value]
    assert (asked, scene.queue.published) == ([], [])


def test_a_fresh_listener_misses_nothing() -> None:
    scene = Scene()
    scene.announce()
    scene.connections.add(connection("a"))
    scene.announce(2)  # no time has passed
    assert scene.queue.published == [("relay", [{"number": 2}])]


def test_listeners_are_remembered_for_five_seconds() -> None:
    scene = Scene()
    scene.connections.add(connection("a"))
    for _ in range(3):
        scene.announce()
    assert scene.connections.lookups == 1
    scene.connections.remove("a")
    scene.announce()
    assert len(scene.queue.published) == 4
    scene.clock.advance(5.1)
    scene.announce()
    assert len(scene.queue.published) == 4
    assert scene.connections.lookups == 2


def test_listeners_of_one_topic_are_none_of_another() -> None:
    scene = Scene()
    scene.connections.add(connection("a", topic="robot:R1"))
    scene.announce()
    scene.announcer.announce("robot:R1", lambda: [{"type": "command"}])
    assert [topic for topic, _ in scene.queue.published] == ["robot:R1"]


def test_nothing_to_tell_is_no_order() -> None:
    scene = Scene()
    scene.connections.add(connection("a"))
    scene.announcer.announce("relay", list)
    assert scene.queue.tries == 0


@pytest.mark.parametrize("broken", ["queue", "lookup", "messages"])
def test_no_failure_reaches_the_teller_and_it_is_quiet_for_a_while(
    broken: str, caplog: pytest.LogCaptureFixture
) -> None:
    scene = Scene()
    scene.connections.add(connection("a"))
    scene.queue.failure = RuntimeError("canary") if broken == "queue" else None
    scene.connections.down = broken == "lookup"

    def messages() -> list[dict[str, Any]]:
        if broken == "messages":
            raise KeyError("canary")
        return [{}]

    with caplog.at_level(logging.DEBUG):
        scene.announcer.announce("relay", messages)
        scene.announcer.announce("relay", messages)  # not tried: nobody waits for the same timeout again
    (record,) = caplog.records
    assert record.levelno == logging.ERROR
    assert "canary" not in str(vars(record))
    scene.queue.failure, scene.connections.down, broken = None, False, ""
    scene.announce()
    assert scene.queue.published == []
    scene.clock.advance(10.1)
    scene.announce(7)
    assert scene.queue.published == [("relay", [{"number": 7}])]


# --- gathered ---


class RecordingAnnouncements:
    def __init__(self) -> None:
        self.announced: list[tuple[str, list[Any]]] = []
        self.passed_on = threading.Event()

    def announce(self, topic: str, messages: Any) -> None:
        self.announced.append((topic, list(messages())))
        self.passed_on.set()


def test_what_is_gathered_is_passed_on_at_once_by_topic_and_in_order() -> None:
    inner = RecordingAnnouncements()
    gathered = GatheredAnnouncements(inner, gather_seconds=3600)
    for number in range(3):
        gathered.announce("relay", lambda number=number: [number])
        gathered.announce("robot:R1", lambda number=number: [f"r{number}"])
    assert inner.announced == []
    gathered.pass_on()
    assert inner.announced == [("relay", [0, 1, 2]), ("robot:R1", ["r0", "r1", "r2"])]
    gathered.pass_on()
    assert len(inner.announced) == 2


def test_it_is_passed_on_by_itself_again_and_again() -> None:
    inner = RecordingAnnouncements()
    gathered = GatheredAnnouncements(inner, gather_seconds=0.01)
    for number in range(3):
        inner.passed_on.clear()
        gathered.announce("relay", lambda number=number: [number])
        assert inner.passed_on.wait(10)
    assert inner.announced == [("relay", [0]), ("relay", [1]), ("relay", [2])]


def test_what_nobody_takes_does_not_pile_up_without_end(caplog: pytest.LogCaptureFixture) -> None:
    inner = RecordingAnnouncements()
    gathered = GatheredAnnouncements(inner, gather_seconds=3600)
    for number in range(MAX_GATHERED + 1):
        gathered.announce("relay", lambda number=number: [number])
    gathered.pass_on()
    assert inner.announced == [("relay", [MAX_GATHERED])]
    assert "dropped" in caplog.text
