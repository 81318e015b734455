"""Commands on their way to a robot's socket, and what the sweep does with those that got lost."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from shared.aws.batches import Defer
from shared.push.broadcast import Publication
from shared.push.posting import PostResult
from shared.robots.command_push import RobotPublisher, command_frame
from shared.robots.command_states import KEPT_MS, CommandResult
from shared.robots.commands import MAX_HANDED_OUT
from shared.robots.dispatch import WAKE_TASK, robot_topic, wake_message
from shared.robots.models import MAX_ATTEMPTS
from shared.robots.robot_socket import principal_of
from tests.unit.push.fakes import MemoryConnections, connection
from tests.unit.robots.live_doubles import ROBOT, LiveSide

TOPIC = robot_topic(ROBOT.robot_id)
TEXT = {"type": "text", "titleList": ["客户群"], "content": "你好"}


@dataclass
class OtherTopics:
    published: list[str] = field(default_factory=list)

    def publish_all(self, topic: str, messages: Sequence[Mapping[str, Any]]) -> Publication:
        self.published.append(topic)
        return Publication()


@dataclass
class ScriptedPoster:
    """``results`` are taken in turn; once used up, everything is posted."""

    results: list[PostResult] = field(default_factory=list)
    frames: list[tuple[str, dict[str, Any]]] = field(default_factory=list)

    def post(self, connection_id: str, frame: bytes) -> PostResult:
        result = self.results.pop(0) if self.results else PostResult.POSTED
        if result is PostResult.POSTED:
            self.frames.append((connection_id, json.loads(frame)))
        return result


class Pushing(LiveSide):
    def __init__(self) -> None:
        super().__init__()
        self.connections = MemoryConnections(self.clock)
        self.poster = ScriptedPoster()
        self.others = OtherTopics()
        self.publisher = RobotPublisher(
            self.others,
            self.connections,
            self.poster,
            lambda: self.commands,
            lambda: self.access,
            {"robot": command_frame},
            self.clock,
        )

    def connect(self, connection_id: str, *, seconds_ago: int = 100, principal: str = principal_of(ROBOT)) -> None:
        connected_at = int(self.clock()) - seconds_ago
        self.connections.add(
            connection(connection_id, kind="robot", topic=TOPIC, principal=principal, connected_at=connected_at)
        )

    def push(self) -> Publication:
        return self.publisher.publish_all(TOPIC, self.announcements.messages[-1:] or [wake_message()])


@pytest.fixture
def live() -> Pushing:
    return Pushing()


def test_pending_commands_go_out_once_in_the_contracts_form(live: Pushing) -> None:
    live.connect("c1")
    first = live.dispatch.send(ROBOT.robot_id, "send_message", TEXT)
    urgent = live.dispatch.send(ROBOT.robot_id, "send_message", TEXT, priority=3)
    assert live.announcements.topics == [TOPIC, TOPIC]
    assert live.push().served == 1
    assert [frame["data"]["commandId"] for _, frame in live.poster.frames] == [urgent.command_id, first.command_id]
    _, frame = live.poster.frames[1]
    assert frame["type"] == "command"
    assert frame["data"]["commandType"] == "send_message"
    assert frame["data"]["commandParams"] == TEXT
    assert frame["data"]["createdAt"].endswith("Z")
    live.push()
    assert len(live.poster.frames) == 2
    assert live.state(first) == ("sent", 1)


def test_a_robot_that_is_not_connected_keeps_its_commands(live: Pushing) -> None:
    command = live.dispatch.send(ROBOT.robot_id, "send_message", TEXT)
    assert live.push() == Publication()
    assert live.state(command) == ("pending", 0)


def test_what_could_not_be_posted_is_taken_back_and_tried_again(live: Pushing) -> None:
    live.connect("c1")
    first, second = (live.dispatch.send(ROBOT.robot_id, "send_message", TEXT) for _ in range(2))
    live.poster.results = [PostResult.POSTED, PostResult.BUSY]
    with pytest.raises(Defer):
        live.push()
    posted = {frame["data"]["commandId"] for _, frame in live.poster.frames}
    assert sorted(live.state(command) for command in (first, second)) == [("pending", 0), ("sent", 1)]
    live.push()
    assert {frame["data"]["commandId"] for _, frame in live.poster.frames} - posted
    assert len(live.poster.frames) == 2


def test_a_connection_whose_connect_has_not_returned_is_not_given_up(live: Pushing) -> None:
    live.connect("c1", seconds_ago=1)
    live.dispatch.send(ROBOT.robot_id, "send_message", TEXT)
    live.poster.results = [PostResult.GONE]
    with pytest.raises(Defer):
        live.push()
    assert "c1" in live.connections.rows
    assert live.push().served == 1


def test_a_dead_connection_gives_way_to_an_older_one_and_the_newest_comes_first(live: Pushing) -> None:
    live.connect("old", seconds_ago=300)
    live.connect("new", seconds_ago=200)
    live.dispatch.send(ROBOT.robot_id, "send_message", TEXT)
    live.poster.results = [PostResult.GONE]
    assert live.push() == Publication(served=1, gone=1)
    assert [connection_id for connection_id, _ in live.poster.frames] == ["old"]
    assert list(live.connections.rows) == ["old"]


def test_a_revoked_connection_gets_nothing(live: Pushing) -> None:
    live.connect("c1")
    command = live.dispatch.send(ROBOT.robot_id, "send_message", TEXT)
    live.store.robots[ROBOT.robot_id] = replace(ROBOT, token_version=2)
    assert live.push() == Publication()
    assert live.poster.frames == []
    assert live.connections.rows == {}
    assert live.state(command) == ("pending", 0)


def test_other_topics_go_their_own_way(live: Pushing) -> None:
    live.publisher.publish_all("relay", [{"type": "log"}])
    assert live.others.published == ["relay"]


def test_a_command_that_is_not_listed_yet_goes_out_all_the_same(live: Pushing) -> None:
    live.connect("c1")
    listed = live.dispatch.send(ROBOT.robot_id, "send_message", TEXT)
    live.clock.advance(1)
    live.store.trailing_listing = live.store.open_commands(ROBOT.robot_id, 10)
    fresh = live.dispatch.send(ROBOT.robot_id, "send_message", TEXT)
    for _ in range(2):
        live.push()
    assert [frame["data"]["commandId"] for _, frame in live.poster.frames] == [listed.command_id, fresh.command_id]


def test_a_failed_try_is_pushed_again_after_a_second_and_a_finished_command_is_told(live: Pushing) -> None:
    live.connect("c1")
    command = live.dispatch.send(ROBOT.robot_id, "send_message", TEXT)
    for attempt in range(1, MAX_ATTEMPTS + 1):
        live.push()
        assert len(live.poster.frames) == attempt
        live.dispatch.report(ROBOT.robot_id, command.command_id, CommandResult(201102, "send failed"))
        live.clock.advance(1)
    assert live.state(command) == ("failed", MAX_ATTEMPTS)
    assert [(task.kind, task.payload, delay) for task, delay in live.tasks.ordered] == [
        (WAKE_TASK, {"robot_id": ROBOT.robot_id}, 1)
    ] * (MAX_ATTEMPTS - 1)
    assert [one.state for one in live.finished] == ["failed"]


def test_the_sweep_finds_a_lost_result_and_wakes_the_robot(live: Pushing) -> None:
    live.connect("c1")
    command = live.dispatch.send(ROBOT.robot_id, "send_message", TEXT)
    live.push()
    assert live.dispatch.sweep() == 0
    live.clock.advance(60)
    live.announcements.topics.clear()
    assert live.dispatch.sweep() == 1
    assert live.state(command) == ("pending", 1)
    assert live.announcements.topics == [TOPIC]
    live.push()
    live.dispatch.report(ROBOT.robot_id, command.command_id, CommandResult(0))
    for watched in (True, False):  # the first look that finds nothing may have been too early
        live.clock.advance(60)
        assert live.dispatch.sweep() == 0
        assert bool(live.watched.looks) is watched


def test_a_lost_result_is_found_as_soon_as_it_is_overdue(live: Pushing) -> None:
    live.connect("c1")
    command = live.dispatch.send(ROBOT.robot_id, "send_message", TEXT)
    live.clock.advance(59)
    live.push()
    for seconds, state in ((1, ("sent", 1)), (58, ("sent", 1)), (1, ("pending", 1))):
        live.clock.advance(seconds)
        live.dispatch.sweep()
        assert live.state(command) == state


def test_a_robot_with_more_commands_than_one_look_takes_is_looked_at_again(live: Pushing) -> None:
    waiting = [live.dispatch.send(ROBOT.robot_id, "send_message", TEXT) for _ in range(4 * MAX_HANDED_OUT + 1)]
    live.clock.advance(KEPT_MS / 1000)
    for _ in range(2):
        live.dispatch.sweep()
        live.clock.advance(60)
    assert {live.state(command)[0] for command in waiting} == {"failed"}


def test_a_queue_that_is_down_costs_a_report_nothing(live: Pushing) -> None:
    live.connect("c1")
    command = live.dispatch.send(ROBOT.robot_id, "send_message", TEXT)
    live.push()
    live.tasks.down = True
    assert live.dispatch.report(ROBOT.robot_id, command.command_id, CommandResult(1, "no")).state == "pending"
