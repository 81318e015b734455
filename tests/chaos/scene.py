"""A relay with six destinations on five platforms, one of them dead, and a KOOK that pushes until it is heard."""

from __future__ import annotations

import random
import re
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import requests

from tests.chaos.faults import play_at_random
from tests.embedded import EmbeddedStack, eventually
from tests.standins import discord, feishu, telegram, telegram_chats
from tests.standins.assets import AssetStandIn
from tests.standins.discord import DiscordStandIn
from tests.standins.feishu import FeishuStandIn
from tests.standins.kook import KookStandIn
from tests.standins.kook_world import DEFAULT_BOT_TOKEN
from tests.standins.server import StandInServer
from tests.standins.telegram import TelegramStandIn
from tests.standins.webhook_receiver import DEFAULT_SECRET, WebhookReceiverStandIn

SOURCE_CHANNEL, TARGET_CHANNEL = "8002", "8001"
VERIFY_TOKEN = "vt-EXAMPLE"
# The relay and its stand-ins keep the same, raised limits: pacing has tests of its own.
RATE_LIMITS = [{"requests": 1000, "per_seconds": 1}]
_NUMBER = re.compile(r"chaos (\d+) ")
_POST_DEADLINE_SECONDS = 120.0


@dataclass
class Chaos:
    stack: EmbeddedStack
    platforms: Mapping[str, StandInServer]
    kook: KookStandIn
    dice: random.Random
    mapping_ids: dict[str, int] = field(default_factory=dict)
    bot_ids: dict[str, int] = field(default_factory=dict)
    said: int = 0
    kills: int = 0
    _last_ms: int = 0

    # --- the operator ---

    def call(self, method: str, path: str, body: Any = None) -> requests.Response:
        return requests.request(method, self.stack.base_url + path, json=body, headers=self.stack.headers, timeout=30)

    def configure(self) -> None:
        account = {"email": "chaos@example.com", "verify_token": VERIFY_TOKEN, "bot_token": DEFAULT_BOT_TOKEN}
        assert self.call("POST", "/api/accounts", account).status_code == 201
        receiver = self.platforms["webhook"]
        assert isinstance(receiver, WebhookReceiverStandIn)
        dead_hook = discord.DEFAULT_WEBHOOK_URL.replace("webhooks/", "webhooks/9")
        destinations: list[tuple[str, str, dict[str, Any], str]] = [
            ("discord", "discord", {"webhook_url": discord.DEFAULT_WEBHOOK_URL}, ""),
            ("dead", "discord", {"webhook_url": dead_hook}, ""),
            (
                "telegram",
                "telegram",
                {"bot_token": telegram.BOT_TOKEN, "chat_id": str(telegram_chats.GROUP_CHAT_ID)},
                "",
            ),
            ("feishu", "feishu", {"app_id": feishu.APP_ID, "app_secret": feishu.APP_SECRET}, feishu.CHAT_ID),
            ("kook", "kook", {"bot_token": DEFAULT_BOT_TOKEN}, TARGET_CHANNEL),
            ("webhook", "webhook", {"url": receiver.url, "secret": DEFAULT_SECRET}, "archive"),
        ]
        for name, platform, config, target in destinations:
            wanted = {"platform": platform, "name": name, "config": {**config, "rate_limits": RATE_LIMITS}}
            bot = self.call("POST", "/api/bots", wanted)
            assert bot.status_code == 201, bot.text
            self.bot_ids[name] = bot.json()["id"]
            mapping = {
                "kook_server_id": "7001",
                "kook_channel_id": SOURCE_CHANNEL,
                "kook_channel_name": "频道 2",
                "target_platform": platform,
                "target_bot_id": bot.json()["id"],
                "target_channel_id": target,
            }
            added = self.call("POST", "/api/mappings", mapping)
            assert added.status_code == 201, added.text
            self.mapping_ids[name] = added.json()["id"]

    def log_rows(self) -> list[dict[str, Any]]:
        """The whole log."""
        rows: list[dict[str, Any]] = []
        cursor = ""
        while True:
            page = self.call("GET", f"/api/logs?limit=500&cursor={cursor}" if cursor else "/api/logs?limit=500").json()
            rows += page["data"]
            cursor = page.get("next_cursor") or ""
            if not cursor:
                return rows

    def wait_until_all_is_closed(self, deadline_seconds: float) -> None:
        wanted = self.said * len(self.mapping_ids)

        def closed() -> bool:
            try:
                answers = [self.call("GET", f"/api/logs?limit=1{query}") for query in ("", "&status=pending")]
            except requests.RequestException:
                return False
            if any(answer.status_code != 200 for answer in answers):
                return False
            everything, pending = (answer.json()["total"] for answer in answers)
            return bool(everything >= wanted and pending == 0)

        eventually(closed, deadline_seconds, 0.5)

    # --- KOOK ---

    def say(self) -> None:
        """One more message: it is in KOOK's history, and its event is pushed until it is taken."""
        self._last_ms = max(self._last_ms + 1, time.time_ns() // 1_000_000)
        message = self.kook.world.add_message(SOURCE_CHANNEL, f"chaos {self.said} 消息", create_at=self._last_ms)
        self.said += 1
        author = self.kook.world.users[message["author_id"]]
        d = {
            "channel_type": "GROUP", "type": 9, "target_id": SOURCE_CHANNEL, "author_id": message["author_id"],
            "content": message["content"], "msg_id": message["id"], "msg_timestamp": message["create_at"],
            "nonce": "", "verify_token": VERIFY_TOKEN,
            "extra": {"type": 9, "guild_id": "7001", "channel_name": "频道 2", "author": author, "mention": []},
        }  # fmt: skip
        deadline = time.monotonic() + _POST_DEADLINE_SECONDS
        while not self._taken({"s": 0, "d": d, "sn": self.said}):
            assert time.monotonic() < deadline, "the webhook does not take events any more"
            time.sleep(0.1)

    def _taken(self, frame: dict[str, Any]) -> bool:
        try:
            return requests.post(f"{self.stack.base_url}/webhook/1", json=frame, timeout=5).status_code == 200
        except requests.RequestException:
            return False

    # --- the killer ---

    def kill_soon(self) -> threading.Thread:
        """Within the next second, at a moment of the dice; up again at once."""
        delay_seconds = self.dice.uniform(0.0, 1.0)

        def kill() -> None:
            time.sleep(delay_seconds)
            self.stack.kill9()
            self.stack.restart()
            self.kills += 1

        thread = threading.Thread(target=kill)
        thread.start()
        return thread

    # --- what arrived ---

    def arrived(self, name: str) -> list[int]:
        """The numbers of the messages a destination has got, in the order in which they came."""
        return [
            int(found[1])
            for message in self.platforms[name].received()
            if (found := _NUMBER.search(message.text)) is not None
        ]


@contextmanager
def chaos_scene(folder: Path, seed: int) -> Iterator[Chaos]:
    with ExitStack() as running:
        kook = running.enter_context(KookStandIn())
        kook.world.populate(messages=0)
        platforms: dict[str, StandInServer] = {
            "discord": running.enter_context(DiscordStandIn()),
            "telegram": running.enter_context(TelegramStandIn()),
            "feishu": running.enter_context(FeishuStandIn()),
            "webhook": running.enter_context(WebhookReceiverStandIn()),
            "kook": kook,
        }
        assets = running.enter_context(AssetStandIn())
        environment = {
            "KOOK_API_BASE": kook.api_base,
            "KOOK_ASSET_BASE": assets.base_url,
            "DISCORD_API_BASE": platforms["discord"].base_url + "/api/v10",
            "TELEGRAM_API_BASE": platforms["telegram"].base_url,
            "FEISHU_API_BASE": platforms["feishu"].base_url,
            "OUTBOUND_ALLOW": "127.0.0.0/8",
            # Order and "once" have to hold between processes, too.
            "FUNCTION_PROCESSES": "2",
        }
        stack = running.enter_context(EmbeddedStack(folder / "data", environment=environment))
        chaos = Chaos(stack, platforms, kook, random.Random(seed))
        chaos.configure()
        for name, stand_in in platforms.items():
            play_at_random(name, stand_in, seed)
        yield chaos
