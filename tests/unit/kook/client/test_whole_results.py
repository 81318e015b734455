"""Every field of KOOK's results keeps its name and its value."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from shared.kook.client import results

USER = {
    "id": "2862900001",
    "username": "米拉",
    "nickname": "Mira",
    "identify_num": "0001",
    "avatar": "https://img.kookapp.cn/avatars/a.png",
    "bot": True,
    "online": True,
    "status": 10,
    "roles": [11, 12],
    "joined_at": 1_700_000_000_001,
    "active_time": 1_700_000_000_002,
}
ROLE = {
    "role_id": 11,
    "name": "管理员",
    "color": 16_711_680,
    "position": 3,
    "hoist": True,
    "mentionable": True,
    "permissions": 8,
}
CHANNEL = {
    "id": "5823400000000001",
    "guild_id": "900",
    "parent_id": "5823400000000000",
    "name": "公告",
    "topic": "读我",
    "type": 1,
    "level": 100,
    "slow_mode": 5000,
    "is_category": True,
    "children": ["5823400000000002"],
}
GUILD = {
    "id": "900",
    "name": "公会",
    "topic": "一起玩",
    "user_id": "2862900001",
    "icon": "https://img.kookapp.cn/icons/i.png",
    "region": "beijing",
    "enable_open": True,
    "open_id": "1600",
    "default_channel_id": "5823400000000001",
    "welcome_channel_id": "5823400000000002",
}
MESSAGE = {
    "id": "m-1",
    "type": 9,
    "content": "**hi**",
    "channel_id": "5823400000000001",
    "author_id": "2862900001",
    "author": USER,
    "create_at": 1_700_000_000_003,
    "updated_at": 1_700_000_000_004,
    "mention": ["2862900002"],
    "mention_all": True,
    "mention_here": True,
    "mention_roles": [11],
    "attachments": {"type": "image", "url": "https://img.kookapp.cn/assets/a.png"},
    "quote": {"id": "m-0"},
    "mention_info": {"mention_part": [{"id": "2862900002", "username": "小明"}]},
    "reactions": [{"emoji": {"id": "[#128077;]"}, "count": 1}],
}
SENT = {"msg_id": "m-1", "msg_timestamp": 1_700_000_000_005, "nonce": "n-1"}
CHAT = {
    "code": "0123456789abcdef0123456789abcdef",
    "last_read_time": 1_700_000_000_006,
    "latest_msg_time": 1_700_000_000_007,
    "unread_count": 2,
    "target_info": USER,
}

WHOLE: list[tuple[Callable[[Any], Any], dict[str, Any]]] = [
    (results.read_user, USER),
    (results.read_online_status, {"online": True, "online_os": ["Webhook"]}),
    (results.read_role, ROLE),
    (results.read_user_roles, {"user_id": "2862900001", "guild_id": "900", "roles": [11]}),
    (results.read_channel, CHANNEL),
    (results.read_guild, GUILD),
    (results.read_guild_detail, {**GUILD, "roles": [ROLE], "channels": [CHANNEL]}),
    (results.read_message, MESSAGE),
    (results.read_sent_message, SENT),
    (results.read_user_chat, CHAT),
]
META = {"page": 2, "page_total": 3, "page_size": 50, "total": 101}
COUNTS = {"user_count": 101, "online_count": 40, "offline_count": 61}


@pytest.mark.parametrize(("read", "whole"), WHOLE, ids=[read.__name__ for read, _ in WHOLE])
def test_a_whole_result_is_read_as_it_is(read: Callable[[Any], Any], whole: dict[str, Any]) -> None:
    assert read(whole) == whole
    assert read({**whole, "undocumented": 1}) == whole


def test_a_page_says_where_it_stands_among_the_others() -> None:
    assert results.read_page({"items": [GUILD], "meta": META}, results.read_guild) == {"items": [GUILD], **META}


def test_a_page_of_users_counts_them() -> None:
    read = results.read_guild_user_page({"items": [USER], "meta": META, **COUNTS})
    assert read == {"items": [USER], **META, **COUNTS}
