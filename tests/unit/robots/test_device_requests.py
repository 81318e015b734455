"""What a device may send."""

from __future__ import annotations

import base64
from datetime import datetime, timezone
from typing import Any

import pytest
from pydantic import ValidationError

from shared.robots.command_states import CommandResult
from shared.robots.device_requests import MAX_PICTURE_BYTES, Activate, ReportMessage, ReportResult
from shared.robots.models import Device

INFO: dict[str, Any] = {"deviceId": "9774d56d682e549c", "brand": "Xiaomi", "model": "Mi 10", "os": "Android"}
ACTIVATE: dict[str, Any] = {"code": "3CQ4Z9LE", "deviceInfo": {**INFO, "osVersion": "13", "totalMemory": 8192}}
MESSAGE: dict[str, Any] = {
    "robotId": "robot_1",
    "spoken": "你好啊",
    "rawSpoken": "@机器人 你好啊",
    "receivedName": "张三",
    "groupName": None,
    "roomType": 1,
    "atMe": True,
    "textType": 1,
    "timestamp": "2024-12-01T10:30:00Z",
}
RESULT: dict[str, Any] = {"robotId": "robot_1", "commandId": "cmd_1", "errorCode": 0, "executionTimeMs": 2500}
PICTURE = b"\x89PNG\r\n"


def test_a_device_is_its_id_and_what_else_it_told() -> None:
    device = Activate.model_validate(ACTIVATE).device_info.as_device()
    details = {"brand": "Xiaomi", "model": "Mi 10", "os": "Android", "osVersion": "13", "totalMemory": 8192}
    assert device == Device("9774d56d682e549c", details)


def test_a_message_is_read_with_its_moment_and_without_nulls() -> None:
    message = ReportMessage.model_validate(MESSAGE)
    assert message.timestamp == datetime(2024, 12, 1, 10, 30, tzinfo=timezone.utc)  # noqa: UP017 - plain to read
    assert (message.group_name, message.picture) == ("", b"")


@pytest.mark.parametrize(("text_type", "picture"), [(2, PICTURE), (1, b"")])
def test_a_picture_counts_only_in_an_image_message(text_type: int, picture: bytes) -> None:
    encoded = base64.b64encode(PICTURE).decode()
    body = {**MESSAGE, "textType": text_type, "fileBase64": encoded}
    message = ReportMessage.model_validate(body)
    assert message.picture == picture
    assert encoded not in repr(message)


def test_a_file_beside_a_text_is_not_even_looked_at() -> None:
    assert ReportMessage.model_validate({**MESSAGE, "fileBase64": "not base64!"}).file_base64 == ""


def test_a_result_becomes_what_the_command_is_told() -> None:
    report = ReportResult.model_validate({**RESULT, "successList": ["张三"], "failList": None})
    assert report.result() == CommandResult(0, "", 2500, success_list=("张三",))


@pytest.mark.parametrize(
    ("model", "body", "field"),
    [
        (Activate, {**ACTIVATE, "deviceInfo": INFO}, "deviceInfo.osVersion"),
        (Activate, {**ACTIVATE, "deviceInfo": "phone"}, "deviceInfo"),
        (Activate, {"deviceInfo": ACTIVATE["deviceInfo"]}, "code"),
        (ReportMessage, {**MESSAGE, "roomType": 5}, "roomType"),
        (ReportMessage, {**MESSAGE, "textType": 4}, "textType"),
        (ReportMessage, {**MESSAGE, "atMe": 1}, "atMe"),
        (ReportMessage, {**MESSAGE, "timestamp": "yesterday"}, "timestamp"),
        (ReportMessage, {**MESSAGE, "timestamp": "2024-12-01T10:30:00"}, "timestamp"),
        (ReportMessage, {**MESSAGE, "timestamp": "0001-01-01T00:00:00+14:00"}, "timestamp"),
        (ReportMessage, {**MESSAGE, "timestamp": "9999-12-31T23:59:59-14:00"}, "timestamp"),
        (ReportMessage, {**MESSAGE, "textType": 2, "fileBase64": "not base64!"}, "fileBase64"),
        (ReportMessage, {**MESSAGE, "spoken": "x" * 20_001}, "spoken"),
        (ReportResult, {**RESULT, "errorCode": "0"}, "errorCode"),
        (ReportResult, {**RESULT, "errorCode": 2**40}, "errorCode"),
        (ReportResult, {**RESULT, "executionTimeMs": -1}, "executionTimeMs"),
        (ReportResult, {**RESULT, "failList": ["x"] * 101}, "failList"),
    ],
)
def test_a_field_that_does_not_fit_is_named(model: type[Activate], body: dict[str, Any], field: str) -> None:
    with pytest.raises(ValidationError) as refused:
        model.model_validate(body)
    assert [".".join(map(str, error["loc"])) for error in refused.value.errors()] == [field]


def test_a_picture_over_four_megabytes_is_refused() -> None:
    encoded = base64.b64encode(bytes(MAX_PICTURE_BYTES + 1)).decode()
    with pytest.raises(ValidationError) as refused:
        ReportMessage.model_validate({**MESSAGE, "textType": 2, "fileBase64": encoded})
    assert [error["type"] for error in refused.value.errors()] == ["too_many_bytes"]
