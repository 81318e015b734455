"""What stands around the console in its tests: a relay between stand-ins, and a KOOK server with channels."""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from local.demo.stage import RATE_LIMITS
from tests.browser.visitor import ADMIN_PASSWORD
from tests.e2e.stage import VERIFY_TOKEN, Relay, running_relay
from tests.embedded import eventually
from tests.standins import discord
from tests.standins.discord import DiscordStandIn, StandInWebhook
from tests.standins.kook_wire import encode
from tests.standins.kook_world import DEFAULT_BOT_TOKEN

GUILD_ID = "6016389900000001"
CATEGORY_ID = "5823400000000000"
CHANNELS = {"公告": "5823400000000001", "聊天大厅": "5823400000000002", "游戏攻略": "5823400000000003"}
ANNOUNCEMENTS = CHANNELS["公告"]
# Discord tells a webhook's name, which is what a suggestion goes by.
NAMED_WEBHOOK = StandInWebhook(
    "1300000000000000001", "a-token-of-the-named-webhook", "1287000000000000001", name="公告"
)
NAMED_WEBHOOK_URL = f"https://discord.com/api/webhooks/{NAMED_WEBHOOK.id}/{NAMED_WEBHOOK.token}"


@contextmanager
def console_stage(folder: Path) -> Iterator[Relay]:
    """A fresh relay; its KOOK has one server with three text channels, and Discord the named webhook as well."""
    with running_relay(folder, {"ADMIN_PASSWORD": ADMIN_PASSWORD}) as relay:
        world = relay.stage.kook.world
        world.add_guild(GUILD_ID, "小红的服务器")
        world.add_channel(GUILD_ID, CATEGORY_ID, "信息", is_category=True)
        for name, channel_id in CHANNELS.items():
            world.add_channel(GUILD_ID, channel_id, name, parent_id=CATEGORY_ID)
        the_discord(relay).add_webhook(NAMED_WEBHOOK)
        yield relay


@contextmanager
def configured_stage(folder: Path) -> Iterator[Relay]:
    """A console stage with what ``configured`` adds."""
    with console_stage(folder) as relay:
        configured(relay)
        yield relay


def the_discord(relay: Relay) -> DiscordStandIn:
    standin = relay.stage.platforms["discord"]
    assert isinstance(standin, DiscordStandIn)
    return standin


def configured(relay: Relay) -> dict[str, Any]:
    """One account, a bot of each platform, and a mapping of the announcements to each. The account."""
    account = relay.add_account("relay@example.com", bot_token=DEFAULT_BOT_TOKEN)
    # As the operator does at KOOK: the bot goes online there.
    started = relay.call("POST", f"/api/accounts/{account['account_id']}/start")
    assert started.status_code == 200, started.text
    relay.configure_destinations(ANNOUNCEMENTS)
    return account


def add_named_bot(relay: Relay) -> dict[str, Any]:
    config = {"webhook_url": discord.DEFAULT_WEBHOOK_URL, "rate_limits": RATE_LIMITS}
    answer = relay.call("POST", "/api/bots", {"platform": "discord", "name": "Discord 公告", "config": config})
    assert answer.status_code == 201, answer.text
    bot: dict[str, Any] = answer.json()["data"]
    return bot


def write(relay: Relay, content: str, *, account_id: int = 1, sender: str = "小红", channel: str = "公告") -> str:
    """Somebody writes in a KOOK channel; the message's id."""
    author = {"id": "2418200001", "username": sender, "nickname": sender, "bot": False, "avatar": ""}
    message_id = str(uuid.uuid4())
    data = {
        "channel_type": "GROUP",
        "type": 9,
        "target_id": CHANNELS[channel],
        "author_id": "2418200001",
        "content": content,
        "extra": {"type": 9, "guild_id": GUILD_ID, "channel_name": channel, "author": author, "mention": []},
        "msg_id": message_id,
        "msg_timestamp": time.time_ns() // 1_000_000,
        "nonce": "",
        "verify_token": VERIFY_TOKEN,
    }
    answer = relay.post(f"/webhook/{account_id}", encode({"s": 0, "d": data, "sn": 1}, "zlib"))
    assert answer.status_code == 200, answer.text
    return message_id


def delivered(relay: Relay, message_id: str, deadline_seconds: float = 60.0) -> list[dict[str, Any]]:
    """The log's rows of a message once each of its three deliveries has ended, well or badly.

    A test that leaves one under way leaves it to the next: a fault that one scripts would hit it.
    """

    def ended() -> list[dict[str, Any]]:
        rows = [row for row in relay.logs(limit=100)["data"] if row["kook_message_id"] == message_id]
        is_over = len(rows) == len(relay.stage.platforms) and all(row["status"] != "pending" for row in rows)
        return rows if is_over else []

    return eventually(ended, deadline_seconds)


def challenge(relay: Relay, account_id: int) -> None:
    """KOOK sends its challenge, as when an operator saves the address."""
    data = {"type": 255, "channel_type": "WEBHOOK_CHALLENGE", "challenge": "c-1", "verify_token": VERIFY_TOKEN}
    answer = relay.post(f"/webhook/{account_id}", encode({"s": 0, "d": data}, "zlib"))
    assert json.loads(answer.text) == {"challenge": "c-1"}
