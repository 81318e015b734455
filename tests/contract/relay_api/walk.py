"""The relay under the walk: every call is held against the OpenAPI document, whatever the test asks about it."""

from __future__ import annotations

import copy
import itertools
import json
import uuid
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import requests

from tests.contract.relay_api.entries import Entry
from tests.documented import Documented
from tests.e2e.stage import VERIFY_TOKEN, Relay
from tests.embedded import REPOSITORY_ROOT, eventually
from tests.standins import discord, feishu, telegram, telegram_chats
from tests.standins.kook_world import DEFAULT_BOT_TOKEN

FIRST_PASSWORD = "walk-first-password"
UNKNOWN_ID = 900_000_001
GUILD_ID = "7001"
_TEXT_EVENT = REPOSITORY_ROOT / "events" / "kook" / "text.json"
_FAST = [{"requests": 1000, "per_seconds": 1}]


@dataclass(frozen=True, slots=True)
class Call:
    """One request for an entry; ``afterwards`` are requests that undo what it did to everybody."""

    path_params: dict[str, Any] = field(default_factory=dict)
    query: dict[str, Any] = field(default_factory=dict)
    body: Any = None
    afterwards: tuple[tuple[str, str, Any], ...] = ()


class Walk:
    """``token`` None sends none; "" the right one."""

    def __init__(self, relay: Relay, documented: Documented) -> None:
        self.relay = relay
        self.password = FIRST_PASSWORD
        self._documented = documented
        self._numbers = itertools.count(1)
        self._has_relayed = False

    # --- calling ---

    def send(
        self, entry: Entry, call: Call, *, token: str | None = "", language: str = "zh-CN", slash: str = ""
    ) -> requests.Response:
        raw = None if call.body is None else json.dumps(call.body, ensure_ascii=False).encode()
        return self.send_raw(entry, call, raw, token=token, language=language, slash=slash)

    def send_raw(
        self,
        entry: Entry,
        call: Call,
        raw_body: bytes | None,
        *,
        token: str | None = "",
        language: str = "zh-CN",
        slash: str = "",
    ) -> requests.Response:
        path = entry.path.format(**call.path_params) + slash
        return self.request(entry.method, path, raw_body, token=token, language=language, params=call.query)

    def request(
        self,
        method: str,
        path: str,
        raw_body: bytes | None = None,
        *,
        token: str | None = "",
        language: str = "zh-CN",
        params: dict[str, Any] | None = None,
        media_type: str = "application/json",
    ) -> requests.Response:
        headers = {"Accept-Language": language}
        if token is not None:
            headers["X-API-Token"] = token or self.relay.stack.api_token
        if raw_body is not None:
            headers["Content-Type"] = media_type
        answer = self.relay.http.request(
            method, self.relay.stack.base_url + path, data=raw_body, headers=headers, params=params, timeout=60
        )
        self._documented.check(
            method,
            urlsplit(answer.url).path,
            answer.status_code,
            answer.headers.get("Content-Type", ""),
            answer.content,
        )
        return answer

    def done(self, method: str, path: str, body: Any = None) -> dict[str, Any]:
        """For preparations: a call that has to succeed."""
        answer = self.request(method, path, None if body is None else json.dumps(body).encode())
        assert answer.ok, f"{method} {path}: {answer.status_code} {answer.text[:500]}"
        found: dict[str, Any] = answer.json() if answer.content else {}
        return found

    def undo(self, call: Call) -> None:
        for method, path, body in call.afterwards:
            self.done(method, path, body)

    def configuration(self) -> list[Any]:
        """What is configured; the same before and after a call that must not do anything. How things stand at
        present is not configured, and changes by itself."""
        at_present = {"connection", "circuit", "destinations"}
        return [
            [{name: value for name, value in row.items() if name not in at_present} for row in rows]
            for rows in (self.done("GET", f"/api/{kind}")["data"] for kind in ("accounts", "bots", "mappings"))
        ]

    # --- preparing ---

    def number(self) -> int:
        return next(self._numbers)

    def new_account(self) -> int:
        body = {
            "email": f"walk{self.number()}@example.com",
            "bot_token": DEFAULT_BOT_TOKEN,
            "verify_token": VERIFY_TOKEN,
        }
        return int(self.done("POST", "/api/accounts", body)["account_id"])

    def new_bot(self, platform: str = "discord") -> int:
        configs = {
            "discord": {"webhook_url": discord.DEFAULT_WEBHOOK_URL, "rate_limits": _FAST},
            "telegram": {"bot_token": telegram.BOT_TOKEN, "chat_id": str(telegram_chats.GROUP_CHAT_ID)},
            "feishu": {"app_id": feishu.APP_ID, "app_secret": feishu.APP_SECRET, "chat_id": feishu.CHAT_ID},
        }
        body = {"platform": platform, "name": f"walk {self.number()}", "config": configs[platform]}
        return int(self.done("POST", "/api/bots", body)["id"])

    def mapping_body(self, example: dict[str, Any]) -> dict[str, Any]:
        """The contract's mapping, from a channel of its own to a bot that is there."""
        return {**example, "kook_channel_id": f"98765432{self.number():04}", "target_bot_id": self.new_bot()}

    def new_mapping(self, example: dict[str, Any]) -> int:
        return int(self.done("POST", "/api/mappings", self.mapping_body(example))["id"])

    def relay_one_message(self) -> None:
        """From KOOK to Discord, until the log says so. The log keeps it, so once is enough."""
        if not self._has_relayed:
            message_id = self.post_message()
            eventually(lambda: self._is_delivered(message_id))
            self._has_relayed = True

    def post_message(self) -> str:
        """As KOOK posts it, for an account and a channel of its own that lead to Discord; the message's id."""
        account_id, bot_id, channel_id = self.new_account(), self.new_bot(), f"58234000{self.number():08}"
        mapping = {
            "kook_server_id": GUILD_ID,
            "kook_channel_id": channel_id,
            "kook_channel_name": "聊天大厅",
            "target_platform": "discord",
            "target_bot_id": bot_id,
            "target_channel_id": discord.DEFAULT_CHANNEL_ID,
        }
        self.done("POST", "/api/mappings", mapping)
        frame = copy.deepcopy(json.loads(_TEXT_EVENT.read_text("utf-8")))
        message_id = str(uuid.uuid4())
        frame["d"] |= {"target_id": channel_id, "msg_id": message_id, "verify_token": VERIFY_TOKEN}
        body = json.dumps(frame).encode()
        # The receiver learns of a new account within seconds; KOOK posts again as well.
        eventually(lambda: self.relay.post(f"/webhook/{account_id}", body).status_code == 200)
        return message_id

    def _is_delivered(self, message_id: str) -> bool:
        rows = self.done("GET", "/api/logs?status=success")["data"]
        return any(row["kook_message_id"] == message_id for row in rows)

    def sign_in(self) -> str:
        return str(self.done("POST", "/api/auth/login", {"password": self.password})["token"])

    def new_backup(self) -> str:
        return str(self.done("POST", "/api/backup/create")["backup_id"])
