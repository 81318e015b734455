"""What a socket answers to a message: pong, authentication, and errors in the form of the relay's HTTP errors."""

from __future__ import annotations

import json
from enum import StrEnum
from typing import Any, NamedTuple

from shared.push.connections import Language

MAX_MESSAGE_CHARACTERS = 16_384


class SocketProblem(StrEnum):
    """The stable codes of ``{"type": "error"}``."""

    INVALID_JSON = "INVALID_JSON"
    INVALID_MESSAGE = "INVALID_MESSAGE"
    MESSAGE_TOO_LARGE = "MESSAGE_TOO_LARGE"
    UNKNOWN_TYPE = "UNKNOWN_TYPE"
    UNAUTHORIZED = "UNAUTHORIZED"
    INVALID_TOKEN = "INVALID_TOKEN"  # noqa: S105 - a code, not a token
    CONNECTION_ENDED = "CONNECTION_ENDED"
    UNAVAILABLE = "SERVICE_UNAVAILABLE"


class _Texts(NamedTuple):
    message_zh: str
    message_en: str
    solution_zh: str
    solution_en: str


_RECONNECT_ZH, _RECONNECT_EN = "请重新连接并提供令牌", "Connect again and give a token"
PROBLEMS: dict[SocketProblem, _Texts] = {
    SocketProblem.INVALID_JSON: _Texts(
        "消息不是有效的 JSON",
        "The message is not valid JSON",
        '发送一个 JSON 对象，例如 {"type":"ping"}',
        'Send one JSON object, such as {"type":"ping"}',
    ),
    SocketProblem.INVALID_MESSAGE: _Texts(
        "消息必须是带有字符串 type 的 JSON 对象",
        "The message must be a JSON object with a text named type",
        '例如 {"type":"ping"}；auth 还需要字符串 token',
        'For example {"type":"ping"}; auth also needs a text named token',
    ),
    SocketProblem.MESSAGE_TOO_LARGE: _Texts(
        f"消息超过 {MAX_MESSAGE_CHARACTERS} 个字符",
        f"The message is longer than {MAX_MESSAGE_CHARACTERS} characters",
        "请缩短消息",
        "Make the message shorter",
    ),
    SocketProblem.UNKNOWN_TYPE: _Texts(
        "不支持这种消息类型", "Messages of this type are not known", "可用：ping、auth", "Use one of: ping, auth"
    ),
    SocketProblem.UNAUTHORIZED: _Texts(
        "未授权：缺少令牌",
        "Unauthorized: no token was given",
        '请在连接后 10 秒内发送 {"type":"auth","token":"…"}',
        'Send {"type":"auth","token":"…"} within 10 seconds of connecting',
    ),
    SocketProblem.INVALID_TOKEN: _Texts(
        "未授权：令牌无效或已过期", "Unauthorized: the token is wrong or has expired", _RECONNECT_ZH, _RECONNECT_EN
    ),
    SocketProblem.CONNECTION_ENDED: _Texts(
        "该连接已过期或未通过认证", "This connection has expired or is not authenticated", _RECONNECT_ZH, _RECONNECT_EN
    ),
    SocketProblem.UNAVAILABLE: _Texts(
        "服务暂时不可用", "The service is unavailable for the moment", "请稍后重试", "Please try again shortly"
    ),
}


def error_answer(problem: SocketProblem, language: Language, now: float) -> dict[str, Any]:
    """``{"type": "error", error_code, error_message, solution, timestamp}``; ``now`` is epoch seconds."""
    texts = PROBLEMS[problem]
    english = language == "en"
    return {
        "type": "error",
        "error_code": problem.value,
        "error_message": texts.message_en if english else texts.message_zh,
        "solution": texts.solution_en if english else texts.solution_zh,
        "timestamp": _milliseconds(now),
    }


def pong_answer(now: float) -> dict[str, Any]:
    """``timestamp`` is milliseconds since the epoch."""
    return {"type": "pong", "timestamp": _milliseconds(now)}


def auth_answer(now: float) -> dict[str, Any]:
    return {"type": "auth", "success": True, "timestamp": _milliseconds(now)}


class MessageRefused(Exception):
    """The message cannot be understood; ``problem`` says why."""

    def __init__(self, problem: SocketProblem) -> None:
        super().__init__(problem.value)
        self.problem = problem


def read_message(text: str) -> dict[str, Any]:
    """A client's message as an object with a text ``type``. The bare word ``ping`` counts as one.

    Raises:
        MessageRefused
    """
    if len(text) > MAX_MESSAGE_CHARACTERS:
        raise MessageRefused(SocketProblem.MESSAGE_TOO_LARGE)
    if text.strip() == "ping":
        return {"type": "ping"}
    try:
        message = json.loads(text)
    except (ValueError, RecursionError):
        raise MessageRefused(SocketProblem.INVALID_JSON) from None
    if not isinstance(message, dict) or not isinstance(message.get("type"), str):
        raise MessageRefused(SocketProblem.INVALID_MESSAGE)
    return message


def _milliseconds(now: float) -> int:
    return int(now * 1000)
