"""Gateway ingress on the embedded stack: a stand-in gateway that drops, reorders, repeats and asks to reconnect, and a
stack that is killed in the middle of it. Each event arrives once and in order."""

from __future__ import annotations

import itertools
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from local.demo.stage import CHANNEL_ID, GUILD_ID, RATE_LIMITS
from tests.durable_engines import needs_durable_engines
from tests.embedded import EmbeddedStack, eventually
from tests.standins import discord
from tests.standins.kook_gateway import GatewayKookStandIn, KookGatewayStandIn, Mischief
from tests.standins.kook_wire import encode
from tests.standins.kook_world import DEFAULT_BOT_TOKEN

pytestmark = [
    needs_durable_engines,
    pytest.mark.timeout(240),
]

VERIFY_TOKEN = "vt-EXAMPLE"
KILLS = 2


class GatewayRelay:
    """A relay on the embedded stack whose account takes its events from a stand-in gateway, and Discord behind it."""

    def __init__(self, data_dir: Path) -> None:
        self.gateway = KookGatewayStandIn().start()
        self.kook = GatewayKookStandIn(self.gateway).start()
        self.discord = discord.DiscordStandIn().start()
        self.stack = EmbeddedStack(
            data_dir,
            environment={
                "KOOK_API_BASE": self.kook.api_base,
                "DISCORD_API_BASE": self.discord.base_url + "/api/v10",
                "OUTBOUND_ALLOW": "127.0.0.1/32",
            },
        )

    def call(self, method: str, path: str, body: Any = None) -> requests.Response:
        return requests.request(
            method, self.stack.base_url + path, json=body, headers=self.stack.headers, timeout=30, proxies={}
        )

    def configure(self) -> int:
        """An account at the gateway and a mapping to Discord; the account's id."""
        fields = {"bot_token": DEFAULT_BOT_TOKEN, "verify_token": VERIFY_TOKEN, "ingress": "gateway"}
        added = self.call("POST", "/api/accounts", {"email": "gateway@example.com", **fields})
        assert added.status_code == 201, added.text
        assert (added.json()["webhook_url"], added.json()["data"]["ingress"]) == (None, "gateway")
        assert "warnings" not in added.json()
        config = {"webhook_url": discord.DEFAULT_WEBHOOK_URL, "rate_limits": RATE_LIMITS}
        bot = self.call("POST", "/api/bots", {"platform": "discord", "name": "d", "config": config}).json()
        mapping = {
            "kook_server_id": GUILD_ID,
            "kook_channel_id": CHANNEL_ID,
            "kook_channel_name": "聊天大厅",
            "target_platform": "discord",
            "target_bot_id": bot["id"],
            "target_channel_id": discord.DEFAULT_CHANNEL_ID,
        }
        assert self.call("POST", "/api/mappings", mapping).status_code == 201
        return int(added.json()["account_id"])

    def wait_connected(self) -> None:
        eventually(lambda: self.gateway.is_connected, 30)

    def say(self, *numbers: int) -> None:
        self.gateway.push(*(message(number) for number in numbers))

    def arrived(self) -> list[int]:
        return [int(one.text.rpartition("message ")[2][:4]) for one in self.discord.received()]

    def wait_for(self, count: int) -> None:
        """Wait until so many messages have arrived at Discord."""
        eventually(lambda: len(self.arrived()) >= count, 60)

    def wait_until_idle(self, closed: int) -> list[dict[str, Any]]:
        """The log, newest first, once so many deliveries are closed and none is open."""

        def rows() -> list[dict[str, Any]] | None:
            page = self.call("GET", "/api/logs?limit=500").json()
            idle = page["total"] == closed and all(row["status"] != "pending" for row in page["data"])
            return list(page["data"]) if idle else None

        return eventually(rows, 90)

    def close(self) -> None:
        if self.stack.is_running:
            self.stack.stop()
        for server in (self.kook, self.discord, self.gateway):
            server.stop()


@pytest.fixture
def relay(tmp_path: Path) -> Iterator[GatewayRelay]:
    built = GatewayRelay(tmp_path / "data")
    try:
        built.stack.start()
        yield built
    finally:
        built.close()
        print(built.stack.output()[-6000:])  # pytest shows it with a failure
    assert built.gateway.violations == []
    assert built.gateway.most_open_at_once == 1
    for secret in ("vt-SECRET", "ek-SECRET", DEFAULT_BOT_TOKEN, "MTAw/", "MTAw%2F"):
        assert secret not in built.stack.output()


