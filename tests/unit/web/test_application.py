"""The Flask application around the views: authentication, errors in the contract's envelope, headers, log lines."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from flask import Blueprint, Response, abort, jsonify
from flask.testing import FlaskClient
from pydantic import BaseModel

from shared.security.tokens import token_digest
from shared.web.application import create_app, current_language, current_principal
from shared.web.authentication import ApiTokenVerifier, Authenticator, open_route
from shared.web.catalogue import Catalogue
from shared.web.envelopes import RelayEnvelope
from shared.web.errors import ApiError
from shared.web.parameters import path_id, query_choice, query_integer, query_text
from shared.web.request_json import json_object
from tests.fakes.clock import FakeClock
from tests.fakes.request_log import FakeRequestLog

TOKEN = "operators-token"
AUTHORISED = {"X-API-Token": TOKEN}
MAX_BODY_BYTES = 2048


class AreaFailure(Exception):
    pass


class Item(BaseModel):
    size: int


VIEWS = Blueprint("views", __name__)


@VIEWS.get("/health")
@open_route
def health() -> Response:
    return jsonify({"status": "healthy"})


@VIEWS.get("/api/who")
def who() -> Response:
    principal = current_principal()
    return jsonify({"name": principal.name, "credential": principal.credential, "language": current_language()})


@VIEWS.post("/api/echo")
def echo() -> Response:
    return jsonify(json_object())


@VIEWS.post("/api/optional")
def optional() -> Response:
    return jsonify(json_object(optional=True))


@VIEWS.get("/api/items/<item_id>")
def item(item_id: str) -> Response:
    return jsonify({"id": path_id("item_id", item_id)})


@VIEWS.get("/api/query")
def query() -> Response:
    limit = query_integer("limit", minimum=1, maximum=500)
    return jsonify({"limit": limit, "status": query_choice("status", ("a", "b")), "text": query_text("text")})


@VIEWS.get("/api/fail/<kind>")
def fail(kind: str) -> Response:
    if kind == "area":
        raise AreaFailure
    if kind == "pydantic":
        Item.model_validate({"size": "canary"})
    if kind == "http":
        abort(418)
    raise RuntimeError("canary secret")


class World:
    def __init__(self, **options: Any) -> None:
        self.log = FakeRequestLog()
        verifier = ApiTokenVerifier("", lambda: [token_digest(TOKEN)])
        app = create_app(
            "test",
            [VIEWS],
            envelope=RelayEnvelope(Catalogue()),
            authenticator=Authenticator([verifier]),
            shown_time=lambda moment: dt.datetime.fromtimestamp(moment, dt.UTC).isoformat(),
            failures={AreaFailure: lambda _: ApiError("SERVICE_UNAVAILABLE", headers={"Retry-After": "3"})},
            max_body_bytes=MAX_BODY_BYTES,
            log=self.log,
            clock=FakeClock(1_760_000_000),
            **options,
        )
        self.client: FlaskClient = app.test_client()


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def client(world: World) -> FlaskClient:
    return world.client


def assert_error(response: Any, status: int, code: str) -> dict[str, Any]:
    assert response.status_code == status
    body: dict[str, Any] = response.get_json()
    assert list(body)[:5] == ["success", "error_code", "error_message", "solution", "timestamp"]
    assert (body["success"], body["error_code"]) == (False, code)
    assert body["error_message"]
    assert body["solution"]
    assert body["timestamp"] == "2025-10-09T08:53:20+00:00"
    return body


# --- authentication ---


@pytest.mark.parametrize(
    "headers",
    [
        {"X-API-Token": TOKEN},
        {"X-API-Token": f" {TOKEN} "},
        {"Authorization": f"Bearer {TOKEN}"},
        {"Authorization": f"bearer  {TOKEN}"},
        {"X-API-Token": TOKEN, "Authorization": "Bearer wrong"},
    ],
)
def test_a_token_is_taken_from_either_header(client: FlaskClient, headers: dict[str, str]) -> None:
    response = client.get("/api/who", headers=headers)
    assert response.get_json() == {"name": "administrator", "credential": "api_token", "language": "zh"}


@pytest.mark.parametrize(
    "headers", [{}, {"X-API-Token": ""}, {"Authorization": f"Basic {TOKEN}"}, {"Authorization": "Bearer"}]
)
def test_a_request_without_a_token_is_unauthorised(client: FlaskClient, headers: dict[str, str]) -> None:
    response = client.get("/api/who", headers=headers)
    assert_error(response, 401, "UNAUTHORIZED")
    assert response.headers["WWW-Authenticate"] == "Bearer"


@pytest.mark.parametrize("token", ["wrong", TOKEN + "x", TOKEN[:-1], "令牌".encode().decode("latin-1"), "x" * 5000])
def test_a_wrong_token_is_unauthorised(client: FlaskClient, token: str) -> None:
    for headers in ({"X-API-Token": token}, {"Authorization": f"Bearer {token}"}):
        assert_error(client.get("/api/who", headers=headers), 401, "INVALID_TOKEN")


def test_a_body_is_not_even_read_without_a_token(client: FlaskClient) -> None:
    assert_error(client.post("/api/echo", data=b"{"), 401, "UNAUTHORIZED")


def test_open_routes_ask_for_no_token_and_mind_no_wrong_one(client: FlaskClient) -> None:
    assert client.get("/health").get_json() == {"status": "healthy"}
    assert client.get("/health", headers={"X-API-Token": "wrong"}).status_code == 200


# --- routes ---


def test_paths_work_with_and_without_a_trailing_slash(client: FlaskClient) -> None:
    for path in ("/health", "/health/"):
        assert client.get(path).status_code == 200
    for path in ("/api/items/5", "/api/items/5/"):
        assert client.get(path, headers=AUTHORISED).get_json() == {"id": 5}


@pytest.mark.parametrize("path", ["/api/nothing", "/api", "/api/items", "/", "/api//who", "/api/%ff", "/api/who/x"])
def test_unknown_paths_are_404_in_the_envelope_with_and_without_a_token(client: FlaskClient, path: str) -> None:
    for headers in ({}, AUTHORISED):
        assert_error(client.get(path, headers=headers), 404, "NOT_FOUND")


def test_a_wrong_method_is_405_and_names_the_right_ones(client: FlaskClient) -> None:
    response = client.delete("/api/echo", headers=AUTHORISED)
    body = assert_error(response, 405, "METHOD_NOT_ALLOWED")
    assert response.headers["Allow"] == "OPTIONS, POST"
    assert "DELETE" in body["error_message"]


# --- bodies ---


@pytest.mark.parametrize("content_type", ["application/json", "text/plain", "application/x-www-form-urlencoded", None])
def test_json_is_read_whatever_the_content_type(client: FlaskClient, content_type: str | None) -> None:
    body = '{"名称": [1, 2.5, null, true, "😀"]}'.encode()
    response = client.post("/api/echo", data=body, content_type=content_type, headers=AUTHORISED)
    assert response.get_json() == {"名称": [1, 2.5, None, True, "😀"]}
    assert "名称" in response.get_data(as_text=True)


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", "BODY_MISSING"),
        (b"  \n", "BODY_MISSING"),
        (b"{", "BODY_NOT_JSON"),
        (b"{'a': 1}", "BODY_NOT_JSON"),
        (b'{"a": 1} x', "BODY_NOT_JSON"),
        (b'{"a": NaN}', "BODY_NOT_JSON"),
        (b'{"a": -Infinity}', "BODY_NOT_JSON"),
        (b'{"a": "\xff"}', "BODY_NOT_JSON"),
        (b"\x00\x01", "BODY_NOT_JSON"),
        (b'{"a": "\\ud800"}', "BODY_NOT_JSON"),
        (b'{"a": "\\uDC00"}', "BODY_NOT_JSON"),
        (b'{"\\ud800": 1}', "BODY_NOT_JSON"),
        (b"[1]", "BODY_NOT_OBJECT"),
        (b'"text"', "BODY_NOT_OBJECT"),
        (b"null", "BODY_NOT_OBJECT"),
        (b"5", "BODY_NOT_OBJECT"),
        (b"true", "BODY_NOT_OBJECT"),
    ],
)
def test_a_body_that_is_no_json_object_is_400(client: FlaskClient, body: bytes, code: str) -> None:
    response = client.post("/api/echo", data=body, headers=AUTHORISED)
    assert_error(response, 400, code)


def test_surrogate_pairs_and_a_byte_order_mark_are_fine(client: FlaskClient) -> None:
    response = client.post("/api/echo", data=b'\xef\xbb\xbf{"a": "\\ud83d\\ude00"}', headers=AUTHORISED)
    assert response.get_json() == {"a": "😀"}


def test_an_oversized_body_is_413(client: FlaskClient) -> None:
    response = client.post("/api/echo", data=b'{"a": "' + b"x" * MAX_BODY_BYTES + b'"}', headers=AUTHORISED)
    body = assert_error(response, 413, "BODY_TOO_LARGE")
    assert str(MAX_BODY_BYTES) in body["error_message"]


def test_an_optional_body_may_be_empty_but_not_broken(client: FlaskClient) -> None:
    assert client.post("/api/optional", headers=AUTHORISED).get_json() == {}
    assert_error(client.post("/api/optional", data=b"{", headers=AUTHORISED), 400, "BODY_NOT_JSON")


# --- parameters ---


@pytest.mark.parametrize("number", ["abc", "0", "-1", "1.5", "9007199254740992", "９", "1_0", "99999999999999999999"])
def test_a_malformed_id_is_400_and_named(client: FlaskClient, number: str) -> None:
    body = assert_error(client.get(f"/api/items/{number}", headers=AUTHORISED), 400, "INVALID_PARAMETER")
    assert body["field"] == "item_id"


def test_query_parameters_are_checked(client: FlaskClient) -> None:
    def ask(query: str) -> Any:
        return client.get(f"/api/query?{query}", headers=AUTHORISED)

    assert ask("").get_json() == {"limit": None, "status": None, "text": None}
    assert ask("limit=500&status=b&text=%20x%20").get_json() == {"limit": 500, "status": "b", "text": "x"}
    for query, field in (
        ("limit=0", "limit"),
        ("limit=501", "limit"),
        ("limit=abc", "limit"),
        ("limit=1e2", "limit"),
        ("status=c", "status"),
        ("text=" + "x" * 201, "text"),
    ):
        assert assert_error(ask(query), 400, "INVALID_PARAMETER")["field"] == field


# --- failures ---


def test_an_areas_failure_is_answered_as_it_says(client: FlaskClient) -> None:
    response = client.get("/api/fail/area", headers=AUTHORISED)
    assert_error(response, 503, "SERVICE_UNAVAILABLE")
    assert response.headers["Retry-After"] == "3"


def test_a_validation_error_names_the_field_and_not_the_value(client: FlaskClient) -> None:
    response = client.get("/api/fail/pydantic", headers=AUTHORISED)
    body = assert_error(response, 400, "INVALID_PARAMETER")
    assert body["errors"] == [{"field": "size", "reason": "int_parsing", "message": "必须是整数"}]
    assert "canary" not in response.get_data(as_text=True)


def test_other_http_errors_keep_their_status(client: FlaskClient) -> None:
    assert_error(client.get("/api/fail/http", headers=AUTHORISED), 418, "BAD_REQUEST")


def test_an_unexpected_failure_is_500_with_an_id_that_leads_to_the_log(world: World) -> None:
    response = world.client.get("/api/fail/bug", headers=AUTHORISED)
    body = assert_error(response, 500, "INTERNAL_ERROR")
    assert body["error_id"] in body["error_message"]
    level, _, extra = world.log.lines[0]
    assert (level, extra["error_id"], extra["exception"]) == ("error", body["error_id"], "RuntimeError")
    assert any("test_application.py" in frame for frame in extra["stack"])  # type: ignore[attr-defined]
    assert "canary" not in response.get_data(as_text=True) + repr(world.log.lines)


# --- language, headers, log ---


@pytest.mark.parametrize(
    ("header", "default", "language"),
    [
        (None, "zh", "zh"),
        (None, "en", "en"),
        ("en", "zh", "en"),
        ("en-US,en;q=0.9", "zh", "en"),
        ("zh-CN,zh;q=0.9,en;q=0.8", "en", "zh"),
        ("zh-TW", "en", "zh"),
        ("fr, en;q=0.5", "zh", "en"),
        ("fr", "en", "en"),
        ("*", "zh", "zh"),
        ("*", "en", "en"),
        ("en;q=0, zh", "en", "zh"),
        (",;=q=x" * 500, "zh", "zh"),
    ],
)
def test_the_language_is_the_readers(header: str | None, default: Any, language: str) -> None:
    headers = {} if header is None else {"Accept-Language": header}
    response = World(default_language=default).client.get("/api/nothing", headers=headers)
    assert response.headers["Content-Language"] == language
    assert ("没有" in response.get_json()["error_message"]) == (language == "zh")


def test_answers_are_neither_cached_nor_sniffed(client: FlaskClient) -> None:
    for path in ("/health", "/api/nothing"):
        response = client.get(path)
        assert response.headers["Cache-Control"] == "no-store"
        assert response.headers["X-Content-Type-Options"] == "nosniff"
        assert "Accept-Language" in response.headers["Vary"]


def test_each_request_is_one_log_line_without_secrets_or_paths(world: World) -> None:
    world.client.get("/api/items/5?token=canary", headers={**AUTHORISED, "Cookie": "canary"})
    ((level, message, extra),) = world.log.lines
    assert (level, message) == ("info", "request")
    assert extra["route"] == "/api/items/<item_id>"
    assert (extra["method"], extra["status"]) == ("GET", 200)
    assert "canary" not in repr(extra)
    assert TOKEN not in repr(extra)
