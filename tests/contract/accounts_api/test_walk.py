"""The accounts contract, entry by entry, over HTTP on the embedded stack."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.contract.accounts_api.caller import Caller
from tests.contract.accounts_api.scenarios import SCENARIOS, UNDOCUMENTED, Call

CONTRACT: dict[str, Any] = json.loads(
    (Path(__file__).parents[2] / "data" / "contracts" / "accounts.json").read_text("utf-8")
)
ENTRIES: list[dict[str, Any]] = CONTRACT["endpoints"]
WITH_BODY = [entry for entry in ENTRIES if entry["request"]]
WITH_PATH = [entry for entry in ENTRIES if entry["path_params"]]
_TIME = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z\Z")
_CHINESE = re.compile(r"[\u4e00-\u9fff]")
_NOT_FOUND = {"accounts": "ACCOUNT_NOT_FOUND", "pools": "POOL_NOT_FOUND"}


def by_id(entries: list[dict[str, Any]]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("entry", entries, ids=[entry["id"] for entry in entries])


def differences(shape: Any, value: Any, where: str = "body") -> list[str]:
    """In which ways the value is not as the contract describes; fields beyond the described ones are allowed."""
    if isinstance(shape, dict):
        if not isinstance(value, dict):
            return [f"{where} is no object: {value!r}"]
        missing = [
            f"{where}.{name} is missing" for name in shape if name not in value and "optional" not in str(shape[name])
        ]
        return missing + [
            problem
            for name in shape
            if name in value
            for problem in differences(shape[name], value[name], f"{where}.{name}")
        ]
    if isinstance(shape, list):
        if not isinstance(value, list) or not value:
            return [f"{where} is no array with something in it: {value!r}"]
        return differences(shape[0], value[0], f"{where}[0]")
    return [] if _fits(shape, value) else [f"{where} should be {shape!r}, not {value!r}"]


def _fits(shape: Any, value: Any) -> bool:
    if not isinstance(shape, str):
        return bool(value == shape and type(value) is type(shape))
    kind = shape.split(" ")[0]
    if kind == "int":
        return isinstance(value, int) and not isinstance(value, bool)
    if kind == "float":
        return isinstance(value, int | float) and not isinstance(value, bool) and round(value, 2) == value
    if kind == "bool":
        return isinstance(value, bool)
    if kind == "iso":
        return isinstance(value, str) and _TIME.match(value) is not None
    if kind == "url":
        return isinstance(value, str) and value.startswith("https://")
    if kind.startswith("data:"):
        return isinstance(value, str) and value.startswith("data:image/png;base64,iVBOR")
    return isinstance(value, str) and (kind in ("string", value) or value in kind.split("|"))


def send(caller: Caller, entry: dict[str, Any], call: Call, body: Any = None, **options: Any) -> requests.Response:
    path = entry["path"].format(**call.path_params)
    return caller.call(entry["method"], path, body, params=call.query, **options)


def example_body(caller: Caller, entry: dict[str, Any]) -> Any:
    """The contract's own example; the member that is to join is one that exists."""
    bodies = [example["body"] for example in entry["examples"] if example["role"] == "request"]
    body = bodies[0] if bodies else None
    return {**body, "account_id": caller.new_account("xiaohongshu")} if entry["id"] == "pools.members.add" else body


def test_every_entry_is_walked() -> None:
    assert [entry["id"] for entry in ENTRIES] == list(SCENARIOS)
    assert len(ENTRIES) == CONTRACT["counts"]["entries"] == 16


@by_id(ENTRIES)
@pytest.mark.parametrize("slash", ["", "/"])
def test_the_example_succeeds(caller: Caller, entry: dict[str, Any], slash: str) -> None:
    call = SCENARIOS[entry["id"]](caller)
    answer = send(caller, {**entry, "path": entry["path"] + slash}, call, example_body(caller, entry))
    assert answer.status_code == 200, answer.text
    assert answer.headers["Content-Type"] == "application/json"
    shape = entry["response"] or UNDOCUMENTED[entry["id"]]
    assert differences(shape, answer.json()) == [], answer.text


@by_id(ENTRIES)
@pytest.mark.parametrize(("token", "code"), [(None, "UNAUTHORIZED"), ("wrong-token", "INVALID_TOKEN")])
def test_nothing_is_answered_without_the_right_token(
    caller: Caller, entry: dict[str, Any], token: str | None, code: str
) -> None:
    path = entry["path"].format(id="acc_none", pool_id="pool_none", account_id="acc_none")
    caller.refused(401, code, entry["method"], path, token=token)


@by_id(ENTRIES)
def test_messages_follow_accept_language(caller: Caller, entry: dict[str, Any]) -> None:
    found = {}
    for language in ("zh-CN", "en"):
        call = SCENARIOS[entry["id"]](caller)
        answer = send(caller, entry, call, example_body(caller, entry), language=language)
        assert answer.status_code == 200, answer.text
        data = answer.json()["data"]
        found[language] = data.get("message", "") if isinstance(data, dict) else ""
    assert bool(_CHINESE.search(found["zh-CN"])) is bool(found["en"])
    assert not _CHINESE.search(found["en"])


@by_id([entry for entry in WITH_PATH if entry["id"] != "pools.members.add"])
def test_what_does_not_exist_is_not_found(caller: Caller, entry: dict[str, Any]) -> None:
    path = entry["path"].format(id="acc_none", pool_id="pool_none", account_id="acc_none")
    code = _NOT_FOUND[entry["id"].partition(".")[0]]
    caller.refused(404, code, entry["method"], path, example_body(caller, entry))


@by_id(WITH_BODY)
def test_wrong_bodies_are_refused_by_field(caller: Caller, entry: dict[str, Any]) -> None:
    call = SCENARIOS[entry["id"]](caller)
    path = entry["path"].format(**call.path_params)
    good = example_body(caller, entry)
    for name, field in entry["request"].items():
        wrong = {**good, name: 5 if field["type"] in ("string", "object") else "five"}
        error = caller.refused(400, "INVALID_REQUEST", entry["method"], path, wrong)
        assert error["details"]["errors"][0]["field"] == name
        if field["required"]:
            without = {key: value for key, value in good.items() if key != name}
            error = caller.refused(400, "INVALID_REQUEST", entry["method"], path, without)
            assert [problem["field"] for problem in error["details"]["errors"]] == [name]
    for body in ([], "text"):
        caller.refused(400, "INVALID_REQUEST", entry["method"], path, body)


@by_id([entry for entry in ENTRIES if entry["query"].get("platform", {}).get("type") == "string"])
def test_unknown_platforms_are_refused(caller: Caller, entry: dict[str, Any]) -> None:
    error = caller.refused(400, "INVALID_PLATFORM", entry["method"], entry["path"], params={"platform": "myspace"})
    assert error["details"]["field"] == "platform"


@by_id([entry for entry in ENTRIES if entry["query"].get("platform", {}).get("required")])
def test_a_required_platform_is_asked_for(caller: Caller, entry: dict[str, Any]) -> None:
    caller.refused(400, "INVALID_REQUEST", entry["method"], entry["path"])


def test_unknown_fields_are_tolerated_and_unknown_routes_answered_in_form(caller: Caller) -> None:
    body = {"platform": "douyin", "cookie_data": "sessionid=1", "something": {"new": True}}
    assert caller.done("POST", "/api/v1/accounts", body)["status"] == "pending"
    caller.refused(404, "NOT_FOUND", "GET", "/api/v1/nothing")
    caller.refused(405, "METHOD_NOT_ALLOWED", "PATCH", "/api/v1/pools")
