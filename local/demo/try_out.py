"""``make standins``: a relay between stand-ins that stays up, to try the console by hand without a KOOK account.

It plays KOOK for whatever is set up in the console: a new account gets its challenge, and every few seconds somebody
writes in each channel of the stand-in's server. What arrives on the platforms is printed. Everything is thrown away at
the end.
"""

from __future__ import annotations

import argparse
import itertools
import secrets
import sys
import tempfile
import time
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import requests
from rich.console import Console

from local.demo.posts import VERIFY_TOKEN
from local.demo.relay_process import RelayProcess
from local.demo.stage import RelayClient, StandIns, stand_ins
from tests.standins import telegram, telegram_chats
from tests.standins.discord import DiscordStandIn, StandInWebhook
from tests.standins.kook_wire import encode
from tests.standins.kook_world import DEFAULT_BOT_TOKEN

DEFAULT_PORT: Final = 9527
DEFAULT_PAUSE_SECONDS: Final = 10.0
_LOOK_SECONDS: Final = 1.0
_GUILD_ID: Final = "6016389900000001"
_CATEGORY_ID: Final = "5823400000000000"
_CHANNELS: Final = {"公告": "5823400000000001", "聊天大厅": "5823400000000002", "游戏攻略": "5823400000000003"}
# Discord tells a webhook's name and nothing of its channel: suggestions go by it.
_WEBHOOK: Final = StandInWebhook("1300000000000000001", "try-out-webhook-token", "1287000000000000001", name="公告")
_TALK: Final = (
    ("小红", "今晚八点开会，别忘了 (met)all(met)"),
    ("阿明", "**新版本** 已经上线，更新内容见置顶"),
    ("Ming", "Has anybody seen the map?"),
    ("小红", "图在这里：[攻略](https://www.kookapp.cn)"),
    ("老王", "收到 好的"),
)


def main(arguments: Sequence[str] = ()) -> int:
    """Run until Ctrl-C. 0 after a clean stop."""
    parser = argparse.ArgumentParser(prog="python -m local standins", description=__doc__)
    parser.add_argument("--port", type=int, default=DEFAULT_PORT, help="of the relay; 0 takes a free one (%(default)s)")
    parser.add_argument(
        "--pause", type=float, default=DEFAULT_PAUSE_SECONDS, help="seconds between messages (%(default)s)"
    )
    options = parser.parse_args(arguments)
    console = Console(highlight=False, soft_wrap=True)
    api_token, password = secrets.token_urlsafe(32), secrets.token_urlsafe(9)
    with tempfile.TemporaryDirectory(prefix="kook-relay-standins-") as data_dir, stand_ins() as stage:
        _furnish(stage)
        environment = {**stage.environment(), "API_TOKEN": api_token, "ADMIN_PASSWORD": password}
        with RelayProcess(Path(data_dir), environment, port=options.port) as relay:
            _print_instructions(console, relay.base_url, password)
            kook = PlayedKook(RelayClient(relay.base_url, api_token), options.pause)
            arrivals = Arrivals(stage, console)
            try:
                while True:
                    kook.look()
                    arrivals.print_new()
                    time.sleep(_LOOK_SECONDS)
            except KeyboardInterrupt:
                return 0


def _furnish(stage: StandIns) -> None:
    world = stage.kook.world
    world.add_guild(_GUILD_ID, "试用服务器")
    world.add_channel(_GUILD_ID, _CATEGORY_ID, "信息", is_category=True)
    for name, channel_id in _CHANNELS.items():
        world.add_channel(_GUILD_ID, channel_id, name, parent_id=_CATEGORY_ID)
    discord = stage.platforms["discord"]
    assert isinstance(discord, DiscordStandIn)
    discord.add_webhook(_WEBHOOK)


