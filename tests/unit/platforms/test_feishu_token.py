import threading

import pytest

from shared.platforms.feishu_token import AppCredentials, TenantTokens, TokenUnavailable
from shared.platforms.http import HttpResponse, NoAnswer, NotSent
from shared.platforms.outcomes import Permanent, RetryAfter
from tests.fakes.clock import FakeClock
from tests.fakes.scripted_http import ScriptedHttp, SentRequest, answer

APP = AppCredentials("https://open.feishu.cn", "cli_a", "app-secret-a")


def issued(token: str, expire: object = 7200) -> HttpResponse:
    return answer(200, {"code": 0, "msg": "ok", "tenant_access_token": token, "expire": expire})


def test_a_token_is_kept_until_ten_minutes_before_its_end() -> None:
    clock = FakeClock()
    http = ScriptedHttp([issued("t-1"), issued("t-2")])
    tokens = TenantTokens(http, clock)
    assert tokens.token(APP) == "t-1"
    clock.advance(6599)
    assert tokens.token(APP) == "t-1"
    clock.advance(1)
    assert tokens.token(APP) == "t-2"
    assert http.requests[0].url == "https://open.feishu.cn/open-apis/auth/v3/tenant_access_token/internal"
    assert http.requests[0].json == {"app_id": "cli_a", "app_secret": "app-secret-a"}


def test_a_token_that_ends_soon_is_used_and_not_kept() -> None:
    tokens = TenantTokens(ScriptedHttp([issued("t-1", 300), issued("t-2", 7200)]), FakeClock())
    assert [tokens.token(APP), tokens.token(APP), tokens.token(APP)] == ["t-1", "t-2", "t-2"]


def test_a_dropped_token_is_fetched_anew_and_a_newer_one_stays() -> None:
    tokens = TenantTokens(ScriptedHttp([issued("t-1"), issued("t-2")]), FakeClock())
    tokens.drop(APP, tokens.token(APP))
    assert tokens.token(APP) == "t-2"
    tokens.drop(APP, "t-1")
    assert tokens.token(APP) == "t-2"


@pytest.mark.parametrize(
    "other",
    [
        AppCredentials("https://open.feishu.cn", "cli_b", "app-secret-a"),
        AppCredentials("https://open.larksuite.com", "cli_a", "app-secret-a"),
        AppCredentials("https://open.feishu.cn", "cli_a", "corrected-secret"),
    ],
)
def test_each_app_host_and_secret_has_its_own_token(other: AppCredentials) -> None:
    tokens = TenantTokens(ScriptedHttp([issued("t-1"), issued("t-2")]), FakeClock())
    assert [tokens.token(APP), tokens.token(other), tokens.token(APP)] == ["t-1", "t-2", "t-1"]


def test_threads_that_ask_together_cause_one_request() -> None:
    asked = threading.Event()
    go_on = threading.Event()

    def slow(request: SentRequest) -> HttpResponse:
        asked.set()
        assert go_on.wait(10)
        return issued("t-1")

    http = ScriptedHttp([slow])
    tokens = TenantTokens(http, FakeClock())
    got: list[str] = []
    threads = [threading.Thread(target=lambda: got.append(tokens.token(APP))) for _ in range(8)]
    for thread in threads:
        thread.start()
    assert asked.wait(10)
    go_on.set()
    for thread in threads:
        thread.join(10)
    assert got == ["t-1"] * 8
    assert len(http.requests) == 1


@pytest.mark.parametrize(
    ("step", "expected"),
    [
        (answer(400, {"code": 10014, "msg": "app secret invalid"}), Permanent),
        (answer(200, {"code": 10003, "msg": "invalid app_id"}), Permanent),
        (answer(429, {"code": 99991400, "msg": "limited"}, {"x-ogw-ratelimit-reset": "2"}), RetryAfter),
        (answer(500, b""), RetryAfter),
        (answer(200, b"<html>"), RetryAfter),
        (answer(200, {"code": 0, "msg": "ok"}), RetryAfter),
        (issued("t-1", "7200"), RetryAfter),
        (NotSent("connect_refused", "refused"), RetryAfter),
        (NotSent("destination_refused", "no", permanent=True), Permanent),
        (NoAnswer("timeout", "nothing came"), RetryAfter),
    ],
)
def test_without_a_token_nothing_was_sent(step: HttpResponse | Exception, expected: type) -> None:
    tokens = TenantTokens(ScriptedHttp([step, issued("t-2")]), FakeClock())
    with pytest.raises(TokenUnavailable) as failed:
        tokens.token(APP)
    assert isinstance(failed.value.outcome, expected)
    assert "app-secret-a" not in repr(failed.value.outcome)
    # The failure is not kept.
    assert tokens.token(APP) == "t-2"


def test_wrong_app_credentials_end_the_destination() -> None:
    tokens = TenantTokens(ScriptedHttp([answer(400, {"code": 10014, "msg": "app-secret-a is wrong"})]), FakeClock())
    with pytest.raises(TokenUnavailable) as failed:
        tokens.token(APP)
    assert isinstance(failed.value.outcome, Permanent)
    assert failed.value.outcome.disables_destination
    assert "app-secret-a" not in failed.value.outcome.detail


def test_credentials_do_not_show_the_secret() -> None:
    assert "app-secret-a" not in repr(APP)
