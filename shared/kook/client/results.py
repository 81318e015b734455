"""What KOOK's calls give back: typed dictionaries, read leniently.

Known keys are always there with the type stated (ids are strings, even where KOOK sends numbers); undocumented ones
are left out, because KOOK reserves the right to change them (reference.md). Only a missing id makes a result
unreadable. Times are milliseconds since the epoch.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from typing import Any, Generic, TypedDict, TypeVar

Item = TypeVar("Item")

WHOLE_NUMBER = re.compile(r"-?[0-9]{1,19}")


class Malformed(ValueError):
    """A result without the field that identifies it; the text names the field."""


class User(TypedDict):
    """A KOOK user as one guild sees them (``nickname``, ``roles``) or on their own. ``status`` 10 means banned."""

    id: str
    username: str
    nickname: str
    identify_num: str
    avatar: str
    bot: bool
    online: bool
    status: int
    roles: list[int]
    joined_at: int
    active_time: int


class OnlineStatus(TypedDict):
    """``online_os`` names the ways it is connected, ``Webhook`` among them."""

    online: bool
    online_os: list[str]


class Role(TypedDict):
    role_id: int
    name: str
    color: int
    position: int
    hoist: bool
    mentionable: bool
    permissions: int


class UserRoles(TypedDict):
    user_id: str
    guild_id: str
    roles: list[int]


class Channel(TypedDict):
    """``type`` 0 is a category, 1 text, 2 voice. ``guild_id`` is "" where KOOK leaves it out (channel/list)."""

    id: str
    guild_id: str
    parent_id: str
    name: str
    topic: str
    type: int
    level: int
    slow_mode: int
    is_category: bool
    children: list[str]


class Guild(TypedDict):
    id: str
    name: str
    topic: str
    user_id: str
    icon: str
    region: str
    enable_open: bool
    open_id: str
    default_channel_id: str
    welcome_channel_id: str


class GuildDetail(Guild):
    roles: list[Role]
    channels: list[Channel]


class Message(TypedDict):
    """A stored message. ``author`` is None in private chats, whose messages carry ``author_id`` alone; nested parts
    are as KOOK sent them. ``channel_id`` is "" in lists."""

    id: str
    type: int
    content: str
    channel_id: str
    author_id: str
    author: User | None
    create_at: int
    updated_at: int
    mention: list[str]
    mention_all: bool
    mention_here: bool
    mention_roles: list[int]
    attachments: dict[str, Any] | None
    quote: dict[str, Any] | None
    mention_info: dict[str, Any]
    reactions: list[Any]


class SentMessage(TypedDict):
    msg_id: str
    msg_timestamp: int
    nonce: str


class UserChat(TypedDict):
    """``code`` is the chat_code of the direct-message calls."""

    code: str
    last_read_time: int
    latest_msg_time: int
    unread_count: int
    target_info: User | None


class Page(TypedDict, Generic[Item]):
    """One page of a list. ``page_total`` and ``total`` are -1 where KOOK sent no paging information."""

    items: list[Item]
    page: int
    page_total: int
    page_size: int
    total: int


class GuildUserPage(Page[User]):
    user_count: int
    online_count: int
    offline_count: int


def read_user(raw: Any) -> User:
    raw = _record(raw)
    return {
        "id": _identity(raw, "id"),
        "username": _text(raw.get("username")),
        "nickname": _text(raw.get("nickname")),
        "identify_num": _text(raw.get("identify_num")),
        "avatar": _text(raw.get("avatar")),
        "bot": _flag(raw.get("bot")),
        "online": _flag(raw.get("online")),
        "status": _number(raw.get("status")),
        "roles": _numbers(raw.get("roles")),
        "joined_at": _number(raw.get("joined_at")),
        "active_time": _number(raw.get("active_time")),
    }


def read_online_status(raw: Any) -> OnlineStatus:
    raw = _record(raw)
    if "online" not in raw:
        raise Malformed("online")
    return {"online": _flag(raw["online"]), "online_os": _texts(raw.get("online_os"))}


def read_role(raw: Any) -> Role:
    """Accepts the role itself and the list of one that guild-role/create is documented to give."""
    if isinstance(raw, list) and len(raw) == 1:
        raw = raw[0]
    raw = _record(raw)
    role_id = _number(raw.get("role_id"), -1)
    if role_id < 0:
        raise Malformed("role_id")
    return {
        "role_id": role_id,
        "name": _text(raw.get("name")),
        "color": _number(raw.get("color")),
        "position": _number(raw.get("position")),
        "hoist": _flag(raw.get("hoist")),
        "mentionable": _flag(raw.get("mentionable")),
        "permissions": _number(raw.get("permissions")),
    }


def read_user_roles(raw: Any) -> UserRoles:
    raw = _record(raw)
    return {
        "user_id": _text(raw.get("user_id")),
        "guild_id": _text(raw.get("guild_id")),
        "roles": _numbers(raw.get("roles")),
    }


def read_channel(raw: Any) -> Channel:
    raw = _record(raw)
    return {
        "id": _identity(raw, "id"),
        "guild_id": _text(raw.get("guild_id")),
        "parent_id": _text(raw.get("parent_id")),
        "name": _text(raw.get("name")),
        "topic": _text(raw.get("topic")),
        "type": _number(raw.get("type")),
        "level": _number(raw.get("level")),
        "slow_mode": _number(raw.get("slow_mode")),
        "is_category": _flag(raw.get("is_category")),
        "children": _texts(raw.get("children")),
    }


def read_guild(raw: Any) -> Guild:
    raw = _record(raw)
    return {
        "id": _identity(raw, "id"),
        "name": _text(raw.get("name")),
        "topic": _text(raw.get("topic")),
        "user_id": _text(raw.get("user_id")),
        "icon": _text(raw.get("icon")),
        "region": _text(raw.get("region")),
        "enable_open": _flag(raw.get("enable_open")),
        "open_id": _text(raw.get("open_id")),
        "default_channel_id": _text(raw.get("default_channel_id")),
        "welcome_channel_id": _text(raw.get("welcome_channel_id")),
    }


def read_guild_detail(raw: Any) -> GuildDetail:
    raw = _record(raw)
    return {
        **read_guild(raw),
        "roles": [read_role(role) for role in _list(raw.get("roles"))],
        "channels": [read_channel(channel) for channel in _list(raw.get("channels"))],
    }


def read_message(raw: Any) -> Message:
    raw = _record(raw)
    author = read_user(raw["author"]) if _is_record_with_id(raw.get("author")) else None
    return {
        "id": _identity(raw, "id"),
        "type": _number(raw.get("type")),
        "content": _text(raw.get("content")),
        "channel_id": _text(raw.get("channel_id")),
        "author_id": author["id"] if author else _text(raw.get("author_id")),
        "author": author,
        "create_at": _number(raw.get("create_at")),
        "updated_at": _number(raw.get("updated_at")),
        "mention": _texts(raw.get("mention")),
        "mention_all": _flag(raw.get("mention_all")),
        "mention_here": _flag(raw.get("mention_here")),
        "mention_roles": _numbers(raw.get("mention_roles")),
        # KOOK writes "none" as null, [] or false (objects.md, direct-message.md).
        "attachments": _dict_or_none(raw.get("attachments")),
        "quote": _dict_or_none(raw.get("quote")),
        "mention_info": _dict_or_none(raw.get("mention_info")) or {},
        "reactions": _list(raw.get("reactions")),
    }


def read_sent_message(raw: Any) -> SentMessage:
    raw = _record(raw)
    return {
        "msg_id": _identity(raw, "msg_id"),
        "msg_timestamp": _number(raw.get("msg_timestamp")),
        "nonce": _text(raw.get("nonce")),
    }


def read_user_chat(raw: Any) -> UserChat:
    raw = _record(raw)
    target = raw.get("target_info")
    return {
        "code": _identity(raw, "code"),
        "last_read_time": _number(raw.get("last_read_time")),
        "latest_msg_time": _number(raw.get("latest_msg_time")),
        "unread_count": _number(raw.get("unread_count")),
        "target_info": read_user(target) if _is_record_with_id(target) else None,
    }


def read_items(raw: Any, read_item: Callable[[Any], Item]) -> list[Item]:
    """The ``items`` of a list; a page without that key is malformed, an empty one is not."""
    raw = _record(raw)
    if not isinstance(raw.get("items"), list):
        raise Malformed("items")
    return [read_item(item) for item in raw["items"]]


def read_page(raw: Any, read_item: Callable[[Any], Item]) -> Page[Item]:
    items = read_items(raw, read_item)
    meta = raw.get("meta")
    meta = meta if isinstance(meta, dict) else {}
    return {
        "items": items,
        "page": _number(meta.get("page"), 1),
        "page_total": _number(meta.get("page_total"), -1),
        "page_size": _number(meta.get("page_size"), -1),
        "total": _number(meta.get("total"), -1),
    }


def read_guild_user_page(raw: Any) -> GuildUserPage:
    page = read_page(raw, read_user)
    return {
        **page,
        "user_count": _number(raw.get("user_count"), -1),
        "online_count": _number(raw.get("online_count"), -1),
        "offline_count": _number(raw.get("offline_count"), -1),
    }


def read_url(raw: Any) -> str:
    """The ``url`` of asset/create and gateway/index."""
    return _identity(_record(raw), "url")


def read_nothing(raw: Any) -> None:
    """Calls that answer {}, [] or null: there is nothing to read."""


def _record(raw: Any) -> dict[str, Any]:
    if not isinstance(raw, dict):
        raise Malformed("data is not an object")
    return raw


def _is_record_with_id(raw: Any) -> bool:
    return isinstance(raw, dict) and bool(_text(raw.get("id")))


def _identity(raw: dict[str, Any], key: str) -> str:
    value = _text(raw.get(key))
    if not value:
        raise Malformed(key)
    return value


def _text(value: Any) -> str:
    if isinstance(value, str):
        return value
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else ""


def _number(value: Any, default: int = 0) -> int:
    if isinstance(value, int) or (isinstance(value, float) and math.isfinite(value)):
        return int(value)
    if isinstance(value, str) and WHOLE_NUMBER.fullmatch(value):
        return int(value)
    return default


def _flag(value: Any) -> bool:
    return isinstance(value, bool | int | str) and value in (1, "1", "true")


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _texts(value: Any) -> list[str]:
    return [text for text in map(_text, _list(value)) if text]


def _numbers(value: Any) -> list[int]:
    """Whole numbers of a list, numeric strings among them; -1 never is an id, so it marks what is neither."""
    return [number for number in (_number(item, -1) for item in _list(value)) if number >= 0]


def _dict_or_none(value: Any) -> dict[str, Any] | None:
    return value if isinstance(value, dict) and value else None
