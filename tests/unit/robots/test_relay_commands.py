"""The relay's messages as commands: one for each, kept once, refused with reasons."""

from __future__ import annotations

from dataclasses import replace

import pytest

from shared.aws.store_failures import StoreUnavailable
from shared.platforms.wecom import CommandQueueFull, CommandRejected, CommandsUnavailable, RobotGone
from shared.robots.models import Robot
from shared.robots.relay_commands import RelayCommands
from tests.unit.robots.live_doubles import ROBOT, LiveSide

TEXT = {"type": "text", "titleList": ["客户群"], "content": "你好"}


def test_a_command_is_accepted_once_for_each_key() -> None:
    live = LiveSide()
    relay = RelayCommands(live.store, live.dispatch)
    ids = {relay.send(ROBOT.robot_id, TEXT, key) for key in ("a", "a", "b")}
    assert len(ids) == 2
    assert {command.command_id for command in live.commands.hand_out(ROBOT.robot_id)} == ids
    assert [command.params for command in live.store.commands.values()] == [TEXT, TEXT]
    assert ROBOT.robot_id in live.watched.looks


def test_a_robot_that_is_gone_is_said_to_be() -> None:
    live = LiveSide()
    relay = RelayCommands(live.store, live.dispatch)
    with pytest.raises(RobotGone):
        relay.send("robot_2_nobody", TEXT, "a")
    live.store.robots[ROBOT.robot_id] = replace(ROBOT, deleted_at_ms=5)
    with pytest.raises(RobotGone):
        relay.send(ROBOT.robot_id, TEXT, "a")


def test_what_the_contract_does_not_take_is_rejected_by_the_name_of_the_field() -> None:
    live = LiveSide()
    relay = RelayCommands(live.store, live.dispatch)
    with pytest.raises(CommandRejected) as caught:
        relay.send(ROBOT.robot_id, {"type": "text", "titleList": [], "content": "secret text"}, "a")
    assert "titleList" in caught.value.detail
    assert "secret text" not in caught.value.detail


def test_a_table_that_is_down_asks_for_another_try() -> None:
    class Down:
        def robot(self, robot_id: str) -> Robot | None:
            raise StoreUnavailable("read robot")

    live = LiveSide()
    with pytest.raises(CommandsUnavailable):
        RelayCommands(Down(), live.dispatch).send(ROBOT.robot_id, TEXT, "a")


def test_a_robot_without_room_is_asked_again_later() -> None:
    live = LiveSide()
    live.store.max_open = 1
    relay = RelayCommands(live.store, live.dispatch)
    accepted = relay.send(ROBOT.robot_id, TEXT, "a")
    with pytest.raises(CommandQueueFull) as caught:
        relay.send(ROBOT.robot_id, TEXT, "b")
    assert caught.value.limit == 1
    assert relay.send(ROBOT.robot_id, TEXT, "a") == accepted
