"""The contract, entry by entry, over HTTP on the embedded stack."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
import requests

from tests.contract.relay_api.entries import Entry, http_entries, raw_contract
from tests.contract.relay_api.scenarios import SCENARIOS
from tests.contract.relay_api.shapes import differences, example_differences
from tests.contract.relay_api.walk import UNKNOWN_ID, Call, Walk

ENTRIES = http_entries()
GUARDED = [entry for entry in ENTRIES if not entry.is_open]
OPEN = [entry for entry in ENTRIES if entry.is_open]
WITH_BODY = [entry for entry in ENTRIES if entry.request]
WITH_ID = [entry for entry in ENTRIES if entry.path_params]
WITH_QUERY = [entry for entry in ENTRIES if entry.query]
POSTS_WITHOUT_BODY = [entry for entry in ENTRIES if entry.method == "POST" and not entry.request]

_CHINESE = re.compile(r"[\u4e00-\u9fff]")
_WRONG_VALUES = {"string": 5, "int": "five", "integer": "five"}


def by_id(entries: list[Entry]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("entry", entries, ids=[entry.id for entry in entries])


def scenario(walk: Walk, entry: Entry) -> Call:
    return SCENARIOS[entry.id](walk, entry)


def error_of(answer: requests.Response, status: int, *codes: str) -> dict[str, Any]:
    """The error in the contract's form. Without ``codes`` any stable code will do."""
    assert answer.status_code == status, answer.text
    body: dict[str, Any] = answer.json()
    form = {**raw_contract()["error_format"], "error_code": "string", "timestamp": "iso datetime"}
    assert differences(form, body) == []
    assert re.fullmatch(r"[A-Z][A-Z0-9_]+", body["error_code"])
    assert body["error_message"]
    assert body["solution"]
    assert not codes or body["error_code"] in codes, body
    return body


def check_success(entry: Entry, answer: requests.Response) -> Any:
    assert answer.status_code == entry.status, answer.text
    if entry.status == 204:
        assert answer.content == b""
        return None
    assert answer.headers["Content-Type"] == "application/json"
    body = answer.json()
    found = differences(entry.shape, body)
    if entry.example is not None:
        found += example_differences(entry.example, body)
    assert found == [], f"{entry.id}: {json.dumps(body, ensure_ascii=False)[:1000]}"
    return body


def test_every_entry_is_walked() -> None:
    assert [entry.id for entry in ENTRIES] == list(SCENARIOS)


# --- what succeeds ---


@by_id(ENTRIES)
def test_the_example_succeeds(walk: Walk, entry: Entry) -> None:
    call = scenario(walk, entry)
    answer = walk.send(entry, call, token=None if entry.is_open else "")
    walk.undo(call)
    check_success(entry, answer)


@by_id(ENTRIES)
def test_a_trailing_slash_makes_no_difference(walk: Walk, entry: Entry) -> None:
    answers = []
    for slash in ("", "/"):
        call = scenario(walk, entry)
        answers.append(walk.send(entry, call, slash=slash))
        walk.undo(call)
    plain, slashed = answers
    assert slashed.history == []
    assert slashed.status_code == plain.status_code == entry.status
    if plain.content:
        assert slashed.json().keys() == plain.json().keys()
        check_success(entry, slashed)


@by_id(ENTRIES)
def test_confirmations_follow_accept_language(walk: Walk, entry: Entry) -> None:
    messages = {}
    for language in ("zh-CN,zh;q=0.9", "en-GB,en;q=0.8"):
        call = scenario(walk, entry)
        answer = walk.send(entry, call, language=language)
        walk.undo(call)
        assert answer.status_code == entry.status, answer.text
        assert answer.headers["Content-Language"] == language[:2]
        body = answer.json() if answer.content else {}
        messages[language[:2]] = body.get("message", "") if isinstance(body, dict) else ""
    assert bool(messages["zh"]) is bool(messages["en"])
    if messages["zh"]:
        assert _CHINESE.search(messages["zh"])
        assert not _CHINESE.search(messages["en"])


# --- who may ask ---


