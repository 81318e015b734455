"""What was said while no event came through: fetched from KOOK's history, each message once and in order."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from local.demo.stage import StandIns, stand_ins
from tests.e2e.stage import VERIFY_TOKEN, Relay
from tests.embedded import REPOSITORY_ROOT, EmbeddedStack, eventually
from tests.standins.kook_world import DEFAULT_BOT_TOKEN
from tests.standins.server import Answer, Fault

pytestmark = pytest.mark.timeout(300)

CHANNEL_ID = "8001"
PLATFORMS = ("discord", "telegram", "feishu")
# Also on a busy machine; nobody waits for it when all is well.
PATIENCE_SECONDS = 90.0
# Three pages of KOOK's history, of fifty each.
MISSED = 102


def say(relay: Relay, text: str) -> dict[str, Any]:
    """Somebody says something in KOOK; whether its event comes through is another matter."""
    message = relay.stage.kook.world.add_message(CHANNEL_ID, text)
    # KOOK orders by time: two of them never share a millisecond here.
    eventually(lambda: time.time() * 1000 > message["create_at"] + 1)
    return message


def push(relay: Relay, message: dict[str, Any]) -> None:
    """KOOK posts the event of a message."""
    author = relay.stage.kook.world.users[message["author_id"]]
    d = {
        "channel_type": "GROUP",
        "type": message["type"],
        "target_id": CHANNEL_ID,
        "author_id": message["author_id"],
        "content": message["content"],
        "msg_id": message["id"],
        "msg_timestamp": message["create_at"],
        "nonce": "",
        "verify_token": VERIFY_TOKEN,
        "extra": {"type": 9, "guild_id": "7001", "channel_name": "频道 1", "author": author, "mention": []},
    }
    body = json.dumps({"s": 0, "d": d, "sn": 1}).encode()
    eventually(lambda: relay.post("/webhook/1", body).status_code == 200)


def shown_everywhere(relay: Relay, texts: list[str]) -> None:
    """Exactly these, in this order, on every platform."""
    for platform in PLATFORMS:
        eventually(lambda name=platform: len(relay.received(name)) >= len(texts), PATIENCE_SECONDS)  # type: ignore[misc]
        shown = [message.text for message in relay.received(platform)]
        assert len(shown) == len(texts), shown
        assert all(text in message for text, message in zip(texts, shown, strict=True)), (platform, shown)


def environment_of(stage: StandIns) -> dict[str, str]:
    """The scheduled look would be one more backfill, at a moment of its own."""
    return {**stage.environment(), "BACKFILL_INTERVAL_MINUTES": "0"}


def configured(relay: Relay) -> None:
    world = relay.stage.kook.world
    world.populate(messages=0)
    # KOOK has the bot online: found offline, it would be put online, with a backfill of that.
    world.online.add(world.bot["id"])
    relay.add_account("plain@example.com", bot_token=DEFAULT_BOT_TOKEN)
    relay.configure_destinations(CHANNEL_ID)


def progress(relay: Relay) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = relay.call("GET", "/api/accounts/1/backfill").json()["data"]
    return rows


def finished(relay: Relay, reason: str) -> Callable[[], bool]:
    return lambda: any(row["reason"] == reason for row in progress(relay))


def test_what_was_said_while_the_stack_was_down_goes_first(tmp_path: Path) -> None:
    with stand_ins() as stage:
        environment = environment_of(stage)
        with EmbeddedStack(tmp_path / "data", environment=environment) as stack:
            relay = Relay(stack, stage)
            configured(relay)
            push(relay, say(relay, "before"))
            shown_everywhere(relay, ["before"])
        missed = [say(relay, f"missed {number}") for number in range(MISSED)]
        with EmbeddedStack(tmp_path / "data", environment=environment) as stack:
            relay = Relay(stack, stage)
            # KOOK pushes again at once, also the last one missed: a repetition of what backfill brings.
            push(relay, missed[-1])
            push(relay, say(relay, "live"))
            texts = ["before", *(f"missed {number}" for number in range(MISSED)), "live"]
            shown_everywhere(relay, texts)
            relay.wait_until_idle(3 * len(texts), PATIENCE_SECONDS)
            (row,) = progress(relay)
            assert (row["kook_channel_id"], row["reason"], row["problem"]) == (CHANNEL_ID, "start", None)
            notes = [entry["notes"] for entry in relay.logs(limit=500, platform="discord")["data"]]
            assert notes.count(["backfilled"]) in (MISSED, MISSED + 1)


def test_the_operator_can_ask_for_it_and_see_how_far_it_is(tmp_path: Path) -> None:
    with stand_ins() as stage, EmbeddedStack(tmp_path / "data", environment=environment_of(stage)) as stack:
        relay = Relay(stack, stage)
        configured(relay)
        push(relay, say(relay, "one"))
        shown_everywhere(relay, ["one"])
        say(relay, "two, whose event never came")
        begun = relay.call("POST", "/api/accounts/1/backfill")
        assert begun.status_code == 200, begun.text
        push(relay, say(relay, "three"))
        shown_everywhere(relay, ["one", "two", "three"])
        eventually(finished(relay, "manual"), PATIENCE_SECONDS)
        assert relay.call("POST", "/api/accounts/99/backfill").json()["error_code"] == "ACCOUNT_NOT_FOUND"
        relay.call("POST", "/api/accounts/1/stop")
        refused = relay.call("POST", "/api/accounts/1/backfill")
        assert (refused.status_code, refused.json()["error_code"]) == (409, "ACCOUNT_STOPPED")


def test_what_was_said_while_an_account_was_stopped_is_not_relayed(tmp_path: Path) -> None:
    with stand_ins() as stage, EmbeddedStack(tmp_path / "data", environment=environment_of(stage)) as stack:
        relay = Relay(stack, stage)
        configured(relay)
        push(relay, say(relay, "one"))
        shown_everywhere(relay, ["one"])
        relay.call("POST", "/api/accounts/1/stop")
        say(relay, "not meant for elsewhere")
        relay.call("POST", "/api/accounts/1/start")
        eventually(finished(relay, "account_started"), PATIENCE_SECONDS)
        push(relay, say(relay, "two"))
        shown_everywhere(relay, ["one", "two"])


def watching_each_second(folder: Path) -> Path:
    """The template, with the watch that looks once a minute looking each second."""
    text = (REPOSITORY_ROOT / "template.yaml").read_text("utf-8")
    text = text.replace("CodeUri: functions/", f"CodeUri: {REPOSITORY_ROOT}/functions/")
    schedules = "      EmbeddedSchedules:\n"
    assert text.count(schedules) == 1
    look = """        Look: { EverySeconds: 1, Input: '{"chores": ["accounts_seen_changed"]}' }\n"""
    path = folder / "template.yaml"
    path.write_text(text.replace(schedules, schedules + look), "utf-8")
    return path


def connection(relay: Relay) -> dict[str, Any]:
    (account,) = relay.call("GET", "/api/accounts").json()["data"]
    found: dict[str, Any] = account["connection"]
    return found


def test_a_bot_kook_took_offline_comes_back_and_nothing_is_missing(tmp_path: Path) -> None:
    template = watching_each_second(tmp_path)
    with (
        stand_ins() as stage,
        EmbeddedStack(tmp_path / "data", environment=environment_of(stage), template=template) as stack,
    ):
        relay = Relay(stack, stage)
        configured(relay)
        world = stage.kook.world
        push(relay, say(relay, "one"))
        shown_everywhere(relay, ["one"])
        eventually(lambda: connection(relay)["state"] == "online", PATIENCE_SECONDS)

        say(relay, "two, while offline")
        world.online.clear()
        eventually(lambda: bool(world.online), PATIENCE_SECONDS)
        push(relay, say(relay, "three"))
        shown_everywhere(relay, ["one", "two", "three"])
        eventually(lambda: connection(relay)["state"] == "online", PATIENCE_SECONDS)

        # KOOK does not put it online; somebody else does, a while later.
        refusal = Fault(answer=Answer.of_json({"code": 40000, "message": "not now", "data": []}))
        stage.kook.script(refusal, matching=lambda request: request.path.endswith("/user/online"), times=1000)
        say(relay, "four, while KOOK refuses")
        world.online.clear()
        eventually(lambda: connection(relay)["state"] == "offline", PATIENCE_SECONDS)
        assert connection(relay)["next_attempt_at"] is not None
        assert not world.online
        world.online.add(world.bot["id"])
        shown_everywhere(relay, ["one", "two", "three", "four"])
        eventually(lambda: connection(relay)["state"] == "online", PATIENCE_SECONDS)
        assert connection(relay)["next_attempt_at"] is None
