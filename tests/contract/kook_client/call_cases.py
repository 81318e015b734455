"""Every call of the client: how it is made, and the path, parameters and result that have to come of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from shared.kook.client.client import KookClient
from tests.standins.kook_calls import CALLS


@dataclass(frozen=True)
class Case:
    """One call: how the client makes it, and what has to arrive."""

    path: str
    make: Callable[[KookClient, dict[str, Any]], Any]
    query: dict[str, str] = field(default_factory=dict)
    body: dict[str, Any] | None = None
    check: Callable[[Any], bool] = lambda result: result is None

    @property
    def method(self) -> str:
        return CALLS[self.path].method


# {msg_id}, {chat_code} and {role_id} in expected values stand for ids the world gave out.
PAGE = {"page": "2", "page_size": "1"}
CASES = [
    Case("gateway/index", lambda c, w: c.gateway_index(compress=False), {"compress": "0"}, check=lambda r: "=0" in r),
    Case(
        "guild/list",
        lambda c, w: c.guild_list(page=2, page_size=1, sort="-id"),
        {**PAGE, "sort": "-id"},
        check=lambda r: [g["id"] for g in r["items"]] == ["7002"] and r["page_total"] == 3 and r["total"] == 3,
    ),
    Case(
        "guild/view",
        lambda c, w: c.guild_view("7001"),
        {"guild_id": "7001"},
        check=lambda r: r["name"] == "服务器 1" and len(r["channels"]) == 6 and r["roles"][0]["role_id"] == 4001,
    ),
    Case(
        "guild/user-list",
        lambda c, w: c.guild_user_list("7001", channel_id="8001", search="成员 3", role_id=None, page=1, page_size=10),
        {"guild_id": "7001", "channel_id": "8001", "search": "成员 3", "page": "1", "page_size": "10"},
        check=lambda r: [u["nickname"] for u in r["items"]] == ["昵称 3"] and r["user_count"] == 7,
    ),
    Case(
        "guild/user-list",
        lambda c, w: c.guild_user_list("7001", role_id=4001),
        {"guild_id": "7001", "role_id": "4001", "page": "1", "page_size": "50"},
        check=lambda r: [u["id"] for u in r["items"]] == ["30002"] and r["items"][0]["roles"] == [4001],
    ),
    Case(
        "guild/kickout",
        lambda c, w: c.guild_kickout("7001", "30005"),
        body={"guild_id": "7001", "target_id": "30005"},
    ),
    Case(
        "guild/nickname",
        lambda c, w: c.guild_nickname("7001", "新昵称", "30001"),
        body={"guild_id": "7001", "nickname": "新昵称", "user_id": "30001"},
    ),
    Case(
        "guild/nickname",
        lambda c, w: c.guild_nickname("7001"),
        body={"guild_id": "7001", "nickname": ""},
    ),
    Case(
        "guild-role/list",
        lambda c, w: c.guild_role_list("7001", page=1, page_size=5),
        {"guild_id": "7001", "page": "1", "page_size": "5"},
        check=lambda r: r["items"][0]["name"] == "管理员" and r["items"][0]["hoist"] is False,
    ),
    Case(
        "guild-role/create",
        lambda c, w: c.guild_role_create("7001", "值班"),
        body={"guild_id": "7001", "name": "值班"},
        check=lambda r: r["name"] == "值班" and r["role_id"] > 5000,
    ),
    Case(
        "guild-role/update",
        lambda c, w: c.guild_role_update(
            "7001", 4001, name="管理", color=0xFF8800, hoist=True, mentionable=False, permissions=2048
        ),
        body={
            "guild_id": "7001",
            "role_id": 4001,
            "name": "管理",
            "color": 0xFF8800,
            "hoist": 1,
            "mentionable": 0,
            "permissions": 2048,
        },
        check=lambda r: r["color"] == 0xFF8800 and r["hoist"] is True and r["mentionable"] is False,
    ),
    Case(
        "guild-role/delete", lambda c, w: c.guild_role_delete("7001", 4001), body={"guild_id": "7001", "role_id": 4001}
    ),
    Case(
        "guild-role/grant",
        lambda c, w: c.guild_role_grant("7001", "30001", 4001),
        body={"guild_id": "7001", "user_id": "30001", "role_id": 4001},
        check=lambda r: r == {"user_id": "30001", "guild_id": "7001", "roles": [4001]},
    ),
    Case(
        "guild-role/revoke",
        lambda c, w: c.guild_role_revoke("7001", "30002", 4001),
        body={"guild_id": "7001", "user_id": "30002", "role_id": 4001},
        check=lambda r: r["roles"] == [],
    ),
    Case(
        "channel/list",
        lambda c, w: c.channel_list("7001", type=2, page=1, page_size=7),
        {"guild_id": "7001", "type": "2", "page": "1", "page_size": "7"},
        check=lambda r: [(ch["name"], ch["is_category"]) for ch in r["items"]] == [("文字频道", True), ("语音", False)],
    ),
    Case(
        "channel/list",
        lambda c, w: c.channel_list("7001", parent_id="8000"),
        {"guild_id": "7001", "type": "1", "parent_id": "8000", "page": "1", "page_size": "50"},
        check=lambda r: len(r["items"]) == 4,
    ),
    Case(
        "channel/view",
        lambda c, w: c.channel_view("8000", need_children=True),
        {"target_id": "8000", "need_children": "true"},
        check=lambda r: r["children"] == ["8001", "8002", "8003", "8004"] and r["guild_id"] == "7001",
    ),
    Case("channel/view", lambda c, w: c.channel_view("8001"), {"target_id": "8001"}, check=lambda r: r["type"] == 1),
    Case(
        "message/create",
        lambda c, w: c.message_create(
            "8001",
            "**你好** (met)all(met)",
            type=9,
            quote=w["msg_id"],
            nonce="relay-1",
            temp_target_id="30001",
            template_id="77",
            reply_msg_id=w["msg_id"],
        ),
        body={
            "target_id": "8001",
            "content": "**你好** (met)all(met)",
            "type": 9,
            "quote": "{msg_id}",
            "nonce": "relay-1",
            "temp_target_id": "30001",
            "template_id": "77",
            "reply_msg_id": "{msg_id}",
        },
        check=lambda r: len(r["msg_id"]) == 36 and r["msg_timestamp"] == 1_800_000_000_000 and r["nonce"] == "relay-1",
    ),
    Case(
        "message/update",
        lambda c, w: c.message_update(w["msg_id"], "改", quote="", temp_target_id="30001", template_id="77"),
        body={"msg_id": "{msg_id}", "content": "改", "quote": "", "temp_target_id": "30001", "template_id": "77"},
    ),
    Case(
        "message/add-reaction",
        lambda c, w: c.message_add_reaction(w["msg_id"], "👍"),
        body={"msg_id": "{msg_id}", "emoji": "👍"},
    ),
    Case(
        "message/delete-reaction",
        lambda c, w: c.message_delete_reaction(w["msg_id"], "🔥"),
        body={"msg_id": "{msg_id}", "emoji": "🔥"},
    ),
    Case(
        "message/pin",
        lambda c, w: c.message_pin(w["msg_id"], "8001"),
        body={"msg_id": "{msg_id}", "target_id": "8001"},
    ),
    Case(
        "message/unpin",
        lambda c, w: c.message_unpin(w["msg_id"], "8001"),
        body={"msg_id": "{msg_id}", "target_id": "8001"},
    ),
    Case("message/delete", lambda c, w: c.message_delete(w["msg_id"]), body={"msg_id": "{msg_id}"}),
    Case(
        "message/list",
        lambda c, w: c.message_list("8001", msg_id=w["msg_id"], flag="after", page_size=2),
        {"target_id": "8001", "msg_id": "{msg_id}", "flag": "after", "page_size": "2"},
        check=lambda r: [m["content"] for m in r] == ["消息 2", "消息 3"],
    ),
    Case(
        "message/list",
        lambda c, w: c.message_list("8001", pin=1),
        {"target_id": "8001", "pin": "1", "page_size": "50"},
        check=lambda r: len(r) == 10 and r[0]["author"]["username"] == "操作员" and r[0]["attachments"] is None,
    ),
    Case(
        "message/view",
        lambda c, w: c.message_view(w["msg_id"]),
        {"msg_id": "{msg_id}"},
        check=lambda r: r["channel_id"] == "8001" and r["author_id"] == "20001" and r["content"] == "消息 1",
    ),
    Case(
        "direct-message/create",
        lambda c, w: c.direct_message_create("嗨", target_id="30001", nonce="n"),
        body={"target_id": "30001", "content": "嗨", "type": 9, "nonce": "n"},
        check=lambda r: bool(r["msg_id"]),
    ),
    Case(
        "direct-message/create",
        lambda c, w: c.direct_message_create(
            "嗨", chat_code=w["chat_code"], type=1, quote=w["private_id"], template_id="5"
        ),
        body={"chat_code": "{chat_code}", "content": "嗨", "type": 1, "quote": "{private_id}", "template_id": "5"},
        check=lambda r: bool(r["msg_id"]),
    ),
    Case(
        "direct-message/update",
        lambda c, w: c.direct_message_update(w["private_id"], "改", quote="", template_id="5"),
        body={"msg_id": "{private_id}", "content": "改", "quote": "", "template_id": "5"},
    ),
    Case(
        "direct-message/delete", lambda c, w: c.direct_message_delete(w["private_id"]), body={"msg_id": "{private_id}"}
    ),
    Case(
        "direct-message/list",
        lambda c, w: c.direct_message_list(
            chat_code=w["chat_code"], msg_id=w["private_id"], flag="around", page_size=3
        ),
        {"chat_code": "{chat_code}", "msg_id": "{private_id}", "flag": "around", "page_size": "3"},
        check=lambda r: [(m["author"], m["author_id"]) for m in r] == [(None, "30001")],
    ),
    Case(
        "direct-message/list",
        lambda c, w: c.direct_message_list(target_id="30001"),
        {"target_id": "30001", "page_size": "50"},
        check=lambda r: [m["content"] for m in r] == ["私信"],
    ),
    Case(
        "direct-message/view",
        lambda c, w: c.direct_message_view(w["chat_code"], w["private_id"]),
        {"chat_code": "{chat_code}", "msg_id": "{private_id}"},
        check=lambda r: r["content"] == "私信" and r["attachments"] is None and r["mention_info"] == {},
    ),
    Case(
        "user-chat/create",
        lambda c, w: c.user_chat_create("30001"),
        body={"target_id": "30001"},
        check=lambda r: len(r["code"]) == 32 and r["target_info"]["username"] == "成员 1",
    ),
    Case(
        "user-chat/list",
        lambda c, w: c.user_chat_list(page=1, page_size=9),
        {"page": "1", "page_size": "9"},
        check=lambda r: [chat["target_info"]["id"] for chat in r["items"]] == ["30001"],
    ),
    Case("user/me", lambda c, w: c.user_me(), check=lambda r: (r["id"], r["bot"]) == ("10001", True)),
    Case(
        "user/view",
        lambda c, w: c.user_view("30002", "7001"),
        {"user_id": "30002", "guild_id": "7001"},
        check=lambda r: r["nickname"] == "昵称 2" and r["roles"] == [4001],
    ),
    Case("user/online", lambda c, w: c.online(), body={}),
    Case("user/offline", lambda c, w: c.offline(), body={}),
    Case(
        "user/get-online-status",
        lambda c, w: c.online_status(),
        check=lambda r: r == {"online": False, "online_os": []},
    ),
]
