"""The main job over HTTP on the embedded stack: KOOK's own bodies in, messages on three platforms out."""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.stage import BODIES, CHANNEL_ID, ENCRYPT_KEY, OTHER_CHANNEL_ID, VERIFY_TOKEN, Relay, running_relay
from tests.embedded import eventually
from tests.standins.kook_wire import encode
from tests.standins.server import Answer, Fault

PLATFORMS = ("discord", "telegram", "feishu")
MANIFEST = json.loads((BODIES.parent / "manifest.json").read_text("utf-8"))


@pytest.fixture(scope="module")
def relay(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Relay]:
    """One relay for this file: account 1 takes plain bodies, account 2 encrypted ones."""
    with running_relay(tmp_path_factory.mktemp("relay")) as running:
        running.add_account("plain@example.com")
        running.add_account("encrypted@example.com", encrypt_key=ENCRYPT_KEY)
        assert set(running.configure_destinations()) == set(PLATFORMS)
        yield running


def path_for(wire: str) -> str:
    return "/webhook/2" if wire.startswith("enc") else "/webhook/1"


def frame(content: str, *, channel_id: str = CHANNEL_ID, msg_id: str | None = None, **changes: Any) -> dict[str, Any]:
    author = {"id": "2418200001", "username": "测试用户", "nickname": "昵称", "bot": False, "avatar": ""}
    data = {
        "channel_type": "GROUP",
        "type": 9,
        "target_id": channel_id,
        "author_id": "2418200001",
        "content": content,
        "extra": {"type": 9, "guild_id": "1", "channel_name": "大厅", "author": author, "mention": []},
        "msg_id": msg_id or str(uuid.uuid4()),
        "msg_timestamp": time.time_ns() // 1_000_000,
        "nonce": "",
        "verify_token": VERIFY_TOKEN,
        **changes,
    }
    return {"s": 0, "d": data, "sn": 1}


@pytest.mark.parametrize(
    "vector", [one for one in MANIFEST["vectors"] if "response_json" in one], ids=lambda one: one["name"]
)
def test_every_challenge_is_answered(relay: Relay, vector: dict[str, Any]) -> None:
    body = (BODIES.parent / vector["body"]).read_bytes()
    for content_type in ("application/json", "application/octet-stream"):
        answer = relay.post(path_for(vector["wire"]), body, content_type)
        assert (answer.status_code, answer.json()) == (200, vector["response_json"])


def refusals() -> list[tuple[str, dict[str, Any]]]:
    """Every negative at every address, but for the one that is good where no Encrypt Key is set."""
    paths = ("/webhook", "/webhook/1", "/webhook/2", "/webhook/99", "/webhook/abc")
    return [
        (path, vector)
        for vector in MANIFEST["negative"]
        for path in paths
        if vector["name"] != "downgrade.plain" or path not in ("/webhook", "/webhook/1")
    ]


@pytest.mark.parametrize(
    ("path", "vector"), refusals(), ids=lambda value: value if isinstance(value, str) else value["name"]
)
def test_every_negative_is_refused_without_detail(relay: Relay, path: str, vector: dict[str, Any]) -> None:
    answer = relay.post(path, (BODIES.parent / vector["body"]).read_bytes())
    assert answer.status_code in (401, 403)
    assert "challenge" not in answer.text


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 400),
        (b"{", 400),
        (b"[]", 400),
        (b'{"s":0,"d":[]}', 400),
        (b"\x78\x9c\x00", 400),
        (b"\xff" * 64, 400),
        (b"[" * 100_000, 400),
        (b'{"s":0,"d":{"x":' + b"9" * 5000 + b"}}", 400),
        (bytes(1_100_000), 413),
        (encode(b" " * 5_000_000, "zlib"), 413),
        (encode(frame("x"), "zlib")[:-9], 400),
    ],
    ids=[
        "empty",
        "cut",
        "array",
        "d is a list",
        "zlib stub",
        "noise",
        "deep",
        "huge integer",
        "too long",
        "bomb",
        "cut zlib",
    ],
)
def test_bad_input_is_refused_and_never_an_error_of_ours(relay: Relay, body: bytes, status: int) -> None:
    assert relay.post("/webhook/1", body).status_code == status


