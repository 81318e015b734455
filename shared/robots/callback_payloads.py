"""What callbacks tell, built from the records for every try."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from datetime import UTC, datetime, tzinfo
from typing import Any, Protocol
from urllib.parse import urlsplit

from shared.robots.callbacks import CallbackKind
from shared.robots.command_states import reached
from shared.robots.device_requests import IMAGE_TEXT_TYPE
from shared.robots.errors import PictureMissing
from shared.robots.group_codes import GroupCode, GroupCodes
from shared.robots.messages import Message, PictureStore
from shared.robots.models import Command, Robot
from shared.robots.online_periods import OnlinePeriod

# WorkTool's numbers for its callbacks (worktool.apifox.cn: robotInfo/callBack/bind).
ONLINE_CALLBACK, OFFLINE_CALLBACK = 5, 6
_GROUP_QR_CODE = 504
# The open client's numbers for what a command does.
_OPERATION_TYPES = {"text": 203, "image": 218, "file": 218}
# A group bot of WeCom itself: it takes nothing but its own form.
_WECOM_WEBHOOK_HOST, _WECOM_WEBHOOK_PATH = "qyapi.weixin.qq.com", "/cgi-bin/webhook/send"


class RobotRecords(Protocol):
    def robot(self, robot_id: str) -> Robot | None: ...

    def command(self, robot_id: str, command_id: str) -> Command | None: ...


class MessageRecords(Protocol):
    def message(self, robot_id: str, message_id: str) -> Message | None: ...


class PeriodRecords(Protocol):
    def period(self, robot_id: str, online_at_ms: int) -> OnlinePeriod | None: ...


class RecordPayloads:
    """Implements shared.robots.callbacks.CallbackPayloads. Times written for people are those of ``zone``."""

    def __init__(
        self,
        robots: RobotRecords,
        messages: MessageRecords,
        pictures: PictureStore,
        periods: PeriodRecords,
        codes: GroupCodes,
        zone: tzinfo,
    ) -> None:
        self._robots = robots
        self._messages = messages
        self._pictures = pictures
        self._periods = periods
        self._codes = codes
        self._zone = zone

    def payload(self, kind: CallbackKind, robot_id: str, record_id: str, url: str) -> Mapping[str, Any] | None:
        if kind == "result":
            command = self._robots.command(robot_id, record_id)
            return None if command is None else result_payload(command)
        robot = self._robots.robot(robot_id)
        if robot is None or robot.deleted_at_ms is not None:
            return None
        if kind == "message":
            message = self._messages.message(robot_id, record_id)
            return None if message is None else self._message_payload(robot, message)
        if kind == "group_qr":
            code = self._codes.code(robot_id, record_id)
            return None if code is None else group_qr_payload(robot, code)
        period = self._periods.period(robot_id, int(record_id))
        if period is None:
            return None
        is_online = kind == "online"
        if _is_wecom_webhook(url):
            return wecom_text(robot, period, is_online, self._zone)
        return change_payload(robot, period, is_online)

    def _message_payload(self, robot: Robot, message: Message) -> dict[str, Any]:
        payload: dict[str, Any] = {
            "robotId": robot.robot_id,
            "robotUuid": robot.robot_uuid,
            "messageId": message.message_id,
            "spoken": message.spoken,
            "rawSpoken": message.raw_spoken,
            "receivedName": message.received_name,
            "groupName": message.group_name,
            "groupRemark": message.group_remark,
            "roomType": message.room_type,
            "atMe": message.at_me,
            "textType": message.text_type,
            "timestamp": _iso(message.said_at_ms),
        }
        if message.text_type == IMAGE_TEXT_TYPE and message.picture:
            try:
                content = self._pictures.load(message.picture)
            except PictureMissing:  # it has expired: the message is told without it
                return payload
            payload["fileBase64"] = base64.b64encode(content).decode("ascii")
        return payload


def result_payload(command: Command) -> dict[str, Any]:
    """What is told of a finished command. ``runTime``: epoch milliseconds, ``timeCost``: seconds."""
    params = dict(command.params)
    success_list, fail_list = reached(command)
    started_ms = command.sent_at_ms or command.created_at_ms
    cost_ms = command.execution_time_ms
    if cost_ms is None:
        cost_ms = max(0, (command.finished_at_ms or started_ms) - started_ms)
    seconds = cost_ms / 1000
    return {
        "robotId": command.robot_id,
        "messageId": command.command_id,
        "commandId": command.command_id,
        "errorCode": command.error_code or 0,
        "errorReason": command.error_reason,
        "runTime": started_ms,
        # Receivers that rebuild the body write 1.0 as 1.
        "timeCost": int(seconds) if seconds.is_integer() else seconds,
        "type": operation_type(command),
        "rawMsg": json.dumps(params, ensure_ascii=False, separators=(",", ":")),
        "successList": success_list,
        "failList": fail_list,
        **({"metaJson": command.meta_json} if command.meta_json else {}),
    }


def operation_type(command: Command) -> int:
    """WorkTool's number for what a command does, 0 for what it has none for."""
    kind = command.params.get("type")
    return kind if isinstance(kind, int) else _OPERATION_TYPES.get(str(kind), 0)


def change_payload(robot: Robot, period: OnlinePeriod, is_online: bool) -> dict[str, Any]:
    """That a robot came or went. ``offlineTime`` is null while it is online; ``onlineSeconds`` counts whole ones."""
    ended_ms = None if is_online else period.offline_at_ms
    changed_ms = period.online_at_ms if ended_ms is None else ended_ms
    kind = ONLINE_CALLBACK if is_online else OFFLINE_CALLBACK
    return {
        "robotId": robot.robot_id,
        "robotUuid": robot.robot_uuid,
        "robotName": robot.name,
        "type": kind,
        "status": kind,
        "timestamp": _iso(changed_ms),
        "onlineTime": _iso(period.online_at_ms),
        "offlineTime": None if ended_ms is None else _iso(ended_ms),
        "onlineSeconds": (changed_ms - period.online_at_ms) // 1000,
    }


def wecom_text(robot: Robot, period: OnlinePeriod, is_online: bool, zone: tzinfo) -> dict[str, Any]:
    """The same for people in a WeCom group. It names no id: the id is what opens the robot's socket."""
    moment_ms = period.online_at_ms if is_online else (period.offline_at_ms or period.online_at_ms)
    moment = datetime.fromtimestamp(moment_ms / 1000, zone).strftime("%Y-%m-%d %H:%M:%S")
    content = f"机器人「{robot.name}」已{'上线' if is_online else '下线'}（{moment}）"
    return {"msgtype": "text", "text": {"content": content}}


def group_qr_payload(robot: Robot, code: GroupCode) -> dict[str, Any]:
    """A group's QR code, among the fields that WorkTool's callbacks have."""
    return {
        "robotId": robot.robot_id,
        "robotUuid": robot.robot_uuid,
        "messageId": code.code_id,
        "errorCode": 0,
        "errorReason": "",
        "runTime": code.seen_at_ms,
        "timeCost": 0,
        "type": _GROUP_QR_CODE,
        "groupName": code.group_name,
        "groupRemark": code.group_remark,
        "qrCode": code.qr_code,
        "timestamp": _iso(code.seen_at_ms),
    }


def _is_wecom_webhook(url: str) -> bool:
    parts = urlsplit(url)
    return (parts.hostname, parts.path) == (_WECOM_WEBHOOK_HOST, _WECOM_WEBHOOK_PATH)


def _iso(epoch_ms: int) -> str:
    moment = datetime.fromtimestamp(epoch_ms / 1000, UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
