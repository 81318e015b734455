"""What a stand-in KOOK knows: guilds, channels, roles, users, messages and chats, and the rules its calls keep.

Stricter than the real one on purpose: a parameter KOOK does not document, one in the wrong place or of the wrong type
is refused, so that a client's slip is a failing test. No sockets here; kook.py serves it over HTTP.
"""

from __future__ import annotations

import itertools
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

DEFAULT_BOT_TOKEN = "1/MTAwMDE=/stand-in-bot-token=="
DEFAULT_USER_TOKEN = "stand-in-user-token"
DEFAULT_PIPE_TOKEN = "stand-in-pipe-token"
CLIENT_ID = "stand-in-client"
CLIENT_SECRET = "stand-in-client-secret"


class Refused(Exception):
    """KOOK's refusal: an envelope with this code, HTTP 200 unless the status says otherwise."""

    def __init__(self, code: int, message: str, status: int = 200) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.status = status


@dataclass
class Member:
    user: dict[str, Any]
    nickname: str = ""
    roles: list[int] = field(default_factory=list)


@dataclass
class GuildState:
    record: dict[str, Any]
    roles: dict[int, dict[str, Any]] = field(default_factory=dict)
    members: dict[str, Member] = field(default_factory=dict)


class KookWorld:
    """The state behind the calls. ``newest_first`` turns the order within message lists round, which KOOK leaves
    undocumented. ``clock`` gives seconds since the epoch."""

    def __init__(self, *, newest_first: bool = False, clock: Callable[[], float] = time.time) -> None:
        self.newest_first = newest_first
        self.clock = clock
        self._ids = itertools.count(1)
        self.users: dict[str, dict[str, Any]] = {}
        self.guilds: dict[str, GuildState] = {}
        self.channels: dict[str, dict[str, Any]] = {}
        self.messages: dict[str, dict[str, Any]] = {}
        self.chats: dict[str, str] = {}
        self.nonces: dict[str, str] = {}
        self.assets: dict[str, bytes] = {}
        self.reactions: dict[str, list[tuple[str, str]]] = {}
        self.pinned: set[str] = set()
        self.may_pin = True
        self.online: set[str] = set()
        self.user_of_token: dict[str, str] = {}
        self.channel_of_pipe: dict[str, str] = {}
        self.authorization_codes: dict[str, str] = {}
        self.bot = self.add_user("10001", "relay-bot", bot=True)
        self.user_of_token[f"Bot {DEFAULT_BOT_TOKEN}"] = "10001"
        self.user_of_token[f"Bearer {DEFAULT_USER_TOKEN}"] = self.add_user("20001", "操作员")["id"]

    # --- building a world ---

    def add_bot(self, token: str, user_id: str, username: str) -> dict[str, Any]:
        self.user_of_token[f"Bot {token}"] = user_id
        return self.add_user(user_id, username, bot=True)

    def add_user(self, user_id: str, username: str, *, bot: bool = False) -> dict[str, Any]:
        user = {
            "id": user_id,
            "username": username,
            "identify_num": "0001",
            "online": True,
            "os": "Websocket",
            "status": 1,
            "avatar": f"https://img.kookapp.cn/avatars/{user_id}.jpg",
            "bot": bot,
            "tag_info": {"color": "#0096FF", "text": "x"},
        }
        self.users[user_id] = user
        return user

    def add_guild(self, guild_id: str, name: str) -> GuildState:
        record = {
            "id": guild_id,
            "name": name,
            "topic": "",
            "user_id": "20001",
            "icon": f"https://img.kookapp.cn/icons/{guild_id}.png",
            "notify_type": 2,
            "region": "beijing",
            "enable_open": False,
            "open_id": "0",
            "default_channel_id": "0",
            "welcome_channel_id": "0",
        }
        guild = self.guilds[guild_id] = GuildState(record)
        for user in (self.bot, self.users["20001"]):
            guild.members[user["id"]] = Member(user)
        return guild

    def add_channel(
        self,
        guild_id: str,
        channel_id: str,
        name: str,
        *,
        type: int = 1,
        parent_id: str = "",
        is_category: bool = False,
    ) -> dict[str, Any]:
        channel = {
            "id": channel_id,
            "guild_id": guild_id,
            "user_id": "20001",
            "parent_id": parent_id,
            "name": name,
            "topic": "",
            "type": 0 if is_category else type,
            "level": 100,
            "slow_mode": 0,
            "limit_amount": 0,
            "is_category": is_category,
        }
        self.channels[channel_id] = channel
        return channel

    def add_message(
        self,
        place: str,
        content: str,
        *,
        author_id: str = "20001",
        type: int = 9,
        quote: str | None = None,
        create_at: int | None = None,
    ) -> dict[str, Any]:
        """Put a message into a channel (its id) or a private chat (its chat_code)."""
        message = {
            "id": str(uuid.uuid4()),
            "type": type,
            "content": content,
            "place": place,
            "author_id": author_id,
            "create_at": int(self.clock() * 1000) if create_at is None else create_at,
            "updated_at": 0,
            "quote": {"id": quote} if quote else None,
        }
        self.messages[message["id"]] = message
        return message

    def populate(self, *, guilds: int = 3, channels: int = 4, members: int = 5, messages: int = 10) -> None:
        """A world with numbered ids: guilds 7001…, the first guild's text channels 8001…, its members 30001…."""
        for number in range(1, guilds + 1):
            self.add_guild(str(7000 + number), f"服务器 {number}")
        self.add_channel("7001", "8000", "文字频道", is_category=True)
        for number in range(1, channels + 1):
            self.add_channel("7001", str(8000 + number), f"频道 {number}", parent_id="8000")
        self.add_channel("7001", "8900", "语音", type=2)
        for number in range(1, members + 1):
            user = self.add_user(str(30000 + number), f"成员 {number}")
            self.guilds["7001"].members[user["id"]] = Member(user, nickname=f"昵称 {number}")
        for number in range(1, messages + 1):
            self.add_message("8001", f"消息 {number}", create_at=1_700_000_000_000 + number * 1000)

    # --- what handlers share ---

    def next_number(self) -> int:
        return next(self._ids)

    def guild(self, guild_id: str) -> GuildState:
        if guild_id not in self.guilds:
            raise Refused(40000, "服务器不存在")
        return self.guilds[guild_id]

    def channel(self, channel_id: str) -> dict[str, Any]:
        if channel_id not in self.channels:
            raise Refused(40000, "频道不存在")
        return self.channels[channel_id]

    def user(self, user_id: str) -> dict[str, Any]:
        if user_id not in self.users:
            raise Refused(40000, "用户不存在")
        return self.users[user_id]

    def member(self, guild_id: str, user_id: str) -> Member:
        members = self.guild(guild_id).members
        if user_id not in members:
            raise Refused(40000, "用户不在服务器中")
        return members[user_id]

    def role(self, guild_id: str, role_id: int) -> dict[str, Any]:
        roles = self.guild(guild_id).roles
        if role_id not in roles:
            raise Refused(40000, "角色不存在")
        return roles[role_id]

    def message(self, msg_id: str) -> dict[str, Any]:
        if msg_id not in self.messages:
            raise Refused(40000, "消息不存在")
        return self.messages[msg_id]

    def chat_code(self, arguments: dict[str, Any]) -> str:
        """The private chat that chat_code or target_id names, opened for the latter when it is not yet."""
        if "chat_code" in arguments:
            if arguments["chat_code"] not in self.chats:
                raise Refused(40000, "会话不存在")
            return str(arguments["chat_code"])
        if "target_id" not in arguments:
            raise Refused(40000, "chat_code 与 target_id 必须传一个")
        return self.open_chat(arguments["target_id"])

    def open_chat(self, user_id: str) -> str:
        self.user(user_id)
        for code, target in self.chats.items():
            if target == user_id:
                return code
        code = f"{self.next_number():032x}"
        self.chats[code] = user_id
        return code

    def messages_around(self, place: str, arguments: dict[str, Any]) -> list[dict[str, Any]]:
        """A batch of a place's messages: the newest, or by flag before, around or after msg_id."""
        size = min(int(arguments.get("page_size", 50)), 50)
        stored = sorted((m for m in self.messages.values() if m["place"] == place), key=lambda m: m["create_at"])
        flag, reference = arguments.get("flag"), arguments.get("msg_id")
        if flag not in (None, "before", "around", "after"):
            raise Refused(40000, "flag 错误")
        if reference is None or flag is None:
            batch = stored[-size:]
        else:
            ids = [message["id"] for message in stored]
            if reference not in ids:
                raise Refused(40000, "消息不存在")
            at = ids.index(reference)
            if flag == "before":
                batch = stored[max(at - size, 0) : at]
            elif flag == "after":
                batch = stored[at + 1 : at + 1 + size]
            else:
                batch = stored[max(at - size // 2, 0) : at + size // 2 + 1]
        return batch[::-1] if self.newest_first else batch

    def page_of(self, items: list[Any], arguments: dict[str, Any]) -> dict[str, Any]:
        page, size = int(arguments.get("page", 1)), min(int(arguments.get("page_size", 50)), 50)
        if page < 1 or size < 1:
            raise Refused(40000, "分页参数错误")
        start = (page - 1) * size
        meta = {"page": page, "page_total": -(-len(items) // size), "page_size": size, "total": len(items)}
        return {"items": items[start : start + size], "meta": meta, "sort": []}