def test_every_vector_arrives_once_on_every_platform_and_the_log_says_so(relay: Relay) -> None:
    messages = [one for one in MANIFEST["vectors"] if "response_json" not in one]
    for vector in messages:
        answer = relay.post(path_for(vector["wire"]), (BODIES.parent / vector["body"]).read_bytes())
        assert answer.status_code == 200, vector["name"]
    # Every message came four times, in four wire forms and through two accounts: it is delivered once.
    relayed = {"text", "kmarkdown_plain_user", "image", "card_user_mixed", "reply_quote"}
    rows = relay.wait_until_idle(len(relayed) * len(PLATFORMS))
    assert {row["status"] for row in rows} == {"success"}
    for platform in PLATFORMS:
        assert len([row for row in rows if row["target_platform"] == platform]) == len(relayed)
    # A card with text around its picture is several messages; no message is there twice.
    seen = [(message.text, message.files) for message in relay.received("discord")]
    assert len(seen) == len(set(seen))
    assert any("done!" in message.text for message in relay.received("telegram"))
    assert not any("relayed text" in message.text for message in relay.received("discord"))
    for sequence in MANIFEST["sequences"]:
        for name in sequence["post"]:
            assert (
                relay.post(path_for(name.rpartition(".")[2]), (BODIES / f"{name}.bin").read_bytes()).status_code == 200
            )
    relay.post("/webhook/1", encode(frame("after the sequences"), "zlib"))
    rows = relay.wait_until_idle((len(relayed) + 1) * len(PLATFORMS))
    assert rows[0]["content"] == "after the sequences"


def test_two_hundred_messages_keep_their_order_on_every_platform(relay: Relay) -> None:
    before = {platform: len(relay.received(platform)) for platform in PLATFORMS}
    closed = relay.logs(limit=1)["total"]
    for number in range(200):
        assert relay.post("/webhook/1", encode(frame(f"order {number:03d}"), "zlib")).status_code == 200
    relay.wait_until_idle(closed + 200 * len(PLATFORMS), 60)
    for platform in PLATFORMS:
        texts = [message.text for message in relay.received(platform)[before[platform] :]]
        numbers = [int(text.rpartition("order ")[2][:3]) for text in texts]
        assert numbers == list(range(200)), platform


def test_a_deleted_bots_mappings_are_switched_off_and_named(relay: Relay) -> None:
    bot = relay.call(
        "POST",
        "/api/bots",
        {"platform": "discord", "name": "gone", "config": {"webhook_url": "https://discord.com/api/webhooks/1/abc"}},
    ).json()
    mapping = relay.call(
        "POST",
        "/api/mappings",
        {
            "kook_server_id": "1",
            "kook_channel_id": OTHER_CHANNEL_ID,
            "kook_channel_name": "另一个",
            "target_platform": "discord",
            "target_bot_id": bot["id"],
            "target_channel_id": "x",
        },
    ).json()
    deleted = relay.call("DELETE", f"/api/bots/{bot['id']}")
    assert deleted.status_code == 200
    assert [one["id"] for one in deleted.json()["disabled_mappings"]] == [mapping["id"]]
    # Deleting the bot switched the mapping off, and it cannot be switched on again without one.
    refused = relay.call("PUT", f"/api/mappings/{mapping['id']}", {"enabled": 1})
    assert refused.status_code == 404
    assert refused.json()["solution"]
    relay.post("/webhook/1", encode(frame("to nobody", channel_id=OTHER_CHANNEL_ID), "zlib"))
    relay.post("/webhook/1", encode(frame("to everybody"), "zlib"))
    eventually(lambda: any("to everybody" in message.text for message in relay.received("telegram")))
    assert relay.logs(channel_id=OTHER_CHANNEL_ID)["total"] == 0


@pytest.mark.parametrize(
    "webhook_url",
    [
        "",
        "https://example.com/api/webhooks/1/abc",
        "http://discord.com/api/webhooks/1/abc",
        "discord.com/api/webhooks/1",
        "https://discord.com@169.254.169.254/api/webhooks/1/abc",
        7,
    ],
)
def test_a_bot_with_a_malformed_webhook_url_is_refused_with_a_hint(relay: Relay, webhook_url: object) -> None:
    body = {"platform": "discord", "name": "bad", "config": {"webhook_url": webhook_url}}
    answer = relay.call("POST", "/api/bots", body)
    assert answer.status_code == 400
    error = answer.json()
    assert error["success"] is False
    assert error["error_code"]
    assert error["solution"]


