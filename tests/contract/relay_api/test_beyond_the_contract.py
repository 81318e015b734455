"""Documented operations that the contract has no entry for: each succeeds once, as the OpenAPI document says."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

import pytest
import requests

from shared.relay.api.openapi.bots import EXAMPLES
from shared.relay.api.openapi.document import OPERATIONS
from tests.contract.relay_api.entries import http_entries
from tests.contract.relay_api.scenarios import MAPPING
from tests.contract.relay_api.walk import Walk
from tests.embedded import eventually
from tests.standins.server import Answer, Fault

IN_CONTRACT = {(entry.method, entry.path) for entry in http_entries()}


def call(walk: Walk, method: str, path: str, body: Any = None, **options: Any) -> requests.Response:
    """Held against the document by the walk itself."""
    return walk.request(method, path, None if body is None else json.dumps(body).encode(), **options)


def show_account(walk: Walk) -> requests.Response:
    return call(walk, "GET", f"/api/accounts/{walk.new_account()}")


def change_account(method: str) -> Callable[[Walk], requests.Response]:
    return lambda walk: call(
        walk, method, f"/api/accounts/{walk.new_account()}", {"email": f"changed{walk.number()}@example.com"}
    )


def change_bot(method: str) -> Callable[[Walk], requests.Response]:
    return lambda walk: call(walk, method, f"/api/bots/{walk.new_bot()}", {"name": "改名"})


def log_out(walk: Walk) -> requests.Response:
    session = walk.sign_in()
    ended = call(walk, "POST", "/api/auth/logout", token=session)
    assert call(walk, "GET", "/api/accounts", token=session).status_code == 401
    return ended


def reset_password(walk: Walk) -> requests.Response:
    changed = call(walk, "POST", "/api/auth/reset-password", {"new_password": "walk-reset-password"})
    walk.password = "walk-reset-password"
    walk.sign_in()
    return changed


def clearing(walk: Walk) -> requests.Response:
    job_id = walk.done("POST", "/api/logs/clear")["job_id"]
    return call(walk, "GET", f"/api/logs/clear/{job_id}")


def failed_delivery(walk: Walk) -> str:
    """A delivery that Discord refused once; its id."""
    discord = walk.relay.stage.platforms["discord"]
    refused = Answer.of_json({"message": "Harmful link", "code": 240000}, 400)
    discord.script(Fault(processed=False, answer=refused), matching=lambda request: request.method == "POST")
    message_id = walk.post_message()

    def rows() -> list[dict[str, Any]]:
        found = walk.done("GET", "/api/deliveries?status=failed&platform=discord&limit=50")["data"]
        return [row for row in found if row["kook_message_id"] == message_id]

    eventually(lambda: len(rows()) == 1)
    return str(rows()[0]["delivery_id"])


def show_delivery(walk: Walk) -> requests.Response:
    answer = call(walk, "GET", f"/api/deliveries/{failed_delivery(walk)}")
    shown = answer.json()["data"]
    assert (shown["status"], shown["error_code"], shown["parts_sent"]) == ("failed", "harmful_link", 0)
    return answer


def retry_delivery(walk: Walk) -> requests.Response:
    path = f"/api/deliveries/{failed_delivery(walk)}"
    answer = call(walk, "POST", f"{path}/retry")
    assert answer.json()["data"]["generation"] == 2
    eventually(lambda: walk.done("GET", path)["data"]["status"] == "success")
    assert call(walk, "POST", f"{path}/retry").status_code == 409
    assert call(walk, "POST", "/api/deliveries/1-AAAA/retry").status_code == 404
    return answer


def retry_deliveries(walk: Walk) -> requests.Response:
    shown_id = failed_delivery(walk)
    wanted = {"platform": "discord", "error_code": "harmful_link"}
    tried = call(walk, "POST", "/api/deliveries/retry", {**wanted, "dry_run": True}).json()
    assert shown_id in {row["delivery_id"] for row in tried["samples"]}
    assert walk.done("GET", f"/api/deliveries/{shown_id}")["data"]["status"] == "failed"
    for wrong in ({"platform": "myspace"}, {"since": "yesterday"}, {"bot_id": "1"}, {"status": "success"}):
        assert call(walk, "POST", "/api/deliveries/retry", wrong).status_code == 400
    answer = call(walk, "POST", "/api/deliveries/retry", wanted)
    eventually(lambda: walk.done("GET", f"/api/deliveries/{shown_id}")["data"]["status"] == "success")
    return answer


def show_replay(walk: Walk) -> requests.Response:
    job_id = walk.done("POST", "/api/deliveries/retry", {"bot_id": 900_000_001})["job_id"]
    eventually(lambda: walk.done("GET", f"/api/deliveries/retry/{job_id}")["status"] == "done")
    return call(walk, "GET", f"/api/deliveries/retry/{job_id}")


def download(walk: Walk) -> requests.Response:
    answer = call(walk, "GET", f"/api/backup/{walk.new_backup()}/download")
    assert answer.content.startswith(b"PK")
    return answer


def upload(walk: Walk) -> requests.Response:
    backup_id = walk.new_backup()
    content = call(walk, "GET", f"/api/backup/{backup_id}/download").content
    walk.done("DELETE", f"/api/backup/{backup_id}")
    return walk.request("POST", "/api/backup/upload", content, media_type="application/zip")


def delete_backup(walk: Walk) -> requests.Response:
    backup_id = walk.new_backup()
    deleted = call(walk, "DELETE", f"/api/backup/{backup_id}")
    assert call(walk, "DELETE", f"/api/backup/{backup_id}").status_code == 404
    return deleted


def apply_suggestions(walk: Walk) -> requests.Response:
    bot_id = walk.new_bot()
    chosen = {
        "kook_server_id": "7001",
        "kook_channel_id": f"applied{walk.number()}",
        "kook_channel": "公告",
        "target": "1287000000000000001",
        "bot_id": bot_id,
    }
    rows = [chosen, chosen, {**chosen, "bot_id": 900_000_001}, {"bot_id": bot_id}]
    answer = call(walk, "POST", "/api/smart-mapping/apply", {"mappings": rows})
    assert [row["status"] for row in answer.json()["results"]] == ["created", "skipped", "failed", "failed"]
    return answer


def backfill_progress(walk: Walk) -> requests.Response:
    walk.new_mapping(MAPPING)
    path = f"/api/accounts/{walk.new_account()}/backfill"
    walk.done("POST", path)

    def looked_at() -> bool:
        rows = call(walk, "GET", path).json()["data"]
        return any(row["finished_at"] or row["problem"] for row in rows)

    eventually(looked_at)
    return call(walk, "GET", path)


def audited(walk: Walk) -> requests.Response:
    walk.done("POST", f"/api/accounts/{walk.new_account()}/kook/user/me")
    answer = call(walk, "GET", "/api/audit?limit=1")
    assert answer.json()["data"][0]["action"] == "kook:user/me"
    return answer


CALLS: Mapping[tuple[str, str], Callable[[Walk], requests.Response]] = {
    ("POST", "/api/auth/logout"): log_out,
    ("POST", "/api/auth/reset-password"): reset_password,
    ("GET", "/api/accounts/{account_id}"): show_account,
    ("PUT", "/api/accounts/{account_id}"): change_account("PUT"),
    ("PATCH", "/api/accounts/{account_id}"): change_account("PATCH"),
    ("POST", "/api/accounts/{account_id}/backfill"): lambda walk: call(
        walk, "POST", f"/api/accounts/{walk.new_account()}/backfill"
    ),
    ("GET", "/api/accounts/{account_id}/backfill"): backfill_progress,
    ("GET", "/api/bots/{bot_id}"): lambda walk: call(walk, "GET", f"/api/bots/{walk.new_bot()}"),
    ("PUT", "/api/bots/{bot_id}"): change_bot("PUT"),
    ("PATCH", "/api/bots/{bot_id}"): change_bot("PATCH"),
    ("GET", "/api/mappings/{mapping_id}"): lambda walk: call(walk, "GET", f"/api/mappings/{walk.new_mapping(MAPPING)}"),
    ("PATCH", "/api/mappings/{mapping_id}"): lambda walk: call(
        walk, "PATCH", f"/api/mappings/{walk.new_mapping(MAPPING)}", {"enabled": 0}
    ),
    ("POST", "/api/smart-mapping/apply"): apply_suggestions,
    ("GET", "/api/logs/stats/trend"): lambda walk: call(walk, "GET", "/api/logs/stats/trend?period=month"),
    ("GET", "/api/logs/clear/{job_id}"): clearing,
    ("GET", "/api/deliveries"): lambda walk: call(walk, "GET", "/api/deliveries?status=success&bot_id=1&limit=5"),
    ("GET", "/api/deliveries/{delivery_id}"): show_delivery,
    ("POST", "/api/deliveries/{delivery_id}/retry"): retry_delivery,
    ("POST", "/api/deliveries/retry"): retry_deliveries,
    ("GET", "/api/deliveries/retry/{job_id}"): show_replay,
    ("POST", "/api/backup/upload"): upload,
    ("GET", "/api/backup/{backup_id}/download"): download,
    ("DELETE", "/api/backup/{backup_id}"): delete_backup,
    ("GET", "/api/audit"): audited,
    ("POST", "/api/ws/ticket"): lambda walk: call(walk, "POST", "/api/ws/ticket"),
    ("GET", "/api/accounts/{account_id}/kook"): lambda walk: call(
        walk, "GET", f"/api/accounts/{walk.new_account()}/kook"
    ),
    ("POST", "/api/accounts/{account_id}/kook/{call}"): lambda walk: call(
        walk, "POST", f"/api/accounts/{walk.new_account()}/kook/guild-list", {"page": 1}
    ),
}
KOOK_CALLS: Mapping[str, Mapping[str, Any]] = {
    "user/me": {},
    "guild/view": {"guild_id": "7001"},
    "channel/list": {"guild_id": "7001"},
    "message/create": {"target_id": "8001", "content": "walk"},
    "message/list": {"target_id": "8001"},
    "user/get-online-status": {},
}


def test_every_documented_operation_is_called() -> None:
    documented = {
        (method, operation.path)
        for operation in OPERATIONS
        for method in operation.methods
        if not operation.route  # calls to KOOK: the route that serves them is there
    }
    assert documented == IN_CONTRACT | set(CALLS)


@pytest.mark.parametrize(("method", "path"), list(CALLS), ids=lambda value: value.strip("/").replace("/", "."))
def test_the_operation_succeeds_as_documented(walk: Walk, method: str, path: str) -> None:
    answer = CALLS[method, path](walk)
    assert answer.ok, f"{method} {path}: {answer.status_code} {answer.text[:500]}"


@pytest.mark.parametrize("name", KOOK_CALLS)
def test_calls_to_kook_answer_as_documented(walk: Walk, name: str) -> None:
    answer = call(walk, "POST", f"/api/accounts/{walk.new_account()}/kook/{name}", KOOK_CALLS[name])
    assert answer.status_code == 200, answer.text
    assert answer.json()["call"] == name


def test_an_unknown_call_to_kook_names_those_there_are(walk: Walk) -> None:
    answer = call(walk, "POST", f"/api/accounts/{walk.new_account()}/kook/no-such-call")
    assert answer.status_code == 404
    assert "message/create" in answer.json()["allowed"]


@pytest.mark.parametrize("platform", EXAMPLES)
def test_the_documented_bots_can_be_added(walk: Walk, platform: str) -> None:
    answer = call(walk, "POST", "/api/bots", EXAMPLES[platform])
    assert answer.status_code == 201, answer.text
    assert answer.json()["data"]["platform"] == platform
