"""Trading a code for a user's token at KOOK, over real HTTP."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import pytest

from shared.kook.client.errors import KookAnswerUnreadable, KookApiError, KookError, KookRateLimited, KookUnreachable
from shared.kook.client.oauth import KookOAuth
from shared.platforms.http import RequestsHttpClient
from tests.standins.kook import KookStandIn
from tests.standins.kook_world import CLIENT_ID, CLIENT_SECRET, DEFAULT_USER_TOKEN
from tests.standins.server import Answer, Fault


def _authorize(http: RequestsHttpClient, oauth: KookOAuth, state: str = "st/ate") -> str:
    url = oauth.authorize_url("https://relay.example/callback", ["get_user_info", "get_user_guilds"], state)
    answer = http.request("GET", url)
    assert answer.status == 302
    target = urlsplit(answer.headers["Location"])
    assert f"{target.scheme}://{target.netloc}{target.path}" == "https://relay.example/callback"
    returned = parse_qs(target.query)
    assert returned["state"] == [state]
    return returned["code"][0]


def test_oauth_leaves_the_api_path_and_trades_the_code_as_a_form(kook: KookStandIn, http: RequestsHttpClient) -> None:
    oauth = KookOAuth(http, kook.api_base, CLIENT_ID, CLIENT_SECRET)
    code = _authorize(http, oauth)
    token = oauth.exchange_code(code, "https://relay.example/callback")

    authorize, exchange = kook.requests
    assert authorize.path == "/app/oauth2/authorize"
    assert authorize.query["scope"] == ["get_user_info get_user_guilds"]
    assert authorize.query["response_type"] == ["code"]
    assert (exchange.method, exchange.path) == ("POST", "/api/oauth2/token")
    assert exchange.headers["Content-Type"] == "application/x-www-form-urlencoded"
    assert "Authorization" not in exchange.headers
    assert parse_qs(exchange.body.decode()) == {
        "grant_type": ["authorization_code"],
        "client_id": [CLIENT_ID],
        "client_secret": [CLIENT_SECRET],
        "code": [code],
        "redirect_uri": ["https://relay.example/callback"],
    }
    assert token.access_token == DEFAULT_USER_TOKEN
    assert (token.expires_in_seconds, token.token_type) == (2678400, "Bearer")
    assert token.scopes == ("get_user_info", "get_user_guilds")
    assert DEFAULT_USER_TOKEN not in repr(token)


def test_oauth_sends_json_once_the_form_is_refused(http: RequestsHttpClient) -> None:
    with KookStandIn(oauth_encoding="json") as kook:
        oauth = KookOAuth(http, kook.api_base, CLIENT_ID, CLIENT_SECRET)
        token = oauth.exchange_code(_authorize(http, oauth), "https://relay.example/callback")
        assert token.access_token == DEFAULT_USER_TOKEN
        types = [request.headers["Content-Type"] for request in kook.requests[1:]]
        assert types == ["application/x-www-form-urlencoded", "application/json"]


def test_oauth_refusals_carry_kooks_reason_and_no_secret(kook: KookStandIn, http: RequestsHttpClient) -> None:
    secret = "very-secret-canary"
    kook.script(
        Fault(answer=Answer.of_json({"error": "invalid_client", "error_description": f"bad {secret}"}, status=401)),
        times=2,
    )
    oauth = KookOAuth(http, kook.api_base, CLIENT_ID, secret)
    with pytest.raises(KookApiError) as refusal:
        oauth.exchange_code("some-code", "https://relay.example/callback")
    assert refusal.value.token_refused
    assert "invalid_client: bad ***" in str(refusal.value)
    assert secret not in str(refusal.value) + repr(refusal.value) + repr(vars(oauth).keys())


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (Answer.of_json({"error": "slow down"}, status=429, headers={"Retry-After": "7"}), KookRateLimited),
        (Answer(502, b"<html>"), KookUnreachable),
        (Answer(200, b"<html>"), KookAnswerUnreadable),
        (Answer.of_json({"code": 0, "data": {}}), KookAnswerUnreadable),
    ],
)
def test_oauth_does_not_try_the_other_encoding_when_the_first_was_not_refused(
    answer: Answer, expected: type[KookError], kook: KookStandIn, http: RequestsHttpClient
) -> None:
    kook.script(Fault(answer=answer))
    with pytest.raises(expected):
        KookOAuth(http, kook.api_base, CLIENT_ID, CLIENT_SECRET).exchange_code("c", "https://relay.example/cb")
    assert len(kook.requests) == 1