def test_a_message_whose_content_has_an_unexpected_type_is_not_lost(relay: Relay) -> None:
    closed = relay.logs(limit=1)["total"]
    strange = frame("unused")
    strange["d"]["content"] = {"unexpected": ["object"]}
    strange["d"]["extra"]["kmarkdown"] = {"raw_content": "what KOOK says it reads"}
    assert relay.post("/webhook/1", encode(strange, "zlib")).status_code == 200
    relay.wait_until_idle(closed + len(PLATFORMS))
    assert "what KOOK says it reads" in relay.received("discord")[-1].text


def test_a_stopped_account_takes_events_and_relays_nothing_until_it_is_started(relay: Relay) -> None:
    account = relay.add_account("stopping@example.com", bot_token="")
    path = f"/webhook/{account['account_id']}"
    assert relay.call("POST", f"/api/accounts/{account['account_id']}/stop").status_code == 200
    closed = relay.logs(limit=1)["total"]
    eventually(lambda: relay.post(path, encode(frame("probe"), "zlib")).status_code == 200)
    assert relay.post(path, encode(frame("while stopped"), "zlib")).status_code == 200
    started = relay.call("POST", f"/api/accounts/{account['account_id']}/start")
    assert started.status_code == 200, started.text
    relay.post(path, encode(frame("after the start"), "zlib"))

    def relayed() -> bool:
        return any("after the start" in message.text for message in relay.received("discord"))

    eventually(relayed)
    assert not any("while stopped" in message.text for message in relay.received("discord"))
    relay.wait_until_idle(closed + len(PLATFORMS))


def test_a_rate_limited_platform_is_waited_for_and_holds_nobody_else(relay: Relay) -> None:
    closed = relay.logs(limit=1)["total"]
    limited = Answer.of_json({"message": "limited", "retry_after": 2.0, "global": False}, 429, {"Retry-After": "2"})
    relay.stage.platforms["discord"].script(Fault(answer=limited))
    posted_at = time.time()
    relay.post("/webhook/1", encode(frame("rate limited"), "zlib"))
    rows = relay.wait_until_idle(closed + len(PLATFORMS))
    assert [row["content"] for row in rows[: len(PLATFORMS)]] == ["rate limited"] * len(PLATFORMS)
    arrived = {
        one_platform: [one.arrived_at for one in relay.received(one_platform) if "rate limited" in one.text]
        for one_platform in PLATFORMS
    }
    assert {one_platform: len(times) for one_platform, times in arrived.items()} == dict.fromkeys(PLATFORMS, 1)
    assert arrived["discord"][0] - posted_at >= 2.0
    assert arrived["telegram"][0] < arrived["discord"][0]
    rows = relay.logs(platform="discord", limit=1)["data"]
    assert (rows[0]["status"], rows[0]["error_message"]) == ("success", None)


def test_no_secret_is_in_the_log_of_the_stack(relay: Relay) -> None:
    output = relay.stack.output()
    assert len(output) > 1000
    for secret in (
        VERIFY_TOKEN,
        ENCRYPT_KEY,
        relay.stack.api_token,
        "stand-in-token_mZ4qk8sW2xVt0pLr7aBc9dEf",
        "StandInBotToken",
        "stand-in-app-secret",
    ):
        assert secret not in output


def test_what_was_answered_200_is_delivered_after_a_kill_9(tmp_path: Path) -> None:
    with running_relay(tmp_path) as relay:
        relay.add_account("plain@example.com")
        relay.configure_destinations()
        for number in range(30):
            assert relay.post("/webhook", encode(frame(f"kill {number:02d}"), "zlib")).status_code == 200
        relay.stack.kill9()
        relay.stack.restart()
        relay.wait_until_idle(30 * len(PLATFORMS), 90)
        for platform in PLATFORMS:
            numbers = [int(message.text.rpartition("kill ")[2][:2]) for message in relay.received(platform)]
            # The one that was being sent when the process died may be there twice, next to itself, and is marked.
            assert sorted(set(numbers)) == list(range(30)), platform
            assert numbers == sorted(numbers), platform
            doubled = len(numbers) - 30
            assert doubled <= 1, platform
            marked = [row for row in relay.logs(platform=platform, limit=500)["data"] if row["notes"]]
            assert doubled <= len(marked)
