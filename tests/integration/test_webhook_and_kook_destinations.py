"""Signed webhooks and KOOK's own channels as destinations, through the whole relay on the embedded stack."""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

import pytest
import requests
from standardwebhooks import Webhook

from shared.kook.echo import is_own_nonce
from tests.embedded import EmbeddedStack, eventually
from tests.standins.assets import AssetStandIn, asset_url
from tests.standins.kook import KookStandIn
from tests.standins.kook_world import DEFAULT_BOT_TOKEN
from tests.standins.server import Answer, Fault
from tests.standins.webhook_receiver import DEFAULT_SECRET, WebhookReceiverStandIn

SOURCE_CHANNEL, TARGET_CHANNEL = "5823400000000001", "8001"
VERIFY_TOKEN = "vt-EXAMPLE"
FAST = [{"requests": 100, "per_seconds": 1}]


@dataclass
class Scene:
    stack: EmbeddedStack
    receiver: WebhookReceiverStandIn
    kook: KookStandIn
    bots: dict[str, int]

    def call(self, method: str, path: str, body: Any = None) -> requests.Response:
        return requests.request(method, self.stack.base_url + path, json=body, headers=self.stack.headers, timeout=30)

    def say(self, content: str, **changes: Any) -> None:
        """A user writes in the source channel."""
        author = {"id": "2418200001", "username": "小明", "bot": False, "avatar": ""}
        event = {
            "channel_type": "GROUP",
            "type": 9,
            "target_id": SOURCE_CHANNEL,
            "author_id": "2418200001",
            "content": content,
            "extra": {"type": 9, "guild_id": "1", "channel_name": "大厅", "author": author},
            "msg_id": str(uuid.uuid4()),
            "msg_timestamp": time.time_ns() // 1_000_000,
            "nonce": "",
            "verify_token": VERIFY_TOKEN,
            **changes,
        }
        answer = requests.post(f"{self.stack.base_url}/webhook/1", json={"s": 0, "d": event, "sn": 1}, timeout=30)
        assert answer.status_code == 200, answer.text

    def texts(self) -> list[str]:
        return [event["data"]["text"] for event in self.receiver.events()]

    def posts(self) -> list[str]:
        return [message.text for message in self.kook.received()]

    def row(self, platform: str, content: str) -> dict[str, Any] | None:
        rows = self.call("GET", f"/api/logs?platform={platform}&limit=500").json()["data"]
        return next((row for row in rows if content in row["content"] and row["status"] != "pending"), None)


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    with ExitStack() as stack:
        receiver = stack.enter_context(WebhookReceiverStandIn())
        kook = stack.enter_context(KookStandIn())
        assets = stack.enter_context(AssetStandIn())
        kook.world.populate(messages=0)
        environment = {
            "KOOK_API_BASE": kook.api_base,
            "KOOK_ASSET_BASE": assets.base_url,
            "OUTBOUND_ALLOW": "127.0.0.0/8",
        }
        running = stack.enter_context(EmbeddedStack(tmp_path_factory.mktemp("relay") / "data", environment=environment))
        scene = Scene(running, receiver, kook, {})
        account = {"email": "relay@example.com", "verify_token": VERIFY_TOKEN}
        assert scene.call("POST", "/api/accounts", account).status_code == 201
        configs = {
            "webhook": {"url": receiver.url, "secret": DEFAULT_SECRET, "rate_limits": FAST},
            "kook": {"bot_token": DEFAULT_BOT_TOKEN, "rate_limits": FAST},
        }
        for platform, config in configs.items():
            bot = scene.call("POST", "/api/bots", {"platform": platform, "name": platform, "config": config})
            assert bot.status_code == 201, bot.text
            scene.bots[platform] = bot.json()["id"]
            mapping = {
                "kook_server_id": "1",
                "kook_channel_id": SOURCE_CHANNEL,
                "kook_channel_name": "大厅",
                "target_platform": platform,
                "target_bot_id": scene.bots[platform],
                "target_channel_id": TARGET_CHANNEL if platform == "kook" else "archive",
            }
            added = scene.call("POST", "/api/mappings", mapping)
            assert added.status_code == 201, added.text
        yield scene


