"""What a send-message request may hold."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from shared.push.frames import encode_frame
from shared.robots.command_push import command_frame
from shared.robots.models import Command
from shared.robots.send_requests import send_request
from shared.robots.worktool_frames import worktool_command

TEXT: dict[str, Any] = {"robotId": "robot_1", "type": "text", "titleList": ["张三"], "content": "你好！"}
IMAGE: dict[str, Any] = {
    "robotId": "robot_1",
    "type": "image",
    "titleList": ["测试群1"],
    "fileUrl": "https://cdn.example.com/image.jpg",
    "fileType": "image",
    "objectName": "reply.jpg",
    "extraText": "图片",
}
FILE = {**IMAGE, "type": "file", "fileType": "*", "objectName": "document.pdf"}


@pytest.mark.parametrize("body", [TEXT, {**TEXT, "atList": ["张三"]}, {**TEXT, "atList": []}, IMAGE])
def test_the_device_gets_what_was_sent_without_the_robot_id(body: dict[str, Any]) -> None:
    expected = {name: value for name, value in body.items() if name != "robotId"}
    assert send_request({**body, "unknownField": 1, "priority": 3}).command_params() == expected


@pytest.mark.parametrize(("asked", "urgency"), [({}, 1), ({"priority": None}, 1), ({"priority": 0}, 0)])
def test_a_command_is_of_normal_priority_unless_asked_for(asked: dict[str, Any], urgency: int) -> None:
    assert send_request({**TEXT, **asked}).urgency == urgency


def test_a_file_has_no_extra_text() -> None:
    params = send_request(FILE).command_params()
    assert params == {name: FILE[name] for name in ("type", "titleList", "fileUrl", "fileType", "objectName")}


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({**TEXT, "type": "voice"}, "type"),
        ({**TEXT, "titleList": []}, "titleList"),
        ({**TEXT, "titleList": "张三"}, "titleList"),
        ({**TEXT, "titleList": ["x"] * 101}, "titleList"),
        ({**TEXT, "content": ""}, "content"),
        ({**TEXT, "content": "x" * 20_001}, "content"),
        ({**TEXT, "content": 5}, "content"),
        ({**TEXT, "priority": 4}, "priority"),
        ({**IMAGE, "fileUrl": "file:///etc/passwd"}, "fileUrl"),
        ({**IMAGE, "fileType": "video"}, "fileType"),
        ({name: value for name, value in FILE.items() if name != "objectName"}, "objectName"),
        ({name: value for name, value in TEXT.items() if name != "type"}, "type"),
    ],
)
def test_a_field_that_does_not_fit_is_named(body: dict[str, Any], field: str) -> None:
    with pytest.raises(ValidationError) as refused:
        send_request(body)
    assert [error["loc"][0] for error in refused.value.errors()] == [field]


@pytest.mark.parametrize(
    ("content", "names"),
    [("\U0001f600" * 20_000, 95), ("\x01" * 20_000, 10)],
    ids=["four bytes a character", "six bytes as an escape"],
)
def test_what_would_be_cut_on_its_way_to_the_device_is_refused_and_what_is_taken_goes_out_whole(
    content: str, names: int
) -> None:
    titles = ["\U0001f600" * 100] * names
    with pytest.raises(ValidationError) as refused:
        send_request({**TEXT, "content": content, "titleList": titles, "atList": titles})
    assert [error["type"] for error in refused.value.errors()] == ["too_many_bytes"]
    params = send_request({**TEXT, "content": content}).command_params()
    command = Command("cmd_" + "x" * 60, "robot_1", "send_message", params, 1)
    for frame in (command_frame(command), worktool_command(command)):
        assert b"truncated" not in encode_frame(frame)
