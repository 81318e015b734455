"""What holds on every route of the control API: the token, unknown ids, unreadable bodies."""

from __future__ import annotations

import pytest

from tests.relay_answers import TOKEN, error_of
from tests.unit.relay.relay_api.relay_world import World


def test_health_is_open(world: World) -> None:
    assert world.client.get("/health").get_json() == {"status": "healthy"}


ROUTES = [
    ("GET", "/api/accounts"),
    ("POST", "/api/accounts"),
    ("GET", "/api/accounts/1"),
    ("PUT", "/api/accounts/1"),
    ("DELETE", "/api/accounts/1"),
    ("POST", "/api/accounts/1/start"),
    ("POST", "/api/accounts/1/stop"),
    ("GET", "/api/bots"),
    ("POST", "/api/bots"),
    ("GET", "/api/bots/1"),
    ("PUT", "/api/bots/1"),
    ("DELETE", "/api/bots/1"),
    ("POST", "/api/bots/1/test"),
    ("GET", "/api/mappings"),
    ("POST", "/api/mappings"),
    ("POST", "/api/mappings/batch"),
    ("GET", "/api/mappings/export"),
    ("POST", "/api/mappings/import"),
    ("GET", "/api/mappings/1"),
    ("PUT", "/api/mappings/1"),
    ("DELETE", "/api/mappings/1"),
    ("GET", "/api/logs"),
]


def test_the_list_of_routes_is_complete(world: World) -> None:
    rules = {
        (method, rule.rule.replace("<account_id>", "1").replace("<bot_id>", "1").replace("<mapping_id>", "1"))
        for rule in world.client.application.url_map.iter_rules()
        for method in rule.methods or ()
        if method not in ("HEAD", "OPTIONS", "PATCH")
    }
    assert rules == {*ROUTES, ("GET", "/health")}


@pytest.mark.parametrize(("method", "path"), ROUTES)
def test_everything_else_asks_for_the_token(world: World, method: str, path: str) -> None:
    for suffix in ("", "/"):
        missing = world.client.open(path + suffix, method=method)
        wrong = world.client.open(path + suffix, method=method, headers={"X-API-Token": "wrong"})
        error_of(missing, 401, "UNAUTHORIZED")
        error_of(wrong, 401, "INVALID_TOKEN")


@pytest.mark.parametrize(("method", "path"), [route for route in ROUTES if "/1" in route[1]])
def test_unknown_and_malformed_ids(world: World, method: str, path: str) -> None:
    unknown = world.call(method, path.replace("/1", "/77"), {} if method in ("PUT", "POST") else None)
    body = error_of(unknown, 404, unknown.get_json()["error_code"])
    assert body["error_code"] in ("ACCOUNT_NOT_FOUND", "BOT_NOT_FOUND", "MAPPING_NOT_FOUND")
    assert "77" in body["error_message"]
    malformed = world.call(method, path.replace("/1", "/abc"), {} if method in ("PUT", "POST") else None)
    error_of(malformed, 400, "INVALID_PARAMETER")


@pytest.mark.parametrize(
    "path", ["/api/accounts", "/api/bots", "/api/mappings", "/api/mappings/batch", "/api/mappings/import"]
)
@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"null", b"\xff", b'"x"'])
def test_unreadable_bodies_are_400(world: World, path: str, body: bytes) -> None:
    response = world.client.post(path, data=body, headers={"X-API-Token": TOKEN})
    assert response.status_code == 400
    assert response.get_json()["error_code"].startswith("BODY_")
