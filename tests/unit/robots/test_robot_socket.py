"""The robot's socket: who may open it, what it answers."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from shared.push.handshake import Handshake
from shared.push.sockets import Admission, Refusal
from shared.robots.dispatch import AFTER_CONNECT_SECONDS, WAKE_TASK, robot_topic
from shared.robots.models import Robot
from shared.robots.presence import OFFLINE_AFTER_MS
from shared.robots.robot_socket import MAX_MESSAGE_CHARACTERS, RobotSocket, principal_of
from tests.unit.push.fakes import connection
from tests.unit.robots.live_doubles import ROBOT, LiveSide

TOKEN = "robot-token-EXAMPLE"
TEXT = {"type": "text", "titleList": ["客户群"], "content": "你好"}


class OneToken:
    def robot_of(self, token: str) -> Robot | None:
        return ROBOT if token == TOKEN else None


class Talking(LiveSide):
    def __init__(self) -> None:
        super().__init__()
        self.socket = RobotSocket(OneToken, self.access, self.presence, self.dispatch, self.bell, self.clock.ms)
        self.connection = connection(
            "c1", kind="robot", topic=robot_topic(ROBOT.robot_id), principal=principal_of(ROBOT)
        )

    def say(self, message: Any) -> dict[str, Any]:
        text = message if isinstance(message, str) else json.dumps(message)
        reply = self.socket.receive(self.connection, text)
        assert reply.message is not None
        return dict(reply.message)


@pytest.fixture
def live() -> Talking:
    return Talking()


def shake(query: dict[str, str], headers: dict[str, str] | None = None, path: str = "/ws") -> Handshake:
    return Handshake("c1", path, query, headers or {}, ())


def test_it_serves_only_the_path_with_a_robots_id(live: Talking) -> None:
    assert live.socket.serves(shake({"robotId": "x"}))
    assert not live.socket.serves(shake({}))
    assert not live.socket.serves(shake({"robotId": "x"}, path="/api/clients"))


@pytest.mark.parametrize(
    "query",
    [
        {"robotId": ROBOT.robot_id},
        {"robotId": ROBOT.robot_id, "token": ""},
        {"robotId": ROBOT.robot_id, "token": "wrong"},
        {"robotId": "robot_2_bbbbbbbbbbbbbbbb", "token": TOKEN},
        {"robotId": ROBOT.robot_id, "token": "x" * 10_000},
    ],
)
def test_a_wrong_token_is_refused_before_the_upgrade(live: Talking, query: dict[str, str]) -> None:
    assert live.socket.connect(shake(query)) == Refusal(401)
    assert live.store.sightings == {}


@pytest.mark.parametrize(
    "handshake",
    [
        shake({"robotId": ROBOT.robot_id, "token": TOKEN}),
        shake({"robotId": ROBOT.robot_id}, {"authorization": f"Bearer {TOKEN}"}),
    ],
)
def test_a_right_token_opens_it_and_orders_what_is_pending(live: Talking, handshake: Handshake) -> None:
    admission = live.socket.connect(handshake)
    assert isinstance(admission, Admission)
    assert admission.topic == robot_topic(ROBOT.robot_id)
    assert admission.principal == principal_of(ROBOT)
    assert TOKEN not in repr(handshake) + repr(admission)
    ((task, delay),) = live.tasks.ordered
    assert (task.kind, delay) == (WAKE_TASK, AFTER_CONNECT_SECONDS)
    live.bell.wake(task.payload, lambda: 1.0)
    assert live.announcements.topics == [robot_topic(ROBOT.robot_id)]


def test_pings_keep_it_online_for_a_minute(live: Talking) -> None:
    assert live.say({"type": "ping"}) == {"type": "pong", "timestamp": live.clock.ms()}
    assert live.say("ping")["type"] == "pong"
    assert live.presence.is_online(ROBOT.robot_id)
    live.clock.advance(OFFLINE_AFTER_MS / 1000 - 1)
    assert live.presence.is_online(ROBOT.robot_id)
    live.clock.advance(1)
    assert not live.presence.is_online(ROBOT.robot_id)
    assert live.presence.last_seen_ms(ROBOT.robot_id) == live.clock.ms() - OFFLINE_AFTER_MS


@pytest.mark.parametrize(
    "result", [{"errorCode": 0, "executionTimeMs": 1200}, {"status": "success"}, {"errorCode": 0, "errorReason": None}]
)
def test_a_result_closes_the_command_and_may_be_repeated(live: Talking, result: dict[str, Any]) -> None:
    command = live.dispatch.send(ROBOT.robot_id, "send_message", TEXT)
    live.commands.hand_out(ROBOT.robot_id)
    for _ in range(2):
        answer = live.say({"type": "result", "data": {"commandId": command.command_id, **result}})
        assert answer["success"] is True
        assert answer["data"] == {"commandId": command.command_id, "status": "success"}
    assert live.state(command) == ("success", 1)


def test_results_that_cannot_be_taken_are_answered(live: Talking) -> None:
    command = live.dispatch.send(ROBOT.robot_id, "send_message", TEXT)
    told = live.say({"type": "result", "data": {"commandId": command.command_id, "errorCode": 0}})
    assert (told["type"], told["code"]) == ("error", 409)
    assert live.say({"type": "result", "data": {"commandId": "cmd_of_another", "errorCode": 0}})["code"] == 404
    for data in (None, [], {}, {"commandId": command.command_id}, {"commandId": 5, "errorCode": 0}):
        assert live.say({"type": "result", "data": data})["code"] == 400
    assert live.state(command) == ("pending", 0)


@pytest.mark.parametrize("text", ["", "{", "[]", "[" * 5000, '{"type": 5}', '{"type": "dance"}', "null"])
def test_nonsense_is_answered_with_a_hint(live: Talking, text: str) -> None:
    answer = live.say(text)
    assert answer["code"] == 400
    assert "ping" in answer["message"]


def test_a_message_that_is_too_large_is_refused(live: Talking) -> None:
    assert live.say(json.dumps({"type": "ping", "padding": "x" * MAX_MESSAGE_CHARACTERS}))["code"] == 413


def test_a_revoked_token_ends_the_connection(live: Talking) -> None:
    live.store.robots[ROBOT.robot_id] = replace(ROBOT, token_version=2)
    reply = live.socket.receive(live.connection, '{"type":"ping"}')
    assert reply.forget
    assert reply.message is not None
    assert reply.message["code"] == 401
