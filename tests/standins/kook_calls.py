"""The calls of a stand-in KOOK: for each its method, its parameters as documented, and what it does to the world.

Parameters as in the developer documentation's http/*.md of KOOK.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from tests.standins.kook_cards import BadCard, check_cards
from tests.standins.kook_world import KookWorld, Member, Refused

Arguments = dict[str, Any]
Handler = Callable[[KookWorld, str, Arguments], Any]

_PAGING = {"page": int, "page_size": int}
_CURSOR = {"msg_id": str, "flag": str, "page_size": int}
_SEND = {"type": int, "quote": str, "nonce": str, "template_id": str}


@dataclass(frozen=True)
class Call:
    """``required`` and ``optional`` map parameter names to types; numbers of a query arrive as digits."""

    method: str
    handle: Handler
    required: dict[str, type] = field(default_factory=dict)
    optional: dict[str, type] = field(default_factory=dict)
    is_upload: bool = False

    def check(self, arguments: Arguments) -> Arguments:
        """The arguments with query digits as numbers. Raises Refused for a missing, unknown or mistyped one."""
        known = {**self.required, **self.optional}
        for name in self.required:
            if arguments.get(name) in (None, ""):
                raise Refused(40000, f"缺少参数 {name}")
        checked = {}
        for name, value in arguments.items():
            if name not in known:
                raise Refused(40000, f"未知参数 {name}")
            if known[name] is int and self.method == "GET" and str(value).isdecimal():
                value = int(value)
            if type(value) is not known[name]:
                raise Refused(40000, f"参数 {name} 类型错误")
            checked[name] = value
        return checked


def guild_list(world: KookWorld, user_id: str, arguments: Arguments) -> Any:
    guilds = [guild.record for guild in world.guilds.values() if user_id in guild.members]
    guilds.sort(key=lambda guild: int(guild["id"]), reverse=arguments.get("sort") == "-id")
    return world.page_of(guilds, arguments)


def guild_view(world: KookWorld, user_id: str, arguments: Arguments) -> Any:
    guild = world.guild(arguments["guild_id"])
    channels = [channel for channel in world.channels.values() if channel["guild_id"] == arguments["guild_id"]]
    return {**guild.record, "roles": list(guild.roles.values()), "channels": channels, "features": []}


def guild_user_list(world: KookWorld, user_id: str, arguments: Arguments) -> Any:
    guild = world.guild(arguments["guild_id"])
    if "channel_id" in arguments:
        world.channel(arguments["channel_id"])
    found = [
        _as_member(member)
        for member in guild.members.values()
        if _matches(member, arguments.get("search", "")) and arguments.get("role_id", None) in (None, *member.roles)
    ]
    page = world.page_of(found, arguments)
    return {**page, "user_count": len(guild.members), "online_count": len(found), "offline_count": 0}


def _matches(member: Member, search: str) -> bool:
    return search in member.user["username"] or search in member.nickname or search == member.user["id"]


def _as_member(member: Member) -> dict[str, Any]:
    return {**member.user, "nickname": member.nickname or member.user["username"], "roles": member.roles}


def guild_kickout(world: KookWorld, user_id: str, arguments: Arguments) -> Any:
    world.member(arguments["guild_id"], arguments["target_id"])
    del world.guild(arguments["guild_id"]).members[arguments["target_id"]]
    return {}


def guild_nickname(world: KookWorld, user_id: str, arguments: Arguments) -> Any:
    nickname = arguments.get("nickname", "")
    if nickname and not 2 <= len(nickname) <= 64:
        raise Refused(40000, "昵称长度错误")
    world.member(arguments["guild_id"], arguments.get("user_id") or user_id).nickname = nickname
    return {}


def guild_role_list(world: KookWorld, user_id: str, arguments: Arguments) -> Any:
    return world.page_of(list(world.guild(arguments["guild_id"]).roles.values()), arguments)


def guild_role_create(world: KookWorld, user_id: str, arguments: Arguments) -> Any:
    guild = world.guild(arguments["guild_id"])
    role = {
        "role_id": 5000 + world.next_number(),
        "name": arguments.get("name", "新角色"),
        "color": 0,
        "position": len(guild.roles) + 1,
        "hoist": 0,
        "mentionable": 0,
        "permissions": 148691464,
    }
    guild.roles[role["role_id"]] = role
    return [role]  # a list of one, as documented


def guild_role_update(world: KookWorld, user_id: str, arguments: Arguments) -> Any:
    role = world.role(arguments["guild_id"], arguments["role_id"])
    for name in ("hoist", "mentionable"):
        if arguments.get(name, 0) not in (0, 1):
            raise Refused(40000, f"参数 {name} 只能为 0 或 1")
    role.update({name: value for name, value in arguments.items() if name not in ("guild_id", "role_id")})
    return role


def guild_role_delete(world: KookWorld, user_id: str, arguments: Arguments) -> Any:
    world.role(arguments["guild_id"], arguments["role_id"])
    guild = world.guild(arguments["guild_id"])
    del guild.roles[arguments["role_id"]]
    for member in guild.members.values():
        member.roles = [role_id for role_id in member.roles if role_id != arguments["role_id"]]
    return {}


def guild_role_grant(world: KookWorld, user_id: str, arguments: Arguments) -> Any:
    world.role(arguments["guild_id"], arguments["role_id"])
    member = world.member(arguments["guild_id"], arguments["user_id"])
    if arguments["role_id"] not in member.roles:
        member.roles.append(arguments["role_id"])
    return {"user_id": arguments["user_id"], "guild_id": arguments["guild_id"], "roles": member.roles}


def guild_role_revoke(world: KookWorld, user_id: str, arguments: Arguments) -> Any:
    world.role(arguments["guild_id"], arguments["role_id"])
    member = world.member(arguments["guild_id"], arguments["user_id"])
    member.roles = [role_id for role_id in member.roles if role_id != arguments["role_id"]]
    return {"user_id": arguments["user_id"], "guild_id": arguments["guild_id"], "roles": member.roles}


def channel_list(world: KookWorld, user_id: str, arguments: Arguments) -> Any:
    world.guild(arguments["guild_id"])
    wanted = (0, arguments.get("type", 1))
    found = [
        {key: value for key, value in channel.items() if key != "guild_id"}  # the list leaves the guild out
        for channel in world.channels.values()
        if channel["guild_id"] == arguments["guild_id"]
        and channel["type"] in wanted
        and arguments.get("parent_id") in (None, channel["parent_id"])
    ]
    return world.page_of(found, arguments)


def channel_view(world: KookWorld, user_id: str, arguments: Arguments) -> Any:
    channel = world.channel(arguments["target_id"])
    if arguments.get("need_children") != "true":
        return channel
    children = [each["id"] for each in world.channels.values() if each["parent_id"] == channel["id"]]
    return {**channel, "children": children}


def _send(world: KookWorld, place: str, author_id: str, arguments: Arguments) -> Any:
    if not arguments["content"].strip():
        raise Refused(40000, "消息内容不能为空")
    if len(arguments["content"]) > 20000:
        raise Refused(40014, "消息过长")
    if arguments.get("quote"):
        world.message(arguments["quote"])
    message = world.add_message(
        place,
        arguments["content"],
        author_id=author_id,
        type=arguments.get("type", 9),
        quote=arguments.get("quote"),
    )
    world.nonces[message["id"]] = arguments.get("nonce", "")
    return {"msg_id": message["id"], "msg_timestamp": message["create_at"], "nonce": arguments.get("nonce", "")}


def message_create(world: KookWorld, user_id: str, arguments: Arguments) -> Any:
    world.channel(arguments["target_id"])
    if arguments.get("type", 9) in (2, 3, 4, 8) and arguments["content"] not in world.assets:
        raise Refused(40000, "找不到资源")
    if arguments.get("type", 9) == 10:
        try:
            check_cards(arguments["content"], world.assets)
        except BadCard as problem:
            raise Refused(40000, str(problem)) from None
    return _send(world, arguments["target_id"], user_id, arguments)


def message_update(world: KookWorld, user_id: str, arguments: Arguments) -> Any:
    message = world.message(arguments["msg_id"])
    if message["type"] not in (9, 10):
        raise Refused(40000, "消息类型不支持修改")
    message.update(content=arguments["content"], updated_at=int(world.clock() * 1000))
    if "quote" in arguments:
        message["quote"] = {"id": arguments["quote"]} if arguments["quote"] else None
    return []


def message_delete(world: KookWorld, user_id: str, arguments: Arguments) -> Any:
    world.message(arguments["msg_id"])
    del world.messages[arguments["msg_id"]]
    return []


def message_add_reaction(world: KookWorld, user_id: str, arguments: Arguments) -> Any:
    world.message(arguments["msg_id"])
    reactions = world.reactions.setdefault(arguments["msg_id"], [])
    if (user_id, arguments["emoji"]) in reactions:
        raise Refused(40000, "已经回应过")
    reactions.append((user_id, arguments["emoji"]))
    return []


def message_delete_reaction(world: KookWorld, user_id: str, arguments: Arguments) -> Any:
    world.message(arguments["msg_id"])
    reaction = (arguments.get("user_id", user_id), arguments["emoji"])
    if reaction not in world.reactions.get(arguments["msg_id"], []):
        raise Refused(40000, "没有该回应")
    world.reactions[arguments["msg_id"]].remove(reaction)
    return []


def message_pin(world: KookWorld, user_id: str, arguments: Arguments) -> Any:
    if not world.may_pin:
        raise Refused(40300, "你没有权限进行此操作")
    if world.message(arguments["msg_id"])["place"] != arguments["target_id"]:
        raise Refused(40000, "消息不在该频道")
    world.pinned.add(arguments["msg_id"])
    return []


def message_unpin(world: KookWorld, user_id: str, arguments: Arguments) -> Any:
    message_pin(world, user_id, arguments)
    world.pinned.discard(arguments["msg_id"])
    return []


def message_list(world: KookWorld, user_id: str, arguments: Arguments) -> Any:
    world.channel(arguments["target_id"])
    found = world.messages_around(arguments["target_id"], arguments)
    return {"items": [_with_author(world, message) for message in found]}


def message_view(world: KookWorld, user_id: str, arguments: Arguments) -> Any:
    message = world.message(arguments["msg_id"])
    return {**_with_author(world, message), "channel_id": message["place"]}


def _with_author(world: KookWorld, message: dict[str, Any]) -> dict[str, Any]:
    shown = {key: value for key, value in message.items() if key not in ("place", "author_id")}
    mentions = {"mention": [], "mention_all": False, "mention_roles": [], "mention_here": False}
    mention_info = {"mention_part": [], "mention_role_part": []}
    author = world.users.get(message["author_id"], {"id": message["author_id"]})
    return {**shown, **mentions, "author": author, "attachments": None, "mention_info": mention_info, "reactions": []}


def direct_message_create(world: KookWorld, user_id: str, arguments: Arguments) -> Any:
    # Unlike message/create, the default type here is plain text.
    return _send(world, world.chat_code(arguments), user_id, {"type": 1, **arguments})


def direct_message_list(world: KookWorld, user_id: str, arguments: Arguments) -> Any:
    found = world.messages_around(world.chat_code(arguments), arguments)
    return {"items": [_without_author(message) for message in found]}


def direct_message_view(world: KookWorld, user_id: str, arguments: Arguments) -> Any:
    message = world.message(arguments["msg_id"])
    if message["place"] != arguments["chat_code"]:
        raise Refused(40000, "消息不存在")
    return _without_author(message)


def _without_author(message: dict[str, Any]) -> dict[str, Any]:
    shown = {key: value for key, value in message.items() if key != "place"}
    return {**shown, "attachments": False, "mention_info": None, "reactions": []}


def user_chat_create(world: KookWorld, user_id: str, arguments: Arguments) -> Any:
    return _as_chat(world, world.open_chat(arguments["target_id"]))


def user_chat_list(world: KookWorld, user_id: str, arguments: Arguments) -> Any:
    return world.page_of([_as_chat(world, code) for code in world.chats], arguments)


def _as_chat(world: KookWorld, code: str) -> dict[str, Any]:
    target = world.users[world.chats[code]]
    times = {"last_read_time": 0, "latest_msg_time": 0, "unread_count": 0}
    return {"code": code, **times, "target_info": {key: target[key] for key in ("id", "username", "online", "avatar")}}


def user_me(world: KookWorld, user_id: str, arguments: Arguments) -> Any:
    return {**world.users[user_id], "nickname": "", "roles": [], "online": user_id in world.online}


def user_view(world: KookWorld, user_id: str, arguments: Arguments) -> Any:
    user = world.user(arguments["user_id"])
    return _as_member(world.member(arguments["guild_id"], user["id"])) if "guild_id" in arguments else user


def user_online(world: KookWorld, user_id: str, arguments: Arguments) -> Any:
    world.online.add(user_id)
    return {}


def user_offline(world: KookWorld, user_id: str, arguments: Arguments) -> Any:
    world.online.discard(user_id)
    return {}


def user_online_status(world: KookWorld, user_id: str, arguments: Arguments) -> Any:
    is_online = user_id in world.online
    return {"online": is_online, "online_os": ["Webhook"] if is_online else []}


def gateway_index(world: KookWorld, user_id: str, arguments: Arguments) -> Any:
    return {"url": f"wss://gateway.invalid/gateway?compress={arguments.get('compress', 1)}&token=gateway-token"}


def asset_create(world: KookWorld, user_id: str, arguments: Arguments) -> Any:
    file_name, content = arguments["file"]
    suffix = file_name.rsplit(".", 1)[-1] if "." in file_name else "bin"
    url = f"https://img.kookapp.cn/assets/2026-01/{world.next_number():08x}.{suffix}"
    world.assets[url] = content
    return {"url": url}


_GUILD = {"guild_id": str}
_ROLE = {"guild_id": str, "role_id": int}
_ROLE_CHANGES = {"name": str, "color": int, "hoist": int, "mentionable": int, "permissions": int}
_CHAT = {"chat_code": str, "target_id": str}
_UPDATE = {"msg_id": str, "content": str}
_REACTION = {"msg_id": str, "emoji": str}
_PIN = {"msg_id": str, "target_id": str}

CALLS: dict[str, Call] = {
    "gateway/index": Call("GET", gateway_index, {}, {"compress": int}),
    "guild/list": Call("GET", guild_list, {}, {**_PAGING, "sort": str}),
    "guild/view": Call("GET", guild_view, _GUILD),
    "guild/user-list": Call(
        "GET", guild_user_list, _GUILD, {**_PAGING, "channel_id": str, "search": str, "role_id": int}
    ),
    "guild/kickout": Call("POST", guild_kickout, {**_GUILD, "target_id": str}),
    "guild/nickname": Call("POST", guild_nickname, _GUILD, {"nickname": str, "user_id": str}),
    "guild-role/list": Call("GET", guild_role_list, _GUILD, _PAGING),
    "guild-role/create": Call("POST", guild_role_create, _GUILD, {"name": str}),
    "guild-role/update": Call("POST", guild_role_update, _ROLE, _ROLE_CHANGES),
    "guild-role/delete": Call("POST", guild_role_delete, _ROLE),
    "guild-role/grant": Call("POST", guild_role_grant, {**_ROLE, "user_id": str}),
    "guild-role/revoke": Call("POST", guild_role_revoke, {**_ROLE, "user_id": str}),
    "channel/list": Call("GET", channel_list, _GUILD, {**_PAGING, "type": int, "parent_id": str}),
    "channel/view": Call("GET", channel_view, {"target_id": str}, {"need_children": str}),
    "message/create": Call(
        "POST",
        message_create,
        {"target_id": str, "content": str},
        {**_SEND, "temp_target_id": str, "reply_msg_id": str},
    ),
    "message/update": Call("POST", message_update, _UPDATE, {"quote": str, "temp_target_id": str, "template_id": str}),
    "message/delete": Call("POST", message_delete, {"msg_id": str}),
    "message/add-reaction": Call("POST", message_add_reaction, _REACTION),
    "message/delete-reaction": Call("POST", message_delete_reaction, _REACTION, {"user_id": str}),
    "message/pin": Call("POST", message_pin, _PIN),
    "message/unpin": Call("POST", message_unpin, _PIN),
    "message/list": Call("GET", message_list, {"target_id": str}, {**_CURSOR, "pin": int}),
    "message/view": Call("GET", message_view, {"msg_id": str}),
    "direct-message/create": Call("POST", direct_message_create, {"content": str}, {**_CHAT, **_SEND}),
    "direct-message/update": Call("POST", message_update, _UPDATE, {"quote": str, "template_id": str}),
    "direct-message/delete": Call("POST", message_delete, {"msg_id": str}),
    "direct-message/list": Call("GET", direct_message_list, {}, {**_CHAT, **_CURSOR}),
    "direct-message/view": Call("GET", direct_message_view, {"chat_code": str, "msg_id": str}),
    "user-chat/create": Call("POST", user_chat_create, {"target_id": str}),
    "user-chat/list": Call("GET", user_chat_list, {}, _PAGING),
    "asset/create": Call("POST", asset_create, {"file": tuple}, is_upload=True),
    "user/me": Call("GET", user_me),
    "user/view": Call("GET", user_view, {"user_id": str}, {"guild_id": str}),
    "user/online": Call("POST", user_online),
    "user/offline": Call("POST", user_offline),
    "user/get-online-status": Call("GET", user_online_status),
}
