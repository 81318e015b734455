"""Signing in through a provider: the state, binding, and what the providers answer."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import pytest

from shared.aws.tables import bind
from shared.monitor.errors import MonitorError
from shared.monitor.oauth import OAuthSignIn
from shared.monitor.oauth_providers import GithubAccounts, KookAccounts
from shared.monitor.rows import MonitorRow
from shared.monitor.sessions import Caller, DynamoSessions, Sessions
from shared.monitor.settings import SiteSettings
from shared.monitor.store_settings import DynamoSettings, Provider
from shared.monitor.table import MonitorTable
from shared.platforms.http import HttpResponse, NoAnswer
from shared.security.vault import Vault
from tests.dynamodb import DynamoEngine

pytest_plugins = ["tests.dynamodb"]

NOW = 1_800_000_000.0
CALLBACK = "https://relay.example/api/oauth_callback"
CLIENT = Provider("client-1", "client-secret-1")


class OneAccount:
    def authorize_url(self, client: Provider, redirect_uri: str, state: str) -> str:
        return f"https://provider.example/?client_id={client.client_id}&state={state}"

    def account_id(self, client: Provider, code: str, redirect_uri: str) -> str:
        return f"account-of-{code}"


class OnePassword:
    def check(self, password: str, client_address: str) -> int:
        return 1

    def generation(self) -> int | None:
        return 1


class World:
    def __init__(self, table: MonitorTable) -> None:
        self.now = NOW
        self.settings = DynamoSettings(table, Vault(b"k" * 32))
        self.settings.change(lambda site: site.model_copy(update={"o_auth_enabled": True, "o_auth_provider": "kook"}))
        self.settings.write_provider("kook", CLIENT)
        self.sessions = Sessions(DynamoSessions(table), OnePassword(), lambda: self.now)
        providers = {"kook": OneAccount(), "github": OneAccount()}
        self.oauth = OAuthSignIn(self.settings, self.sessions, table, providers, lambda: self.now)

    def finish(self, state: str, cookie: str, code: str = "me", *, signed_in: bool = False) -> Any:
        return self.oauth.finish(
            state=state,
            state_cookie=cookie,
            code=code,
            redirect_uri=CALLBACK,
            signed_in=signed_in,
            caller=Caller("192.0.2.1", "test"),
        )

    def refused(self, state: str, cookie: str, code: str = "me", **more: Any) -> str:
        with pytest.raises(MonitorError) as refused:
            self.finish(state, cookie, code, **more)
        return refused.value.code


@pytest.fixture
def world(dynamodb: DynamoEngine) -> World:
    bind(MonitorRow, dynamodb.create_table("MonitorTable"))
    return World(MonitorTable(lambda: NOW))


def test_a_bound_account_opens_a_session_and_another_does_not(world: World) -> None:
    state = world.oauth.start_binding(CALLBACK).state
    assert world.finish(state, state, signed_in=True) is None
    state = world.oauth.start(CALLBACK).state
    session = world.finish(state, state)
    found = world.sessions.of_token(session.token, Caller())
    assert found is not None and found.login_method == "oauth_kook"
    state = world.oauth.start(CALLBACK).state
    assert world.refused(state, state, "somebody-else") == "OAUTH_NOT_BOUND"
    world.oauth.unbind()
    state = world.oauth.start(CALLBACK).state
    assert world.refused(state, state) == "OAUTH_NOT_BOUND"


def test_a_state_is_good_once_and_only_in_the_browser_that_got_it(world: World) -> None:
    state = world.oauth.start(CALLBACK).state
    assert world.refused(state, "") == "OAUTH_INVALID_STATE"
    assert world.refused(state, "another") == "OAUTH_INVALID_STATE"
    assert world.refused("", "") == "OAUTH_INVALID_STATE"
    assert world.refused("made-up", "made-up") == "OAUTH_INVALID_STATE"
    assert world.refused(state, state) == "OAUTH_NOT_BOUND"
    assert world.refused(state, state) == "OAUTH_INVALID_STATE"


def test_binding_needs_the_administrator_still_signed_in(world: World) -> None:
    state = world.oauth.start_binding(CALLBACK).state
    assert world.refused(state, state) == "OAUTH_NOT_BOUND"
    assert world.settings.profile().bound == {}


def test_a_sign_in_without_code_or_provider_is_refused(world: World) -> None:
    state = world.oauth.start(CALLBACK).state
    assert world.refused(state, state, "") == "OAUTH_NO_CODE"
    world.settings.change(lambda site: SiteSettings(o_auth_enabled=True, o_auth_provider="github"))
    with pytest.raises(MonitorError) as refused:
        world.oauth.start(CALLBACK)
    assert refused.value.code == "OAUTH_NOT_CONFIGURED"


class Answers:
    """Implements HttpClient with prepared answers, one for each request."""

    def __init__(self, *answers: tuple[int, Any] | Exception) -> None:
        self._answers = list(answers)
        self.requests: list[tuple[str, str, Any]] = []

    def request(self, method: str, url: str, **options: Any) -> HttpResponse:
        self.requests.append((method, url, options))
        answer = self._answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return HttpResponse(answer[0], {}, json.dumps(answer[1]).encode())


def test_github_tells_the_account_of_a_code() -> None:
    http = Answers((200, {"access_token": "user-token"}), (200, {"id": 583231, "login": "octocat"}))
    assert GithubAccounts(http).account_id(CLIENT, "code-1", CALLBACK) == "583231"
    assert [url for _, url, _ in http.requests] == [
        "https://github.com/login/oauth/access_token",
        "https://api.github.com/user",
    ]
    assert http.requests[1][2]["headers"]["Authorization"] == "Bearer user-token"


def test_kook_tells_the_account_of_a_code() -> None:
    token = {"access_token": "user-token", "expires_in": 3600, "token_type": "Bearer", "scope": "get_user_info"}
    http = Answers((200, token), (200, {"code": 0, "message": "", "data": {"id": "1700000"}}))
    accounts = KookAccounts(http, "https://www.kookapp.cn/api/v3")
    assert accounts.account_id(CLIENT, "code-1", CALLBACK) == "1700000"
    assert http.requests[1][1] == "https://www.kookapp.cn/api/v3/user/me"
    assert "client-secret-1" not in accounts.authorize_url(CLIENT, CALLBACK, "state-1")


def test_a_code_that_cannot_be_one_is_refused_before_kook_is_asked() -> None:
    http = Answers()
    with pytest.raises(MonitorError) as refused:
        KookAccounts(http, "https://www.kookapp.cn/api/v3").account_id(CLIENT, "code\x00", CALLBACK)
    assert (refused.value.code, http.requests) == ("OAUTH_NO_CODE", [])


@pytest.mark.parametrize(
    ("answers", "code"),
    [
        ([(200, {"error": "bad_verification_code"})], "OAUTH_REFUSED"),
        ([(500, {})], "OAUTH_REFUSED"),
        ([(200, [])], "OAUTH_REFUSED"),
        ([(200, {"access_token": "t"}), (200, {"id": True})], "OAUTH_REFUSED"),
        ([NoAnswer("answer_timeout", "no answer")], "OAUTH_UNREACHABLE"),
    ],
)
def test_what_a_provider_may_answer_wrongly(answers: Sequence[Any], code: str) -> None:
    with pytest.raises(MonitorError) as refused:
        GithubAccounts(Answers(*answers)).account_id(CLIENT, "code-1", CALLBACK)
    assert refused.value.code == code
    assert "client-secret-1" not in str(refused.value.params)