def message(number: int) -> dict[str, Any]:
    author = {"id": "2418200001", "username": "测试用户", "nickname": "昵称", "bot": False, "avatar": ""}
    return {
        "channel_type": "GROUP",
        "type": 9,
        "target_id": CHANNEL_ID,
        "author_id": "2418200001",
        "content": f"message {number:04d}",
        "extra": {"type": 9, "guild_id": GUILD_ID, "channel_name": "大厅", "author": author, "mention": []},
        "msg_id": f"00000000-0000-4000-8000-{number:012d}",
        "msg_timestamp": time.time_ns() // 1_000_000,
        "nonce": "",
    }


def test_each_event_is_delivered_once_and_in_order_whatever_breaks(relay: GatewayRelay) -> None:
    relay.configure()
    relay.wait_connected()
    relay.gateway.mischief = Mischief(reorder_window=4, repeat_every=3, drop_every=17)
    for start in range(0, 40, 8):
        relay.say(*range(start, start + 8))
    rows = relay.wait_until_idle(40)
    assert relay.arrived() == list(range(40))
    assert not any(row["notes"] for row in rows)

    # Killed with events under way; more come while it is down, and are replayed to the next run.
    relay.say(*range(40, 48))
    relay.stack.kill9()
    relay.say(*range(48, 56))
    relay.stack.restart()
    relay.wait_until_idle(56)

    relay.gateway.ask_to_reconnect()
    relay.say(*range(56, 72))
    relay.wait_until_idle(72)

    # Killed while events come in.
    for start in range(72, 88, 4):
        relay.say(*range(start, start + 4))
        if start == 80:
            relay.stack.kill9()
            relay.stack.restart()
    relay.gateway.mischief = Mischief(lose_every=5)
    relay.wait_connected()
    relay.say(*range(88, 100))
    rows = relay.wait_until_idle(100)

    assert {row["status"] for row in rows} == {"success"}
    arrived = relay.arrived()
    assert sorted(set(arrived)) == list(range(100))
    # What was under way to Discord when the stack was killed may have been sent again, and is marked as such; nothing
    # that the gateway repeated was.
    repeated = {number for number in arrived if arrived.count(number) > 1}
    marked = {int(row["content"].rpartition("message ")[2][:4]) for row in rows if row["notes"]}
    assert repeated <= marked
    assert len(marked) <= KILLS
    assert [number for number, _ in itertools.groupby(arrived)] == list(range(100))


def test_an_account_is_followed_and_its_webhook_refuses(relay: GatewayRelay) -> None:
    account_id = relay.configure()
    relay.wait_connected()
    posted = {"s": 0, "sn": 1, "d": {**message(7), "verify_token": VERIFY_TOKEN}}
    answers = [
        requests.post(relay.stack.base_url + path, encode(posted, "zlib"), timeout=10).status_code
        for path in (f"/webhook/{account_id}", "/webhook")
    ]
    assert answers == [401, 401]

    assert relay.call("POST", f"/api/accounts/{account_id}/stop").status_code == 200
    eventually(lambda: not relay.gateway.is_connected, 5)
    relay.say(1)
    assert relay.call("POST", f"/api/accounts/{account_id}/start").status_code == 200
    eventually(lambda: relay.gateway.is_connected, 5)
    relay.say(2)
    relay.wait_for(1)
    assert ("POST", "user/online") not in relay.kook.calls()
    assert ("POST", "user/offline") not in relay.kook.calls()

    changed = relay.call("PUT", f"/api/accounts/{account_id}", {"ingress": "webhook"})
    assert changed.status_code == 200, changed.text
    assert changed.json()["data"]["webhook_url"].endswith(f"/webhook/{account_id}")
    eventually(lambda: not relay.gateway.is_connected, 5)

    def accepted() -> bool:
        url = f"{relay.stack.base_url}/webhook/{account_id}"
        return requests.post(url, encode(posted, "zlib"), timeout=10).status_code == 200

    eventually(accepted, 10)
    eventually(lambda: 7 in relay.arrived())
    assert relay.call("DELETE", f"/api/accounts/{account_id}").status_code == 204


def test_a_clean_stop_saves_the_session_for_the_next_start(relay: GatewayRelay) -> None:
    relay.configure()
    relay.wait_connected()
    relay.say(0, 1)
    relay.wait_for(2)
    assert relay.stack.stop() == 0
    relay.say(2)
    relay.stack.restart()
    relay.wait_for(3)
    assert relay.arrived() == [0, 1, 2]
    assert [(one.is_resume, one.query.get("sn")) for one in relay.gateway.opened] == [(False, None), (True, "2")]
    assert relay.kook.gateways_asked_for == 1
