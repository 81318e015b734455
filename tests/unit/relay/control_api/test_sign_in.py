"""Signing in over HTTP: sessions, refusals, limits, the password, and that no secret gets out."""

from __future__ import annotations

from typing import Any

import pytest

from shared.relay.api.control_texts import BACKUP_FLAWS, CONTROL_ERRORS
from shared.relay.api.texts import ERRORS
from shared.relay.backup_archive import Flaw
from shared.relay.errors import Refusal
from shared.relay.login_attempts import PER_ADDRESS
from shared.web.catalogue import WEB_ERRORS
from tests.fakes.scripted_http import answer
from tests.relay_answers import TOKEN, error_of
from tests.unit.relay.control_api.control_world import ENGLISH, PASSWORD, World

ROUTES = [
    ("POST", "/api/auth/logout"),
    ("POST", "/api/auth/change-password"),
    ("POST", "/api/auth/reset-password"),
    ("GET", "/api/system/status"),
    ("POST", "/api/system/start"),
    ("POST", "/api/system/stop"),
    ("POST", "/api/system/restart"),
    ("GET", "/api/logs/stats"),
    ("GET", "/api/logs/stats/trend"),
    ("POST", "/api/logs/clear"),
    ("GET", "/api/logs/clear/clear_0123456789abcdef"),
    ("GET", "/api/cache/stats"),
    ("GET", "/api/health/check"),
    ("POST", "/api/backup/create"),
    ("GET", "/api/backup/list"),
    ("POST", "/api/backup/restore"),
    ("POST", "/api/backup/upload"),
    ("GET", "/api/backup/backup_20251019_153000/download"),
    ("DELETE", "/api/backup/backup_20251019_153000"),
    ("GET", "/api/updates/check"),
]


@pytest.mark.parametrize(("method", "path"), ROUTES)
def test_every_route_asks_for_a_token(world: World, method: str, path: str) -> None:
    error_of(world.client.open(path, method=method), 401, "UNAUTHORIZED")
    error_of(world.call(method, path, token="wrong"), 401, "INVALID_TOKEN")


@pytest.mark.parametrize(("method", "path"), [route for route in ROUTES if route[0] == "GET"])
def test_a_trailing_slash_makes_no_difference(world: World, method: str, path: str) -> None:
    world.feed.script = [answer(200, {"version": "1.0.0"})]
    plain, slashed = world.call(method, path), world.call(method, path + "/")
    assert (plain.status_code, plain.get_json()) == (slashed.status_code, slashed.get_json())


def test_signing_in_and_using_the_session(world: World) -> None:
    response = world.open_call("/api/auth/login", {"password": PASSWORD})
    body = response.get_json()
    assert (response.status_code, body["success"], body["expires_in"]) == (200, True, 2_592_000)
    assert world.client.get("/api/accounts", headers={"Authorization": f"Bearer {body['token']}"}).status_code == 200
    assert world.call("GET", "/api/accounts", token=body["token"]).status_code == 200
    verified = world.open_call("/api/auth/verify", {"token": body["token"]})
    assert (verified.status_code, verified.get_json()) == (
        200,
        {"success": True, "valid": True, "expires_in": 2_592_000},
    )


def test_a_wrong_password_and_a_foreign_token_are_401(world: World) -> None:
    body = error_of(world.open_call("/api/auth/login", {"password": "nope-nope"}, **ENGLISH), 401, "INVALID_PASSWORD")
    assert body["error_message"] == "The password is wrong"
    assert error_of(world.open_call("/api/auth/verify", {"token": "x"}), 401, "INVALID_TOKEN")["valid"] is False
    # The API token is no session, and this is no place to try it out.
    error_of(world.open_call("/api/auth/verify", {"token": TOKEN}), 401, "INVALID_TOKEN")


@pytest.mark.parametrize(
    "path", ["/api/auth/login", "/api/auth/verify", "/api/auth/change-password", "/api/backup/restore"]
)
@pytest.mark.parametrize("body", [None, [], "x", {}, {"password": 7, "token": [], "old_password": 1, "backup_id": {}}])
def test_malformed_bodies_are_400(world: World, path: str, body: Any) -> None:
    response = world.call("POST", path, body)
    assert response.status_code == 400, response.get_data(as_text=True)
    assert response.get_json()["error_code"] in (
        "BODY_MISSING", "BODY_NOT_OBJECT", "MISSING_PARAMETER", "INVALID_PARAMETER", "BODY_NOT_JSON",
    )  # fmt: skip


