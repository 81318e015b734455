"""The accounts API over fakes: who may read cookies, and how large an answer gets."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any, cast

import pytest
from flask import Flask

from shared.accounts.accounts import MAX_PAGE, AccountPage
from shared.accounts.api.application import build_accounts_api
from shared.accounts.models import Account, Identity, Pool
from shared.accounts.pools import MAX_POOLS
from shared.accounts.requests import MAX_METADATA_BYTES, MAX_TAGS_BYTES
from shared.web.authentication import Authenticator, Principal
from shared.web.client_address import CLIENT_ADDRESS_HEADER
from shared.web.cookies import Cookie
from shared.web.lambda_bridge import lambda_handler

# https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html, "Invocation payload".
LAMBDA_ANSWER_BYTES = 6 * 1024 * 1024
CANARY = "canary-90d1"
# Four bytes in UTF-8, and twelve where JSON is written in ASCII, as Lambda's Python 3.11 does.
WIDE = "\U0001f680"


def largest_account(number: int) -> Account:
    filling = WIDE * ((MAX_TAGS_BYTES - 20) // 4)
    return Account(
        f"acc_{number:020d}",
        number,
        "xiaohongshu",
        WIDE * 100,
        1_790_000_000_000,
        1_790_000_000_000,
        user_id=WIDE * 100,
        project_id=WIDE * 100,
        tags={"k": filling},
        metadata={"k": "x" * (MAX_METADATA_BYTES - 20)},
        identity=Identity(WIDE * 100, WIDE * 100),
        last_error="5 uses failed in a row; the last: " + WIDE * 200,
    )


class FakeAccounts:
    def __init__(self) -> None:
        self.opened: list[str] = []

    def page(self, wanted: object, limit: int, offset: int) -> AccountPage:
        return AccountPage([largest_account(number) for number in range(limit)], limit)

    def get(self, account_id: str) -> Account:
        return largest_account(1)

    def cookies(self, account_id: str) -> list[Cookie]:
        self.opened.append(account_id)
        return [Cookie("sessionid", CANARY)]


class FakePools:
    def all(self, platform: str | None) -> list[Pool]:
        return [
            Pool(f"pool_{number:020d}", number, WIDE * 100, "xiaohongshu", 1, 1, description=WIDE * 500)
            for number in range(MAX_POOLS)
        ]


class FakeVerifier:
    """The token is the kind of credential that it is."""

    def verify(self, token: str) -> Principal | None:
        return Principal("somebody", token)


class Site:
    def __init__(self) -> None:
        self.accounts = FakeAccounts()
        self.audited: list[tuple[str, str, str]] = []
        nothing = cast(Any, None)
        self.app: Flask = build_accounts_api(
            accounts=cast(Any, self.accounts),
            pools=cast(Any, FakePools()),
            checks=nothing,
            batches=nothing,
            desk=nothing,
            cookie_audit=self.audit,
            authenticator=Authenticator([FakeVerifier()]),
        )

    @contextmanager
    def audit(self, principal: Principal, address: str, account: Account) -> Iterator[None]:
        self.audited.append((principal.credential, address, account.account_id))
        assert not self.accounts.opened, "it is on the record before a cookie is opened"
        yield


@pytest.fixture
def site() -> Site:
    return Site()


@pytest.mark.parametrize("credential", ["api_token", "session"])
def test_the_administrator_reads_cookies_on_the_record(site: Site, credential: str) -> None:
    # Behind the front door every request comes from the front door.
    headers = {"X-API-Token": credential, CLIENT_ADDRESS_HEADER: "203.0.113.7"}
    answer = site.app.test_client().get("/api/v1/accounts/acc_1/cookies", headers=headers)
    assert answer.status_code == 200
    assert answer.get_json()["data"]["cookies"] == {"sessionid": CANARY}
    assert site.audited == [(credential, "203.0.113.7", "acc_00000000000000000001")]


@pytest.mark.parametrize("credential", ["robot", "agent", "guest"])
def test_nobody_else_reads_cookies(site: Site, credential: str) -> None:
    answer = site.app.test_client().get("/api/v1/accounts/acc_1/cookies", headers={"X-API-Token": credential})
    assert (answer.status_code, answer.get_json()["error"]["code"]) == (403, "ADMINISTRATOR_REQUIRED")
    assert CANARY not in answer.text
    assert site.accounts.opened == []
    assert site.audited == []


@pytest.mark.parametrize(("path", "query"), [("accounts", f"limit={MAX_PAGE}"), ("pools", "")])
def test_the_largest_lists_fit_into_an_answer_of_lambda(site: Site, path: str, query: str) -> None:
    event = {
        "version": "2.0",
        "routeKey": "ANY /api/v1/{proxy+}",
        "rawPath": f"/api/v1/{path}",
        "rawQueryString": query,
        "headers": {"host": "relay.example.com", "x-api-token": "api_token"},
        "requestContext": {
            "http": {"method": "GET", "path": f"/api/v1/{path}", "sourceIp": "203.0.113.9", "protocol": "HTTP/1.1"},
            "stage": "$default",
        },
        "isBase64Encoded": False,
    }
    answer = lambda_handler(site.app)(event, SimpleNamespace(aws_request_id="request-1"))
    assert answer["statusCode"] == 200
    data = json.loads(answer["body"])["data"]
    assert len(data) == MAX_POOLS if path == "pools" else len(data["accounts"]) == MAX_PAGE
    assert len(json.dumps(answer)) < LAMBDA_ANSWER_BYTES


def test_what_is_too_large_is_named_with_its_limit(site: Site) -> None:
    body = {"platform": "douyin", "cookie_data": "a=1", "tags": {"k": "x" * MAX_TAGS_BYTES}}
    headers = {"X-API-Token": "api_token", "Accept-Language": "en"}
    answer = site.app.test_client().post("/api/v1/accounts", json=body, headers=headers)
    assert answer.status_code == 400
    (problem,) = answer.get_json()["error"]["details"]["errors"]
    assert problem["field"] == "tags"
    assert str(MAX_TAGS_BYTES) in problem["message"]