@by_id(GUARDED)
@pytest.mark.parametrize(("token", "code"), [(None, "UNAUTHORIZED"), ("wrong-token", "INVALID_TOKEN")])
def test_nothing_happens_without_the_right_token(walk: Walk, entry: Entry, token: str | None, code: str) -> None:
    call = scenario(walk, entry)
    before = walk.configuration()
    answer = walk.send(entry, call, token=token)
    assert "Bearer" in answer.headers["WWW-Authenticate"]
    error_of(answer, 401, code)
    assert walk.configuration() == before


@by_id(OPEN)
def test_open_entries_mind_no_wrong_token(walk: Walk, entry: Entry) -> None:
    check_success(entry, walk.send(entry, scenario(walk, entry), token="wrong-token"))


def test_a_session_opens_what_the_api_token_opens(walk: Walk) -> None:
    session = walk.sign_in()
    assert walk.request("GET", "/api/accounts", token=session).status_code == 200
    bearer = walk.relay.http.get(
        f"{walk.relay.stack.base_url}/api/accounts", headers={"Authorization": f"Bearer {session}"}, timeout=30
    )
    assert bearer.status_code == 200


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/api/auth/login", {"password": "not-the-password"}),
        ("/api/auth/verify", {"token": "not-a-token"}),
        ("/api/auth/change-password", {"old_password": "not-the-password", "new_password": "another-password"}),
    ],
)
def test_wrong_credentials_are_401(walk: Walk, path: str, body: dict[str, str]) -> None:
    error_of(walk.request("POST", path, json.dumps(body).encode()), 401)


def test_a_new_password_ends_all_sessions(walk: Walk) -> None:
    session = walk.sign_in()
    entry = next(entry for entry in ENTRIES if entry.id == "auth.change_password")
    call = scenario(walk, entry)
    assert walk.send(entry, call).status_code == 200
    answer = walk.request("GET", "/api/accounts", token=session)
    walk.undo(call)
    error_of(answer, 401, "INVALID_TOKEN")


# --- what is malformed ---

MALFORMED = {
    "cut off": b'{"email": "user@exam',
    "no JSON": b"email=user@example.com",
    "an array": b"[]",
    "a string": b'"text"',
    "null": b"null",
    "NaN": b'{"email": NaN}',
    "half a pair": b'{"email": "\\ud800"}',
    "deep": b'{"a":' * 100_000 + b"1" + b"}" * 100_000,
}


@by_id(WITH_BODY)
def test_a_malformed_body_is_400(walk: Walk, entry: Entry) -> None:
    call = scenario(walk, entry)
    before = walk.configuration()
    for name, raw in {**MALFORMED, "empty": b"", "blank": b" \n"}.items():
        answer = walk.send_raw(entry, call, raw)
        assert answer.status_code == 400, f"{name}: {answer.status_code} {answer.text[:300]}"
        error_of(answer, 400, "BODY_NOT_JSON", "BODY_NOT_OBJECT", "BODY_MISSING")
    assert walk.configuration() == before


@by_id(POSTS_WITHOUT_BODY)
def test_a_malformed_body_where_none_is_asked_for_is_no_server_error(walk: Walk, entry: Entry) -> None:
    call = scenario(walk, entry)
    for raw in MALFORMED.values():
        answer = walk.send_raw(entry, call, raw)
        walk.undo(call)
        assert answer.status_code in (200, 400), answer.text


@by_id([entry for entry in WITH_BODY if entry.required_fields])
def test_a_missing_field_is_named(walk: Walk, entry: Entry) -> None:
    call = scenario(walk, entry)
    before = walk.configuration()
    for name in entry.required_fields:
        body = {key: value for key, value in call.body.items() if key != name}
        answer = walk.send(entry, Call(call.path_params, call.query, body), language="en")
        assert error_of(answer, 400, "MISSING_PARAMETER", "INVALID_PARAMETER", "INVALID_BOT_CONFIG")["field"] == name
    assert walk.configuration() == before


@by_id(WITH_BODY)
def test_a_field_of_the_wrong_type_is_named(walk: Walk, entry: Entry) -> None:
    call = scenario(walk, entry)
    before = walk.configuration()
    for name, field in entry.request.items():
        wrong = _WRONG_VALUES.get(field.get("type", ""), "text") if isinstance(field, dict) else "text"
        answer = walk.send(entry, Call(call.path_params, call.query, {**call.body, name: wrong}), language="en")
        assert error_of(answer, 400)["field"] == name
    assert walk.configuration() == before