def test_a_message_arrives_signed_and_in_the_other_channel(scene: Scene) -> None:
    scene.say("first **bold**")
    eventually(lambda: "first bold" in scene.texts())
    eventually(lambda: any("first **bold**" in text for text in scene.posts()))
    (request,) = [request for request in scene.receiver.requests if b"first bold" in request.body]
    event = Webhook(DEFAULT_SECRET).verify(request.body, dict(request.headers))
    assert event["data"]["author"]["display_name"] == "小明"
    assert event["data"]["target"] == "archive"
    (post,) = [message for message in scene.kook.received() if "first" in message.text]
    assert post.target == TARGET_CHANNEL
    assert is_own_nonce(scene.kook.world.nonces[post.message_id])
    for platform in scene.bots:
        assert eventually(lambda platform=platform: scene.row(platform, "first"))["status"] == "success"


def test_a_picture_is_uploaded_anew_for_the_other_channel_and_a_link_for_the_receiver(scene: Scene) -> None:
    attachment = {"type": "image", "url": asset_url("picture.png"), "name": "picture.png"}
    author = {"id": "2418200001", "username": "小明", "bot": False}
    scene.say(attachment["url"], type=2, extra={"type": 2, "attachments": attachment, "author": author})
    eventually(lambda: any(event["data"]["media"] for event in scene.receiver.events()))
    (event,) = [event for event in scene.receiver.events() if event["data"]["media"]]
    assert event["data"]["media"][0]["url"] == asset_url("picture.png")
    (card,) = eventually(lambda: [message for message in scene.kook.received() if message.files])
    container = json.loads(card.text)[0]["modules"][-1]
    assert scene.kook.world.assets[container["elements"][0]["src"]].startswith(b"\x89PNG")


def test_what_the_relay_posted_itself_is_not_relayed_again(scene: Scene) -> None:
    author = {"id": "999", "username": "relay-bot", "bot": True}
    scene.say("an echo", author_id="999", nonce="kook-relay:abc", extra={"type": 9, "author": author})
    scene.say("after the echo")
    eventually(lambda: "after the echo" in scene.texts())
    assert "an echo" not in scene.texts()


def test_a_receiver_that_is_busy_gets_every_message_once_and_in_order(scene: Scene) -> None:
    scene.receiver.script(
        Fault(answer=Answer(503, b"", {"Retry-After": "1"})),
        Fault(answer=Answer(429, b"", {"Retry-After": "1"})),
        Fault(answer=Answer(500)),
        Fault(processed=True, reset="before_answer"),
    )
    before = len(scene.texts())
    for number in range(5):
        scene.say(f"busy {number}")
    eventually(lambda: len(scene.texts()) == before + 5, deadline_seconds=60)
    assert scene.texts()[before:] == [f"busy {number}" for number in range(5)]
    assert len(scene.receiver.repeats) == 1
    rows = [eventually(lambda number=number: scene.row("webhook", f"busy {number}")) for number in range(5)]
    assert [row["status"] for row in rows] == ["success"] * 5
    marked = [any("possible duplicate" in note for note in row["notes"]) for row in rows]
    assert marked.count(True) == 1
    assert scene.receiver.violations == []


def test_both_can_be_tested_and_answers_hide_their_secrets(scene: Scene) -> None:
    tested = scene.call("POST", f"/api/bots/{scene.bots['webhook']}/test", {})
    assert tested.status_code == 200, tested.text
    assert scene.receiver.events()[-1]["type"] == "relay.test"
    tested = scene.call("POST", f"/api/bots/{scene.bots['kook']}/test", {"target_channel_id": TARGET_CHANNEL})
    assert tested.status_code == 200, tested.text
    shown = scene.call("GET", "/api/bots").text
    for secret in (DEFAULT_SECRET, DEFAULT_SECRET[6:], scene.receiver.url, DEFAULT_BOT_TOKEN):
        assert secret not in shown
        assert secret not in scene.stack.output()


def test_a_receiver_that_is_gone_is_switched_off_with_the_reason(scene: Scene) -> None:
    scene.receiver.script(Fault(answer=Answer(410)))
    scene.say("nobody wants this")
    row = eventually(lambda: scene.row("webhook", "nobody wants this"))
    assert (row["status"], row["error_code"], row["error_message"]) == ("failed", "gone", "HTTP 410")
    bot = scene.call("GET", f"/api/bots/{scene.bots['webhook']}").json()["data"]
    assert bot["status"] == "disabled"
    assert "gone" in bot["disabled_reason"]
