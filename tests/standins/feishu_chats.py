"""im/v1/chats of the stand-in for Feishu: the groups the bot is in, page by page."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from jsonschema import Draft202012Validator

from tests.standins.feishu_wire import FeishuRefused
from tests.standins.server import RecordedRequest

CHATS_PATH = "/open-apis/im/v1/chats"
DEFAULT_PAGE_SIZE, MAX_PAGE_SIZE = 20, 100


def page_of_chats(
    request: RecordedRequest, chats: Collection[str], names: Mapping[str, str], schema: Draft202012Validator
) -> dict[str, Any]:
    """The ``data`` of the answer. Only groups (oc_…) are listed; page tokens are positions, and opaque to callers."""
    query: dict[str, Any] = {name: values[0] for name, values in request.query.items()}
    if query.get("page_size", "").isdecimal():
        query["page_size"] = int(query["page_size"])
    problem = next(iter(schema.iter_errors(query)), None)
    size = query.get("page_size", DEFAULT_PAGE_SIZE)
    token = query.get("page_token", "standin-page-0")
    position = token.removeprefix("standin-page-")
    if problem is not None or not 1 <= size <= MAX_PAGE_SIZE or not position.isdecimal():
        raise FeishuRefused(232001, "Your request contains an invalid request parameter.")
    groups = sorted(chat for chat in chats if chat.startswith("oc_"))
    start = int(position)
    end = start + size
    has_more = end < len(groups)
    return {
        "items": [_chat(chat, names.get(chat, "")) for chat in groups[start:end]],
        "page_token": f"standin-page-{end}" if has_more else "",
        "has_more": has_more,
    }


def _chat(chat_id: str, name: str) -> dict[str, Any]:
    return {
        "chat_id": chat_id,
        "avatar": "https://p3-lark-file.byteimg.com/img/lark-avatar-staging/default-avatar.jpg",
        "name": name,
        "description": "",
        "owner_id": "ou_standin_owner",
        "owner_id_type": "open_id",
        "external": False,
        "tenant_key": "standin",
        "chat_status": "normal",
    }
