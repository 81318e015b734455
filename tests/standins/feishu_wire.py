"""The envelope of Feishu's answers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import uuid4

from tests.standins.server import Answer


class FeishuRefused(Exception):
    """An answer whose ``code`` is not 0."""

    def __init__(self, code: int, msg: str, status: int = 400) -> None:
        super().__init__(msg)
        self.code = code
        self.msg = msg
        self.status = status


def success(data: Mapping[str, Any]) -> Answer:
    headers = {
        "X-Tt-Logid": uuid4().hex.upper(),
        "x-ogw-ratelimit-limit": "1000",
        "x-ogw-ratelimit-remaining": "999",
    }
    return Answer.of_json({"code": 0, "msg": "success", "data": data}, headers=headers)


def failure(code: int, msg: str, status: int = 400, headers: Mapping[str, str] | None = None) -> Answer:
    log_id = uuid4().hex.upper()
    body = {"code": code, "msg": msg, "error": {"log_id": log_id}}
    return Answer.of_json(body, status, {"X-Tt-Logid": log_id, **(headers or {})})