def test_attempts_are_limited_by_the_address_the_front_door_tells(world: World) -> None:
    for _ in range(PER_ADDRESS):
        world.open_call("/api/auth/login", {"password": "nope-nope"}, **{"X-Relay-Client-Address": "203.0.113.9"})
    refused = world.open_call("/api/auth/login", {"password": PASSWORD}, **{"X-Relay-Client-Address": "203.0.113.9"})
    error_of(refused, 429, "TOO_MANY_REQUESTS")
    assert 0 < int(refused.headers["Retry-After"]) <= 900
    other = world.open_call("/api/auth/login", {"password": PASSWORD}, **{"X-Relay-Client-Address": "203.0.113.10"})
    assert other.status_code == 200


def test_logging_out(world: World) -> None:
    token = world.log_in()
    assert world.call("POST", "/api/auth/logout", token=token).status_code == 200
    error_of(world.call("GET", "/api/accounts", token=token), 401, "INVALID_TOKEN")
    error_of(world.call("POST", "/api/auth/logout"), 400, "NO_SESSION")


def test_changing_the_password_ends_all_sessions(world: World) -> None:
    one, other = world.log_in(), world.log_in()
    change = {"old_password": PASSWORD, "new_password": "another-password"}
    assert world.call("POST", "/api/auth/change-password", change, token=one).status_code == 200
    for token in (one, other):
        error_of(world.call("GET", "/api/accounts", token=token), 401, "INVALID_TOKEN")
    error_of(world.open_call("/api/auth/login", {"password": PASSWORD}), 401, "INVALID_PASSWORD")
    assert world.open_call("/api/auth/login", {"password": "another-password"}).status_code == 200


@pytest.mark.parametrize(
    ("change", "status", "code"),
    [
        ({"old_password": "nope-nope", "new_password": "another-password"}, 401, "INVALID_PASSWORD"),
        ({"old_password": PASSWORD, "new_password": PASSWORD}, 400, "SAME_PASSWORD"),
        ({"old_password": PASSWORD, "new_password": "short"}, 400, "INVALID_PARAMETER"),
        ({"old_password": PASSWORD, "new_password": "x" * 129}, 400, "INVALID_PARAMETER"),
        ({"old_password": PASSWORD}, 400, "MISSING_PARAMETER"),
    ],
)
def test_refused_changes_of_the_password(world: World, change: Any, status: int, code: str) -> None:
    error_of(world.call("POST", "/api/auth/change-password", change), status, code)


def test_only_the_api_token_resets_the_password(world: World) -> None:
    wanted = {"new_password": "another-password"}
    error_of(world.call("POST", "/api/auth/reset-password", wanted, token=world.log_in()), 403, "API_TOKEN_REQUIRED")
    assert world.call("POST", "/api/auth/reset-password", wanted).status_code == 200
    assert world.open_call("/api/auth/login", {"password": "another-password"}).status_code == 200


def test_a_failing_database_is_503_also_while_signing_in(world: World) -> None:
    world.admin_store.broken = True
    error_of(world.open_call("/api/auth/login", {"password": PASSWORD}), 503, "STORE_UNAVAILABLE")
    error_of(world.call("GET", "/api/accounts", token="x" * 43), 503, "STORE_UNAVAILABLE")


def test_no_secret_is_logged_or_answered(world: World) -> None:
    token = world.log_in()
    answers = [
        world.open_call("/api/auth/login", {"password": PASSWORD + "x"}),
        world.call("POST", "/api/auth/change-password", {"old_password": "canary", "new_password": ["canary"]}),
        world.call("POST", "/api/backup/create", {"passphrase": ["canary-passphrase"]}),
        world.call("POST", "/api/auth/logout", token=token),
    ]
    said = repr(world.lines.__dict__) + "".join(response.get_data(as_text=True) for response in answers)
    assert "canary" not in said
    assert token not in said


def test_every_refusal_and_every_flaw_has_its_words_once() -> None:
    assert not ERRORS.keys() & CONTROL_ERRORS.keys()
    assert {refusal.value for refusal in Refusal} <= {str(code) for code in (*ERRORS, *CONTROL_ERRORS, *WEB_ERRORS)}
    assert {flaw.value for flaw in Flaw} | {"invalid_records", "unknown_platform"} == set(BACKUP_FLAWS)
