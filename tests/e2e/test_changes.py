"""Edits and deletions in KOOK, over HTTP on the embedded stack: three platforms follow them, also after a restart."""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

from local.demo.stage import stand_ins
from tests.e2e.stage import CHANNEL_ID, VERIFY_TOKEN, Relay
from tests.embedded import EmbeddedStack, eventually

PLATFORMS = ("discord", "telegram", "feishu")
AUTHOR = {"id": "2418200001", "username": "测试用户", "nickname": "昵称", "bot": False, "avatar": ""}


def post(relay: Relay, **fields: Any) -> str:
    """As KOOK posts; the msg_id of the event."""
    d = {
        "channel_type": "GROUP",
        "msg_id": str(uuid.uuid4()),
        "msg_timestamp": time.time_ns() // 1_000_000,
        "nonce": "",
        "verify_token": VERIFY_TOKEN,
        **fields,
    }
    body = json.dumps({"s": 0, "d": d, "sn": 1}).encode()
    eventually(lambda: relay.post("/webhook/1", body).status_code == 200)
    return str(d["msg_id"])


def say(relay: Relay, content: str, **more: Any) -> str:
    extra = {"type": 9, "guild_id": "1", "channel_name": "大厅", "author": AUTHOR, "mention": [], **more}
    return post(relay, type=9, target_id=CHANNEL_ID, author_id=AUTHOR["id"], content=content, extra=extra)


def change(relay: Relay, kind: str, msg_id: str, **body: Any) -> None:
    extra = {"type": kind, "body": {"msg_id": msg_id, "channel_id": CHANNEL_ID, "channel_type": 1, **body}}
    post(relay, type=255, target_id="1", author_id="1", content="[系统消息]", extra=extra)


def everywhere(relay: Relay, holds: Callable[[list[str]], bool]) -> None:
    """Wait until it holds of the texts that each platform shows."""
    for platform in PLATFORMS:
        eventually(lambda name=platform: holds([message.text for message in relay.received(name)]))  # type: ignore[misc]


def test_every_platform_follows_edits_and_deletions_also_after_a_restart(tmp_path: Path) -> None:
    with stand_ins() as stage:
        environment = stage.environment()
        with EmbeddedStack(tmp_path / "data", environment=environment) as stack:
            relay = Relay(stack, stage)
            relay.add_account("plain@example.com")
            relay.configure_destinations()
            first = say(relay, "the first draft")
            second = say(relay, "to be deleted")
            everywhere(relay, lambda texts: len(texts) == 2)

            change(relay, "updated_message", first, content="the second draft")
            everywhere(relay, lambda texts: "second draft" in texts[0] and "first draft" not in texts[0])
            # Longer than one message of Discord's and Telegram's: more parts than were sent.
            change(relay, "updated_message", first, content="long " * 1200)
            everywhere(relay, lambda texts: "".join(texts).count("long") == 1200)
            relay.wait_until_idle(12)

        with EmbeddedStack(tmp_path / "data", environment=environment) as stack:
            relay = Relay(stack, stage)
            change(relay, "updated_message", first, content="**short** again")
            everywhere(relay, lambda texts: len(texts) == 2 and "short" in texts[0] and "long" not in "".join(texts))
            change(relay, "deleted_message", second)
            everywhere(relay, lambda texts: len(texts) == 1 and "deleted" not in texts[0])
            change(relay, "deleted_message", first)
            everywhere(relay, lambda texts: texts == [])
            # What changes nothing that was relayed is no delivery.
            change(relay, "deleted_message", str(uuid.uuid4()))
            rows = relay.wait_until_idle(21)
            assert {row["status"] for row in rows} == {"success"}
            kinds = [row["message_type"] for row in rows]
            assert (kinds.count("edit"), kinds.count("delete")) == (9, 6)


def test_a_reply_is_native_where_the_platform_knows_the_message(tmp_path: Path) -> None:
    with stand_ins() as stage, EmbeddedStack(tmp_path / "data", environment=stage.environment()) as stack:
        relay = Relay(stack, stage)
        relay.add_account("plain@example.com")
        relay.configure_destinations()
        question = say(relay, "the question")
        # Right behind it: it need not have arrived anywhere when the reply is routed.
        say(relay, "the answer", quote={"rong_id": question, "type": 9, "content": "the question", "author": AUTHOR})
        everywhere(relay, lambda texts: len(texts) == 2 and "the answer" in texts[1])
        shown = {platform: relay.received(platform)[1].text for platform in PLATFORMS}
        # A webhook of Discord's cannot reply: the quoted line says it.
        assert {platform for platform, text in shown.items() if "the question" in text} == {"discord"}
        telegram = stage.platforms["telegram"].sent[1]  # type: ignore[attr-defined]
        feishu = stage.platforms["feishu"]
        assert telegram.arguments["reply_parameters"] == {"message_id": int(relay.received("telegram")[0].message_id)}
        assert list(feishu.replies.values()) == [relay.received("feishu")[0].message_id]  # type: ignore[attr-defined]


def test_pins_and_reactions_are_carried_over_where_the_mapping_asks_for_it(tmp_path: Path) -> None:
    with stand_ins() as stage, EmbeddedStack(tmp_path / "data", environment=stage.environment()) as stack:
        relay = Relay(stack, stage)
        relay.add_account("plain@example.com")
        relay.configure_destinations()
        telegram = stage.platforms["telegram"]
        for mapping in relay.call("GET", "/api/mappings").json()["data"]:
            policy = {"pin_policy": "apply_or_note", "reaction_policy": "apply"}
            assert relay.call("PUT", f"/api/mappings/{mapping['id']}", policy).status_code == 200
        message = say(relay, "rules of the house")
        everywhere(relay, lambda texts: len(texts) == 1)
        change(relay, "pinned_message", message, operator_id="1")
        change(relay, "added_reaction", message, user_id="2", emoji={"id": "[#128077;]", "name": "[#128077;]"})
        rows = relay.wait_until_idle(9)
        assert {row["status"] for row in rows} == {"success"}
        shown = int(relay.received("telegram")[0].message_id)
        assert telegram.pinned == {shown}  # type: ignore[attr-defined]
        assert telegram.reactions == {shown: ["👍"]}  # type: ignore[attr-defined]
        assert len(stage.platforms["feishu"].pinned) == 1  # type: ignore[attr-defined]
        # A webhook of Discord's can do neither: a note says that of the pin, as the mapping wants it.
        texts = [received.text for received in relay.received("discord")]
        assert len(texts) == 2
        assert "rules of the house" in texts[1]
        assert len(relay.received("telegram")) == 1