@by_id([entry for entry in WITH_QUERY if entry.required_query])
def test_a_missing_query_parameter_is_named(walk: Walk, entry: Entry) -> None:
    call = scenario(walk, entry)
    for name in entry.required_query:
        query = {key: value for key, value in call.query.items() if key != name}
        answer = walk.send(entry, Call(call.path_params, query, call.body), language="en")
        assert error_of(answer, 400)["field"] == name


@by_id(WITH_QUERY)
def test_a_query_parameter_out_of_range_is_named(walk: Walk, entry: Entry) -> None:
    call = scenario(walk, entry)
    for name, parameter in entry.query.items():
        if parameter.get("enum"):
            wrong_values = ["nowhere"]
        elif parameter["type"] in ("int", "integer"):
            wrong_values = ["five", "0", "-1", "1.5", "9" * 30]
        else:
            continue
        for wrong in wrong_values:
            answer = walk.send(entry, Call(call.path_params, {**call.query, name: wrong}, call.body))
            assert error_of(answer, 400)["field"] == name


def test_a_body_over_the_limit_is_413(walk: Walk) -> None:
    entry = next(entry for entry in ENTRIES if entry.id == "accounts.add")
    oversized = {"email": "user@example.com", "cookie": "x" * 1_100_000}
    error_of(walk.send(entry, Call(body=oversized)), 413, "BODY_TOO_LARGE")


# --- what is not there ---


@by_id(WITH_ID)
def test_an_unknown_id_is_404(walk: Walk, entry: Entry) -> None:
    call = scenario(walk, entry)
    before = walk.configuration()
    unknown = dict.fromkeys(entry.path_params, UNKNOWN_ID)
    error_of(walk.send(entry, Call(unknown, call.query, call.body)), 404)
    assert walk.configuration() == before


@by_id(WITH_ID)
def test_a_malformed_id_is_400(walk: Walk, entry: Entry) -> None:
    call = scenario(walk, entry)
    for malformed in ("abc", "0", "-1", "1.5", "9" * 30):
        malformed_ids = dict.fromkeys(entry.path_params, malformed)
        error_of(walk.send(entry, Call(malformed_ids, call.query, call.body)), 400)


@pytest.mark.parametrize(
    ("identifier", "where", "name", "unknown"),
    [
        ("mappings.add", "body", "target_bot_id", UNKNOWN_ID),
        ("backup.restore", "body", "backup_id", "backup_20010101_000000"),
        ("smart.auto_match", "body", "account_id", UNKNOWN_ID),
        ("smart.kook_servers", "query", "account_id", UNKNOWN_ID),
        ("smart.kook_channels", "query", "account_id", UNKNOWN_ID),
    ],
)
def test_an_unknown_id_elsewhere_is_404(walk: Walk, identifier: str, where: str, name: str, unknown: Any) -> None:
    entry = next(entry for entry in ENTRIES if entry.id == identifier)
    call = scenario(walk, entry)
    values = getattr(call, where)
    values[name] = unknown
    error_of(walk.send(entry, call), 404)


@pytest.mark.parametrize("path", ["/api/nothing", "/api/accounts/1/nothing", "/api/accounts//1"])
def test_unknown_paths_are_404_in_the_contracts_form(walk: Walk, path: str) -> None:
    stack = walk.relay.stack
    answer = walk.relay.http.get(stack.base_url + path, headers=stack.headers, timeout=30)
    error_of(answer, 404, "NOT_FOUND")


# --- in which language ---


@by_id(ENTRIES)
def test_errors_follow_accept_language(walk: Walk, entry: Entry) -> None:
    call = scenario(walk, entry)
    for language, is_chinese in (("zh", True), ("en", False)):
        if entry.is_open and not entry.request:
            continue  # nothing about it can go wrong
        if entry.is_open:
            answer = walk.send_raw(entry, call, b"{", language=language)
        else:
            answer = walk.send(entry, call, token=None, language=language)
        error = answer.json()
        for name in ("error_message", "solution"):
            assert bool(_CHINESE.search(error[name])) is is_chinese, error