def _print_instructions(console: Console, base_url: str, password: str) -> None:
    rows = (
        ("控制台 Console", f"{base_url}/console/"),
        ("管理密码 Password", password),
        ("KOOK 机器人 Token", DEFAULT_BOT_TOKEN),
        ("KOOK Verify Token", VERIFY_TOKEN),
        ("Discord Webhook", f"https://discord.com/api/webhooks/{_WEBHOOK.id}/{_WEBHOOK.token}"),
        ("Telegram Bot Token", telegram.BOT_TOKEN),
        ("Telegram 聊天 ID Chat id", str(telegram_chats.GROUP_CHAT_ID)),
    )
    console.print("\n替身平台已就绪，按设置向导填写下面的值。The stand-ins are up: give the wizard these values.\n")
    for label, value in rows:
        console.print(f"  {label:<24} {value}", markup=False)
    console.print("\nCtrl-C 结束，数据不保留。Ctrl-C ends it; nothing is kept.\n")


@dataclass
class PlayedKook:
    """KOOK's side: challenges for new accounts, then talk. ``pause_seconds`` lies between two messages."""

    relay: RelayClient
    pause_seconds: float
    _challenged: set[int] = field(default_factory=set)
    _talk: Iterator[tuple[str, str]] = field(default_factory=lambda: itertools.cycle(_TALK))
    _next_talk_at: float = 0.0

    def look(self) -> None:
        """Do what is due. A relay that does not answer now is looked at again later."""
        try:
            accounts = self.relay.call("GET", "/api/accounts")["data"]
        except (requests.RequestException, RuntimeError):
            return
        for account in accounts:
            if account["ingress"] == "webhook" and account["id"] not in self._challenged:
                self._challenge(account)
        if self._challenged and time.monotonic() >= self._next_talk_at:
            self._next_talk_at = time.monotonic() + self.pause_seconds
            sender, content = next(self._talk)
            for channel, channel_id in _CHANNELS.items():
                self._post(min(self._challenged), _message(channel_id, channel, sender, content))

    def _challenge(self, account: dict[str, Any]) -> None:
        """As when an operator saves the address in KOOK's console. A wrong Verify Token is refused, and tried again:
        the operator may be mending it."""
        text = secrets.token_urlsafe(9)
        data = {"type": 255, "channel_type": "WEBHOOK_CHALLENGE", "challenge": text, "verify_token": VERIFY_TOKEN}
        if self._post(account["id"], data):
            self._challenged.add(account["id"])

    def _post(self, account_id: int, data: dict[str, Any]) -> bool:
        try:
            return self.relay.post_webhook(
                f"{self.relay.base_url}/webhook/{account_id}", encode({"s": 0, "d": data, "sn": 1}, "zlib")
            ).ok
        except requests.RequestException:
            return False


def _message(channel_id: str, channel: str, sender: str, content: str) -> dict[str, Any]:
    author = {"id": "2418200001", "username": sender, "nickname": sender, "bot": False, "avatar": ""}
    return {
        "channel_type": "GROUP",
        "type": 9,
        "target_id": channel_id,
        "author_id": "2418200001",
        "content": content,
        "extra": {"type": 9, "guild_id": _GUILD_ID, "channel_name": channel, "author": author, "mention": []},
        "msg_id": str(uuid.uuid4()),
        "msg_timestamp": time.time_ns() // 1_000_000,
        "nonce": "",
        "verify_token": VERIFY_TOKEN,
    }


class Arrivals:
    """Prints what people on the platforms would see, once each."""

    def __init__(self, stage: StandIns, console: Console) -> None:
        self._stage = stage
        self._console = console
        self._shown = dict.fromkeys(stage.platforms, 0)

    def print_new(self) -> None:
        for name, server in self._stage.platforms.items():
            messages = server.received()
            for message in messages[self._shown[name] :]:
                text = " ".join(message.text.split())
                self._console.print(f"{name} ← {message.author or ''} {text}", markup=False)
            self._shown[name] = len(messages)


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
