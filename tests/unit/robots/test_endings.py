"""What follows when a command has come to its end."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from shared.aws.store_failures import StoreUnavailable
from shared.robots.callbacks import TASK_KIND, Callbacks
from shared.robots.command_states import KEPT_MS, CommandResult
from shared.robots.commands import Commands, Settlement
from shared.robots.dispatch import CommandDispatch
from shared.robots.endings import FAILED_MESSAGE, CommandEndings
from shared.robots.models import MAX_ATTEMPTS, RESULT_WITHIN_MS
from shared.robots.relay_commands import RelayCommands
from shared.tasks.orders import TaskOrder
from tests.unit.robots.live_doubles import ROBOT, LiveSide

TEXT = {"type": "text", "titleList": ["客户群"], "content": "你好"}


class Log:
    def __init__(self) -> None:
        self.entries: list[Mapping[str, Any]] = []
        self.down = False

    def note(self, log_type: str, level: str, message: str, details: Mapping[str, Any] | None = None) -> None:
        if self.down:
            raise StoreUnavailable("add entry")
        assert (log_type, level, message) == ("error", "warn", FAILED_MESSAGE)
        self.entries.append(details or {})


class Scene(LiveSide):
    def __init__(self) -> None:
        super().__init__()
        self.log = Log()
        self.reported: list[str] = []
        self.endings = CommandEndings(
            lambda command, result: self.reported.append(command.command_id),
            Callbacks.order_of,
            self.tasks,
            lambda: self.log,
            lambda reference, code, text: TaskOrder("relayed", {"reference": reference, "code": code, "text": text}),
        )
        self.commands = Commands(self.store, self.clock.ms, self.endings.timed_out)

    def told(self) -> list[str]:
        return [order.payload["record_id"] for order, _ in self.tasks.ordered if order.kind == TASK_KIND]


@pytest.mark.parametrize("noticed_by", ["settle", "hand_out"])
def test_a_command_without_a_result_is_told_and_noted_once(noticed_by: str) -> None:
    scene = Scene()
    command = scene.commands.enqueue(ROBOT.robot_id, "send_message", TEXT)
    for _ in range(MAX_ATTEMPTS):
        assert scene.told() == []
        scene.commands.hand_out(ROBOT.robot_id)
        scene.clock.advance(RESULT_WITHIN_MS / 1000)
    for _ in range(2):
        getattr(scene.commands, noticed_by)(ROBOT.robot_id)
    assert scene.told() == [command.command_id]
    assert [(one["commandId"], one["reason"], one["fromRelay"]) for one in scene.log.entries] == [
        (command.command_id, "no_result", False)
    ]


def test_a_relay_message_that_nobody_collected_is_noted_as_the_relays() -> None:
    scene = Scene()
    command_id = RelayCommands(scene.store, scene.dispatch).send(ROBOT.robot_id, TEXT, "key")
    scene.clock.advance(KEPT_MS / 1000)
    scene.commands.settle(ROBOT.robot_id)
    (entry,) = scene.log.entries
    assert (entry["commandId"], entry["reason"], entry["fromRelay"]) == (command_id, "not_collected", True)
    assert "你好" not in repr(entry)


def test_a_reported_end_is_told_as_reported_and_only_a_failure_is_noted() -> None:
    scene = Scene()
    done = scene.commands.enqueue(ROBOT.robot_id, "send_message", TEXT)
    scene.commands.hand_out(ROBOT.robot_id)
    result = CommandResult(0)
    scene.endings.reported(scene.commands.record_result(ROBOT.robot_id, done.command_id, result), result)
    assert scene.log.entries == []
    failing = scene.commands.enqueue(ROBOT.robot_id, "send_message", TEXT)
    refused = CommandResult(201102, "a text the device wrote")
    for _ in range(MAX_ATTEMPTS):
        scene.clock.advance(1)
        scene.commands.hand_out(ROBOT.robot_id)
        ended = scene.commands.record_result(ROBOT.robot_id, failing.command_id, refused)
    scene.endings.reported(ended, refused)
    assert scene.reported == [done.command_id, failing.command_id]
    (entry,) = scene.log.entries
    assert (entry["reason"], entry["errorCode"]) == ("reported", 201102)
    assert "a text the device wrote" not in repr(entry)


def test_a_log_or_a_queue_that_is_down_costs_the_ending_nothing(caplog: pytest.LogCaptureFixture) -> None:
    scene = Scene()
    scene.log.down = scene.tasks.down = True
    command = scene.commands.enqueue(ROBOT.robot_id, "send_message", TEXT)
    scene.clock.advance(KEPT_MS / 1000)
    assert scene.commands.settle(ROBOT.robot_id) == Settlement(changed=1, look_again_ms=None)
    assert scene.store.commands[command.command_id].state == "failed"
    assert [record.message for record in caplog.records] == [
        "a callback was not ordered",
        "a failed command was not noted",
    ]


@pytest.mark.parametrize(
    ("way", "reason"),
    [("silent", "no_result"), ("expired", "not_collected"), ("reported", "reported error 201101"), ("done", "")],
)
def test_the_relay_is_told_once_of_its_message_that_failed(way: str, reason: str) -> None:
    scene = Scene()
    dispatch = CommandDispatch(
        scene.commands,
        scene.watched,
        scene.bell,
        scene.clock.ms,
        finished=lambda command, result: scene.endings.reported(command, result),
    )
    command = dispatch.send(ROBOT.robot_id, "send_message", TEXT, command_id="cmd_relay_1", reference="the message")
    if way == "expired":
        scene.clock.advance(KEPT_MS / 1000)
    for _ in range(0 if way == "expired" else MAX_ATTEMPTS):
        scene.commands.hand_out(ROBOT.robot_id)
        if way == "silent":
            scene.clock.advance(RESULT_WITHIN_MS / 1000)
        else:
            code = 0 if way == "done" else 201101
            dispatch.report(ROBOT.robot_id, command.command_id, CommandResult(code, "canary: what the device wrote"))
            scene.clock.advance(2)
    for _ in range(2):
        scene.commands.settle(ROBOT.robot_id)
    told = [order.payload for order, _ in scene.tasks.ordered if order.kind == "relayed"]
    if not reason:
        assert told == []
        return
    ((reference, code, text),) = [(one["reference"], one["code"], one["text"]) for one in told]
    assert (reference, code) == ("the message", "robot_command_failed")
    assert text.startswith(reason)
    assert "cmd_relay_1" in text
    assert "canary" not in text


def test_a_queue_that_is_down_leaves_the_failure_in_the_robots_log() -> None:
    scene = Scene()
    scene.commands.enqueue_once("cmd_relay_1", ROBOT.robot_id, "send_message", TEXT, reference="the message")
    scene.tasks.down = True
    scene.clock.advance(KEPT_MS / 1000)
    scene.commands.settle(ROBOT.robot_id)
    assert [entry["commandId"] for entry in scene.log.entries] == ["cmd_relay_1"]
