"""The WorkTool client's frames, and what they are here. Pure.

WorkTool is an open-source Android client for WeCom (github.com/gallonyin/worktool, v2.8.1: WeworkMessageListBean). A
frame is ``{socketType, messageId, list}``: 0 heartbeat, 1 confirmation, 2 messages or commands, 3 results. Heartbeats
may come without a socketType (``{"type": 11}``, ``{"td": …}``), and none of them is answered.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from shared.robots.command_states import OPERATION_TYPE, CommandResult
from shared.robots.models import Command

CONFIRMATION, COMMANDS, RESULTS = 1, 2, 3
SEND_TEXT, SEND_FILE, RECEIVED_MESSAGES = 203, 218, 101
_SENT_BY_OTHERS = 0
_REPORTED_TEXT_TYPES = frozenset({0, 1, 2, 3, 5, 7, 8, 9, 13, 15})
_MAX_REASON_CHARACTERS = 2000
_MAX_NAME_CHARACTERS = 256
_MAX_ID_CHARACTERS = 64
ENCRYPTED = 1
_MAX_SPOKEN_CHARACTERS = 20_000
_MAX_REPORTED_MS = 2**53 - 1
_MAX_RESULT_NAMES = 100
# With the largest command and the largest result it still fits into one stored record.
MAX_META_BYTES = 32 * 1024
# The client passes over a message id that it saw within the last half minute, so a repeated command has another one.
_TRY_MARK = "~"


def worktool_command(command: Command) -> dict[str, Any]:
    """A command as the client takes it: ``messageId`` is the command's id, from the second try on with
    the number of the try."""
    params = command.params
    item: dict[str, Any] = {"titleList": list(params.get("titleList", ()))}
    if command.command_type == OPERATION_TYPE:
        item = dict(params)
    elif params.get("type") == "text":
        item |= {"type": SEND_TEXT, "receivedContent": params.get("content", "")}
        if params.get("atList"):
            item["atList"] = list(params["atList"])
    else:
        item |= {"type": SEND_FILE} | {name: params[name] for name in ("objectName", "fileUrl", "fileType")}
        if params.get("extraText"):
            item["extraText"] = params["extraText"]
    message_id = f"{command.command_id}{_TRY_MARK}{command.attempts}" if command.attempts > 1 else command.command_id
    return {"socketType": COMMANDS, "messageId": message_id, "list": [item]}


def frame_of(text: str) -> dict[str, Any]:
    """The frame, empty for what is none; its list in the clear where the client encrypted it."""
    try:
        frame = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    if not isinstance(frame, dict):
        return {}
    if frame.get("encryptType") == ENCRYPTED and isinstance(frame.get("encryptedList"), str):
        # Most clients never encrypt: the cipher is loaded for those that do.
        from shared.robots.worktool_crypto import decrypted_list

        return {**frame, "list": decrypted_list(frame["encryptedList"])}
    return frame


def results_of(frame: Mapping[str, Any]) -> tuple[str, CommandResult] | None:
    """The command's id and its result. A command here has one item: the first that failed speaks for all."""
    command_id, items = command_id_of(frame), _objects(frame.get("list"))
    if frame.get("socketType") != RESULTS or not command_id:
        return None
    results = [_result(item) for item in items]
    if not results:
        return None
    return command_id, next((result for result in results if result.error_code != 0), results[0])


def command_id_of(frame: Mapping[str, Any]) -> str:
    """The command that a frame is about, "" for none that was made here."""
    message_id = frame.get("messageId")
    is_one = isinstance(message_id, str) and 1 <= len(message_id) <= _MAX_ID_CHARACTERS
    return str(message_id).partition(_TRY_MARK)[0] if is_one else ""


def reports_of(frame: Mapping[str, Any], robot_id: str, robot_name: str, now_ms: int) -> list[dict[str, Any]]:
    """The messages of a frame as bodies of POST /api/robot/report-message.

    The client sends what is on its screen; who is spoken to is worked out here: ``rawSpoken`` is the last message of
    somebody else, ``spoken`` the same without ``@<robot's name>``, and ``atMe`` says whether it was there.
    """
    if frame.get("socketType") != COMMANDS:
        return []
    reports = (
        _report(item, robot_id, robot_name, now_ms)
        for item in _objects(frame.get("list"))
        if item.get("type") == RECEIVED_MESSAGES
    )
    return [report for report in reports if report is not None]


def _report(item: Mapping[str, Any], robot_id: str, robot_name: str, now_ms: int) -> dict[str, Any] | None:
    from_others = [one for one in _objects(item.get("messageList")) if one.get("sender") == _SENT_BY_OTHERS]
    titles, room_type = _texts(item.get("titleList")), item.get("roomType")
    if not from_others or room_type not in (1, 2, 3, 4) or isinstance(room_type, bool):
        return None
    last = from_others[-1]
    raw = "".join(_texts([one.get("text") for one in _objects(last.get("itemMessageList"))]))[:_MAX_SPOKEN_CHARACTERS]
    mention = f"@{robot_name}"
    at_me = bool(robot_name) and mention in raw
    names = _texts(last.get("nameList"))
    text_type = last.get("textType")
    is_group = room_type in (1, 3)
    moment = datetime.fromtimestamp(now_ms / 1000, UTC).isoformat(timespec="milliseconds")
    return {
        "robotId": robot_id,
        "spoken": raw.replace(mention, "").strip() if at_me else raw,
        "rawSpoken": raw,
        "receivedName": (names[0] if names else titles[-1] if titles else "")[:_MAX_NAME_CHARACTERS],
        "groupName": (titles[-1] if titles and is_group else "")[:_MAX_NAME_CHARACTERS],
        "groupRemark": (titles[0] if len(titles) > 1 and is_group else "")[:_MAX_NAME_CHARACTERS],
        "roomType": room_type,
        "atMe": at_me,
        # Its picture does not come along: the client posts that itself.
        "textType": text_type if isinstance(text_type, int) and text_type in _REPORTED_TEXT_TYPES else 0,
        "timestamp": moment.replace("+00:00", "Z"),
    }


def _result(item: Mapping[str, Any]) -> CommandResult:
    code, seconds = item.get("errorCode"), item.get("timeCost")
    is_code = isinstance(code, int) and not isinstance(code, bool) and abs(code) < 2**31
    spent_ms = None
    if isinstance(seconds, int | float) and not isinstance(seconds, bool) and math.isfinite(seconds) and seconds >= 0:
        spent_ms = min(round(seconds * 1000), _MAX_REPORTED_MS)
    return CommandResult(
        code if isinstance(code, int) and is_code else -1,
        str(item.get("errorReason") or "")[:_MAX_REASON_CHARACTERS],
        spent_ms,
        _names(item.get("successList")),
        _names(item.get("failList")),
        fitting_meta(item.get("metaJson")),
    )


def fitting_meta(value: Any) -> str:
    """What was told beside a result. A text that would have to be cut is left out: it would be no JSON."""
    if not isinstance(value, str) or len(value) > MAX_META_BYTES:
        return ""
    stored = json.dumps(value, ensure_ascii=False).encode("utf-8", "surrogatepass")
    return value if len(stored) <= MAX_META_BYTES else ""


def _names(value: Any) -> tuple[str, ...]:
    return tuple(name[:_MAX_NAME_CHARACTERS] for name in _texts(value)[:_MAX_RESULT_NAMES])


def _objects(value: Any) -> Sequence[Mapping[str, Any]]:
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def _texts(value: Any) -> list[str]:
    return [one for one in value if isinstance(one, str)] if isinstance(value, list) else []
