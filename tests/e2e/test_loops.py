"""Two relays facing each other, over HTTP on the embedded stack: the round stops, and nothing of it is lost."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from shared.relay.loop_guard import LOOP_SUSPECTED, MAX_REPETITIONS
from tests.e2e.stage import CHANNEL_ID, Relay, running_relay
from tests.e2e.test_changes import PLATFORMS, everywhere, post

BRIDGE = {"id": "2418200099", "username": "bridge", "nickname": "bridge", "bot": True, "avatar": ""}


def bridge_says(relay: Relay, content: str) -> None:
    extra = {"type": 9, "guild_id": "1", "channel_name": "大厅", "author": BRIDGE, "mention": []}
    post(relay, type=9, target_id=CHANNEL_ID, author_id=BRIDGE["id"], content=content, extra=extra)


def relay_bots_everywhere(relay: Relay) -> None:
    relay.add_account("plain@example.com")
    relay.configure_destinations()
    for mapping in relay.call("GET", "/api/mappings").json()["data"]:
        changed = relay.call("PUT", f"/api/mappings/{mapping['id']}", {"filters": {"relay_bots": True}})
        assert changed.status_code == 200, changed.text


def failed(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [row for row in rows if row["status"] == "failed"]


def test_what_another_relay_brings_back_is_held_back_and_can_be_sent_by_hand(tmp_path: Path) -> None:
    with running_relay(tmp_path) as relay:
        relay_bots_everywhere(relay)
        bridge_says(relay, "[discord] <Alice> have a look")
        relay.wait_until_idle(len(PLATFORMS))
        (held_back,) = relay.call("GET", "/api/deliveries", params={"status": "failed"}).json()["data"]
        assert held_back["error_code"] == LOOP_SUSPECTED
        assert "discord" in held_back["error_message"]
        assert [len(relay.received(platform)) for platform in PLATFORMS] == [0, 1, 1]

        answer = relay.call("POST", f"/api/deliveries/{held_back['delivery_id']}/retry")
        assert answer.status_code == 200, answer.text
        everywhere(relay, lambda texts: len(texts) == 1 and "have a look" in texts[0])


def test_a_round_between_two_relays_stops(tmp_path: Path) -> None:
    with running_relay(tmp_path) as relay:
        relay_bots_everywhere(relay)
        text, turns = "hello", MAX_REPETITIONS + 3
        for _ in range(turns):
            bridge_says(relay, text)
            text = f"[irc] <bridge> {text}"
        rows = relay.wait_until_idle(turns * len(PLATFORMS))
        everywhere(relay, lambda texts: len(texts) == MAX_REPETITIONS)
        assert len(failed(rows)) == 3 * len(PLATFORMS)
        assert {row["error_code"] for row in failed(rows)} == {LOOP_SUSPECTED}
