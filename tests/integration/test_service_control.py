"""The relay's own control on the embedded stack: stopping holds messages back in order, restores survive, sessions work
over HTTP and across a restart of the process."""

from __future__ import annotations

import re
import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.e2e.stage import CHANNEL_ID, VERIFY_TOKEN, Relay, running_relay
from tests.embedded import eventually
from tests.standins.kook_wire import encode


@pytest.fixture
def relay(tmp_path: Path) -> Iterator[Relay]:
    # In one process, so that the cache whose figures are shown is the one that relaying uses.
    with running_relay(tmp_path, {"FUNCTION_PROCESSES": "0"}) as running:
        yield running


def post_message(relay: Relay, text: str) -> None:
    author = {"id": "2418200001", "username": "tester", "nickname": "tester", "bot": False, "avatar": ""}
    data = {
        "channel_type": "GROUP",
        "type": 9,
        "target_id": CHANNEL_ID,
        "author_id": "2418200001",
        "content": text,
        "extra": {"type": 9, "guild_id": "1", "channel_name": "大厅", "author": author, "mention": []},
        "msg_id": str(uuid.uuid4()),
        "msg_timestamp": time.time_ns() // 1_000_000,
        "nonce": "",
        "verify_token": VERIFY_TOKEN,
    }
    answer = relay.post("/webhook/1", encode({"s": 0, "d": data, "sn": 1}, "plain"))
    assert answer.status_code == 200, answer.text


def status(relay: Relay) -> dict[str, Any]:
    answer = relay.call("GET", "/api/system/status")
    assert answer.status_code == 200, answer.text
    body: dict[str, Any] = answer.json()
    return body


def wait_for_state(relay: Relay, word: str) -> None:
    eventually(lambda: status(relay)["service_state"] == word)


def queues(relay: Relay) -> dict[str, dict[str, Any]]:
    worker = relay.call("GET", "/api/health/check").json()["components"]["worker"]
    return {queue["name"]: queue for queue in worker["queues"]}


def numbers(relay: Relay) -> list[int]:
    """The numbers of the messages that Discord has received, in their order."""
    found = [re.search(r"number (\d+)", message.text) for message in relay.received("discord")]
    return [int(match[1]) for match in found if match is not None]


def test_a_stopped_service_holds_messages_back_and_releases_them_in_order(relay: Relay) -> None:
    relay.add_account("a@example.com")
    relay.configure_destinations()
    post_message(relay, "number 0")
    relay.wait_for("discord", 1)

    assert relay.call("POST", "/api/system/stop").json()["service_running"] is False
    wait_for_state(relay, "stopped")
    for number in range(1, 13):
        post_message(relay, f"number {number}")
    # They are in the queue and nobody has touched them: none in flight, so none has been received.
    eventually(lambda: queues(relay)["events"]["waiting"] == 12)
    assert queues(relay)["events"]["in_flight"] == 0
    assert status(relay)["queue_size"] == 12
    assert relay.call("GET", "/api/health/check").json()["status"] == "degraded"

    # A stopped service stays stopped when its process is restarted, or killed.
    relay.stack.kill9()
    relay.stack.restart()
    relay.http = requests.Session()
    wait_for_state(relay, "stopped")
    assert queues(relay)["events"]["waiting"] == 12
    assert numbers(relay) == [0]

    assert relay.call("POST", "/api/system/start").json()["service_running"] is True
    wait_for_state(relay, "running")
    relay.wait_for("discord", 13)
    assert numbers(relay) == list(range(13))
    relay.wait_until_idle(13 * 3)
    assert status(relay)["queue_size"] == 0
    stats = relay.call("GET", "/api/logs/stats").json()
    assert (stats["total"], stats["success"], stats["success_rate"]) == (39, 39, 100.0)
    assert {stats["by_platform"][name] for name in ("discord", "telegram", "feishu")} == {13}
    assert relay.call("GET", "/api/cache/stats").json()["total_hits"] > 0


def test_a_restored_configuration_relays_again(relay: Relay) -> None:
    relay.add_account("a@example.com")
    bots = relay.configure_destinations()
    made = relay.call("POST", "/api/backup/create", {"passphrase": "correct horse"}).json()
    for bot_id in bots.values():
        assert relay.call("DELETE", f"/api/bots/{bot_id}").status_code == 200
    restored = relay.call(
        "POST", "/api/backup/restore", {"backup_id": made["backup_id"], "passphrase": "correct horse"}
    )
    body = restored.json()
    assert (restored.status_code, body["complete"], body["missing_secrets"]) == (200, True, [])
    post_message(relay, "number 1")
    relay.wait_for("discord", 1)
    relay.wait_for("telegram", 1)
    relay.wait_for("feishu", 1)
    downloaded = relay.call("GET", f"/api/backup/{made['backup_id']}/download")
    assert downloaded.headers["Content-Type"] == "application/zip"
    assert len(downloaded.content) == made["size_bytes"]
    uploaded = relay.http.post(
        f"{relay.stack.base_url}/api/backup/upload",
        data=downloaded.content,
        headers={**relay.stack.headers, "Content-Type": "application/zip"},
        timeout=30,
    )
    assert (uploaded.status_code, uploaded.json()["size_bytes"]) == (201, made["size_bytes"])


def test_the_password_of_the_first_start_opens_sessions_that_outlive_the_process(relay: Relay) -> None:
    shown = re.findall(r"Admin password\s+(\S+)", relay.stack.output())
    assert len(shown) == 1
    answer = relay.http.post(f"{relay.stack.base_url}/api/auth/login", json={"password": shown[0]}, timeout=30)
    assert answer.status_code == 200
    session = {"Authorization": f"Bearer {answer.json()['token']}"}
    assert relay.stack.stop() == 0
    relay.stack.restart()
    relay.http = requests.Session()
    assert relay.http.get(f"{relay.stack.base_url}/api/accounts", headers=session, timeout=30).status_code == 200
    assert re.findall(r"Admin password\s+(\S+)", relay.stack.output())[1:] == ["set"]
    change = {"old_password": shown[0], "new_password": "another-password"}
    url = f"{relay.stack.base_url}/api/auth/change-password"
    assert relay.http.post(url, json=change, headers=session, timeout=30).status_code == 200
    assert relay.http.get(f"{relay.stack.base_url}/api/accounts", headers=session, timeout=30).status_code == 401


def test_clearing_runs_in_the_background_and_reports(relay: Relay) -> None:
    relay.add_account("a@example.com")
    relay.configure_destinations()
    post_message(relay, "number 1")
    relay.wait_until_idle(3)
    job = relay.call("POST", "/api/logs/clear", params={"days": 1}).json()
    path = f"/api/logs/clear/{job['job_id']}"
    done = eventually(lambda: found if (found := relay.call("GET", path).json())["status"] == "done" else None)
    assert done["removed_count"] == 0  # today's rows stay
    assert relay.logs()["total"] == 3
