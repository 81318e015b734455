"""What a third party answers to a callback. Pure."""

from __future__ import annotations

import json
from typing import Any

from shared.robots.send_requests import MAX_CONTENT_CHARACTERS

# WorkTool's number for an answer that is a text (worktool.apifox.cn: doc-861677).
TEXT_ANSWER = 5000


def is_accepted(body: bytes) -> bool:
    """A 2xx counts, unless its JSON says otherwise: ``{"code": 0}`` is the contract's yes, ``{"errcode": 0}`` that of
    WeCom's own webhooks."""
    answer = _object(body)
    return answer.get("code", 0) in (0, 200, "0") and answer.get("errcode", 0) == 0


def answered_text(body: bytes) -> str:
    """The text that a third party has the robot answer with: ``{"data": {"type": 5000, "info": {"text": …}}}``. ""
    where it answers nothing."""
    data = _object(body).get("data")
    info = data.get("info") if isinstance(data, dict) and data.get("type") == TEXT_ANSWER else None
    text = info.get("text") if isinstance(info, dict) else None
    return text.strip()[:MAX_CONTENT_CHARACTERS] if isinstance(text, str) else ""


def _object(body: bytes) -> dict[str, Any]:
    try:
        answer = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return answer if isinstance(answer, dict) else {}
