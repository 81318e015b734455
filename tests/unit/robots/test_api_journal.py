"""The API's notes in the activity log, and the contract's envelope."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from flask import Flask

from shared.aws.store_failures import StoreUnavailable
from shared.robots.activity_log import ActivityLog, Entry
from shared.robots.api.journal import Journal, NotedEnvelope
from shared.robots.api.texts import ERRORS, PROBLEMS
from shared.web.application import create_app
from shared.web.authentication import Authenticator, open_route
from shared.web.catalogue import Catalogue
from shared.web.errors import ApiError, FieldProblem
from tests.fakes.clock import FakeClock


class Entries:
    def __init__(self) -> None:
        self.noted: list[tuple[Entry, int]] = []
        self.fails = False

    def add_entry(self, entry: Entry, kept_days: int) -> None:
        if self.fails:
            raise StoreUnavailable("write log")
        self.noted.append((entry, kept_days))


class Complaints:
    def __init__(self) -> None:
        self.lines: list[tuple[object, Mapping[str, object]]] = []

    def info(self, msg: object, *, extra: Mapping[str, object] | None = None) -> None:
        """The request's own line."""

    def error(self, msg: object, *, extra: Mapping[str, object] | None = None) -> None:
        self.lines.append((msg, extra or {}))


@pytest.fixture
def entries() -> Entries:
    return Entries()


@pytest.fixture
def complaints() -> Complaints:
    return Complaints()


@pytest.fixture
def client(entries: Entries, complaints: Complaints) -> Any:
    from flask import Blueprint

    blueprint = Blueprint("failing", __name__)

    @blueprint.get("/<code>")
    @open_route
    def fail(code: str) -> Any:
        if code == "fields":
            raise ApiError("MISSING_PARAMETER", problems=[FieldProblem(name, "missing") for name in ("a", "b")])
        raise ApiError(code, extra={"retryAfter": 7} if code == "TOO_MANY_REQUESTS" else None)

    app: Flask = create_app(
        "failing",
        [blueprint],
        envelope=NotedEnvelope(Catalogue(ERRORS, problems=PROBLEMS)),
        authenticator=Authenticator(()),
        shown_time=str,
        log=complaints,
    )
    Journal(ActivityLog(entries, FakeClock().ms), "operator", complaints).note_refusals(app)  # type: ignore[arg-type]
    return app.test_client()


def test_a_refusal_is_answered_in_the_contracts_envelope_and_noted(client: Any, entries: Entries) -> None:
    answer = client.get("/CODE_UNKNOWN")
    assert answer.get_json() == {"code": 404, "message": "激活码不存在；核对后重试", "data": None}
    ((entry, kept_days),) = entries.noted
    assert (entry.log_type, entry.level, kept_days) == ("api", "error", 7)
    assert (entry.details["code"], entry.details["status"], entry.details["route"]) == ("CODE_UNKNOWN", 404, "/<code>")
    assert entry.details["requestId"].startswith("req_")


def test_every_wrong_field_is_named_in_the_callers_language(client: Any) -> None:
    answer = client.get("/fields", headers={"Accept-Language": "en"})
    assert answer.status_code == 400
    assert "a is missing (required), b is missing (required); " in answer.get_json()["message"]


def test_a_failure_of_ours_is_noted_as_an_error(client: Any, entries: Entries) -> None:
    assert client.get("/STORE_UNAVAILABLE").status_code == 503
    assert [(entry.log_type, kept) for entry, kept in entries.noted] == [("error", 365)]


def test_what_the_rate_limit_refuses_costs_no_note(client: Any, entries: Entries) -> None:
    answer = client.get("/TOO_MANY_REQUESTS")
    assert answer.get_json() == {"code": 429, "message": "请求过于频繁，请稍后重试", "data": {"retryAfter": 7}}
    assert entries.noted == []


def test_a_note_that_cannot_be_written_fails_nothing_and_is_complained_of(
    client: Any, entries: Entries, complaints: Complaints
) -> None:
    entries.fails = True
    assert client.get("/CODE_UNKNOWN").status_code == 404
    ((message, fields),) = complaints.lines
    assert message == "activity not noted"
    assert "StoreUnavailable" in str(fields)
