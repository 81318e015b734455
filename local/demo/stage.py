"""The demo's stage: stand-ins for KOOK and the platforms, and a relay configured over its own HTTP API."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any

import requests

from local.demo.posts import ENCRYPT_KEY, VERIFY_TOKEN
from tests.standins import discord, feishu, telegram, telegram_chats
from tests.standins.assets import AssetStandIn
from tests.standins.kook import KookStandIn
from tests.standins.kook_world import DEFAULT_BOT_TOKEN
from tests.standins.server import StandInServer

CHANNEL_ID = "5823400000000001"
GUILD_ID = "6016389900000001"
# The demo posts faster than the platforms' own limits allow: pacing has tests of its own.
RATE_LIMITS = [{"requests": 1000, "per_seconds": 1}]


@dataclass(frozen=True, slots=True)
class StandIns:
    kook: KookStandIn
    assets: AssetStandIn
    platforms: dict[str, StandInServer]

    def environment(self) -> dict[str, str]:
        """The settings that lead the relay to the stand-ins."""
        return {
            "KOOK_API_BASE": self.kook.base_url + "/api/v3",
            "KOOK_ASSET_BASE": self.assets.base_url,
            "DISCORD_API_BASE": self.platforms["discord"].base_url + "/api/v10",
            "TELEGRAM_API_BASE": self.platforms["telegram"].base_url,
            "FEISHU_API_BASE": self.platforms["feishu"].base_url,
            "OUTBOUND_ALLOW": "127.0.0.1/32",
        }


@contextmanager
def stand_ins() -> Iterator[StandIns]:
    with ExitStack() as stack:
        yield StandIns(
            kook=stack.enter_context(KookStandIn()),
            assets=stack.enter_context(AssetStandIn()),
            platforms={
                "discord": stack.enter_context(discord.DiscordStandIn()),
                "telegram": stack.enter_context(telegram.TelegramStandIn()),
                "feishu": stack.enter_context(feishu.FeishuStandIn()),
            },
        )


class RelayClient:
    """The relay's HTTP API as an operator uses it."""

    def __init__(self, base_url: str, api_token: str) -> None:
        self.base_url = base_url
        self._session = requests.Session()
        self._session.trust_env = False
        self._session.headers["X-API-Token"] = api_token

    def call(self, method: str, path: str, body: dict[str, Any] | None = None, *, bearer: str = "") -> dict[str, Any]:
        """With ``bearer`` in that token's name. Raises RuntimeError with the API's own error for an answer that is no
        success."""
        headers = {"Authorization": f"Bearer {bearer}", "X-API-Token": None} if bearer else {}
        response = self._session.request(method, self.base_url + path, json=body, headers=headers, timeout=30)
        if response.status_code >= 300:
            raise RuntimeError(f"{method} {path}: {response.status_code} {response.text[:500]}")
        answer: dict[str, Any] = response.json()
        return answer

    def post_webhook(self, url: str, body: bytes) -> requests.Response:
        """As KOOK posts: no content encoding is named although the body may be compressed."""
        return self._session.post(
            url, data=body, headers={"Content-Type": "application/json", "X-API-Token": ""}, timeout=30
        )


@dataclass(frozen=True, slots=True)
class Webhooks:
    """Where KOOK posts for the account without an Encrypt Key, and for the one with it."""

    plain: str
    encrypted: str


def configure(relay: RelayClient) -> Webhooks:
    """Two accounts (with and without an Encrypt Key), a bot of each platform, and a mapping to each."""
    accounts = [
        relay.call(
            "POST",
            "/api/accounts",
            {
                "email": f"{name}@example.com",
                "bot_token": DEFAULT_BOT_TOKEN,
                "verify_token": VERIFY_TOKEN,
                "encrypt_key": encrypt_key,
            },
        )
        for name, encrypt_key in (("plain", ""), ("encrypted", ENCRYPT_KEY))
    ]
    configure_destinations(relay.call, CHANNEL_ID)
    return Webhooks(accounts[0]["webhook_url"], accounts[1]["webhook_url"])


def configure_destinations(
    call: Callable[[str, str, dict[str, Any]], dict[str, Any]], channel_id: str
) -> dict[str, int]:
    """A bot of each platform and a mapping of the channel to it; the bots' ids by platform."""
    bot_ids = {}
    for platform, config, target in _destinations():
        bot = call("POST", "/api/bots", {"platform": platform, "name": f"demo {platform}", "config": config})
        bot_ids[platform] = bot["id"]
        mapping = {
            "kook_server_id": GUILD_ID,
            "kook_channel_id": channel_id,
            "kook_channel_name": "聊天大厅",
            "target_platform": platform,
            "target_bot_id": bot["id"],
            "target_channel_id": target,
        }
        call("POST", "/api/mappings", mapping)
    return bot_ids


def _destinations() -> list[tuple[str, dict[str, Any], str]]:
    return [
        (
            "discord",
            {"webhook_url": discord.DEFAULT_WEBHOOK_URL, "rate_limits": RATE_LIMITS},
            discord.DEFAULT_CHANNEL_ID,
        ),
        (
            "telegram",
            {
                "bot_token": telegram.BOT_TOKEN,
                "chat_id": str(telegram_chats.GROUP_CHAT_ID),
                "rate_limits": RATE_LIMITS,
            },
            str(telegram_chats.GROUP_CHAT_ID),
        ),
        (
            "feishu",
            {
                "app_id": feishu.APP_ID,
                "app_secret": feishu.APP_SECRET,
                "chat_id": feishu.CHAT_ID,
                "rate_limits": RATE_LIMITS,
            },
            feishu.CHAT_ID,
        ),
    ]
