"""WeCom bots: their settings, and what becomes of a message when the robots' area says no."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest

from shared.message.model import MediaItem
from shared.platforms.base import InvalidConfig, Part, SendContext, SentPart
from shared.platforms.outcomes import Delivered, Outcome, Permanent, RetryAfter, Unchangeable
from shared.platforms.wecom import CommandQueueFull, CommandRejected, CommandsUnavailable, RobotGone, WecomPlatform
from tests.contract.platforms.harness import message

ROBOT_ID = "robot_1703123456789_abc123abc123abc1"


@dataclass
class ScriptedRobots:
    failure: Exception | None = None
    sent: list[tuple[str, Mapping[str, Any], str]] = field(default_factory=list)

    def send(self, robot_id: str, command: Mapping[str, Any], idempotency_key: str, reference: str) -> str:
        if self.failure is not None:
            raise self.failure
        self.sent.append((robot_id, command, idempotency_key))
        return "cmd_1"


def platform_with(failure: Exception | None = None) -> tuple[WecomPlatform, ScriptedRobots]:
    robots = ScriptedRobots(failure)
    return WecomPlatform(lambda: robots), robots


def send(platform: WecomPlatform, part: Part, target: str = "客户群") -> Outcome:
    destination = platform.destination(1, {"robot_id": ROBOT_ID}, target)
    return platform.send(part, destination, SendContext("key-1"))


def test_a_message_becomes_a_text_then_a_command_for_each_item() -> None:
    platform, robots = platform_with()
    media = [
        MediaItem("image", "https://img.kookapp.cn/a/p.png", "p.png", "image/png"),
        MediaItem("video", "https://img.kookapp.cn/a/v.mp4", "v.mp4"),
        MediaItem("file", "https://img.kookapp.cn/a/r", "报告.pdf"),
        MediaItem("file", "ftp://nowhere/odd", "odd.bin"),
    ]
    destination = platform.destination(1, {"robot_id": ROBOT_ID, "target_groups": ["一群", "二群"]}, "label")
    for part in platform.compose(message("大家好", media=media), destination, "小明"):
        outcome = platform.send(part, destination, SendContext("key"))
        assert outcome == Delivered(("cmd_1",))
    commands = [dict(command) for _, command, _ in robots.sent]
    assert all(command.pop("titleList") == ["一群", "二群"] for command in commands)
    assert commands == [
        {"type": "text", "content": "小明\n大家好\n📎 odd.bin"},
        {
            "type": "image",
            "fileUrl": "https://img.kookapp.cn/a/p.png",
            "fileType": "image",
            "objectName": "p.png",
        },
        {"type": "file", "fileUrl": "https://img.kookapp.cn/a/v.mp4", "fileType": "video", "objectName": "v.mp4"},
        {"type": "file", "fileUrl": "https://img.kookapp.cn/a/r", "fileType": "*", "objectName": "报告.pdf"},
    ]


@pytest.mark.parametrize(
    ("failure", "expected"),
    [
        (RobotGone(), Permanent("robot_gone", "there is no such robot", disables_destination=True)),
        (CommandRejected("too odd"), Permanent("command_rejected", "too odd")),
        (
            CommandQueueFull(1000),
            RetryAfter(
                "robot_queue_full", "the robot has 1000 commands that have not ended", 60.0, scope="destination"
            ),
        ),
        (CommandsUnavailable(), RetryAfter("robots_unavailable", "the robots' commands could not be written")),
    ],
)
def test_each_refusal_has_its_outcome(failure: Exception, expected: Outcome) -> None:
    platform, _ = platform_with(failure)
    assert send(platform, Part("text", "hello", "hello")) == expected
    assert platform.test(platform.destination(1, {"robot_id": ROBOT_ID}, "客户群")) == expected


def test_what_was_posted_cannot_be_changed() -> None:
    platform, robots = platform_with()
    destination = platform.destination(1, {"robot_id": ROBOT_ID}, "客户群")
    part = Part("text", "a", "a")
    sent = SentPart(part, ("cmd_1",))
    assert platform.abilities(destination) == frozenset()
    assert isinstance(platform.edit(sent, part, destination, SendContext("k")), Unchangeable)
    assert isinstance(platform.delete(sent, destination, SendContext("k")), Unchangeable)
    assert robots.sent == []


@pytest.mark.parametrize(
    ("groups", "target", "expected"),
    [
        (["一群", "二群"], "二群", "二群"),
        (["一群", "二群"], "label", "一群\n二群"),
        (None, " 三群 ", "三群"),
        ("一群", "label", "一群"),
    ],
)
def test_groups_come_from_the_mapping_or_the_bot(groups: Any, target: str, expected: str) -> None:
    platform, _ = platform_with()
    config = platform.validate_config({"robotId": f" {ROBOT_ID} ", "target_groups": groups})
    assert config["robot_id"] == ROBOT_ID
    assert platform.destination(1, config, target).target_id == expected


@pytest.mark.parametrize(
    ("config", "field", "reason"),
    [
        ({}, "robot_id", "missing"),
        ({"robot_id": "no spaces please"}, "robot_id", "malformed"),
        ({"robot_id": 5}, "robot_id", "malformed"),
        ({"robot_id": ROBOT_ID, "target_groups": [""]}, "target_groups", "malformed"),
        ({"robot_id": ROBOT_ID, "target_groups": ["a\nb"]}, "target_groups", "malformed"),
        ({"robot_id": ROBOT_ID, "target_groups": {"a": 1}}, "target_groups", "malformed"),
        ({"robot_id": ROBOT_ID, "target_groups": ["a"] * 101}, "target_groups", "malformed"),
        ({"robot_id": ROBOT_ID, "rate_limits": "fast"}, "rate_limits", "malformed"),
    ],
)
def test_settings_that_cannot_work_are_named(config: dict[str, Any], field: str, reason: str) -> None:
    platform, _ = platform_with()
    with pytest.raises(InvalidConfig) as caught:
        platform.validate_config(config)
    assert (caught.value.field, caught.value.reason) == (field, reason)


def test_a_mapping_to_nowhere_is_refused() -> None:
    platform, _ = platform_with()
    with pytest.raises(InvalidConfig):
        platform.destination(1, {"robot_id": ROBOT_ID}, "  ")


def test_two_bots_of_one_robot_are_one_destination_and_its_id_is_not_in_the_key() -> None:
    platform, _ = platform_with()
    first = platform.destination(1, {"robot_id": ROBOT_ID}, "一群")
    second = platform.destination(2, {"robot_id": ROBOT_ID}, "二群")
    assert first.key == second.key
    assert ROBOT_ID not in first.key
