"""What the KOOK client makes of refusals and broken answers, and that no secret gets out of it."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

import pytest

from shared.kook.client.client import KookClient
from shared.kook.client.errors import InvalidCall, KookAnswerUnreadable, KookApiError, KookError, KookUnreachable
from shared.kook.client.pipes import KookPipe
from shared.platforms.http import RequestsHttpClient
from tests.standins.kook import KookStandIn
from tests.standins.kook_world import DEFAULT_BOT_TOKEN
from tests.standins.server import Answer, Fault


def test_a_code_other_than_zero_is_an_error_at_http_200(client: KookClient, kook: KookStandIn) -> None:
    with pytest.raises(KookApiError) as refusal:
        client.channel_view("404404")
    error = refusal.value
    assert (error.call, error.code, error.message, error.http_status) == ("channel/view", 40000, "频道不存在", 200)
    assert not error.token_refused and not error.permission_missing


def test_a_wrong_token_is_told_apart(kook: KookStandIn, http: RequestsHttpClient) -> None:
    with pytest.raises(KookApiError) as refusal:
        KookClient(http, kook.api_base, "wrong-token").user_me()
    assert refusal.value.token_refused
    assert (refusal.value.code, refusal.value.http_status) == (40101, 401)


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        (Fault(delay_seconds=30.0), "timeout"),
        (Fault(reset="mid_answer", processed=True), "connection_lost"),
        (Fault(reset="before_answer", processed=True), "connection_lost"),
        (Fault(answer=Answer(502, b"<html>bad gateway</html>")), "server_error"),
        (Fault(answer=Answer(503)), "server_error"),
    ],
)
def test_no_usable_answer_may_mean_that_it_was_done(
    fault: Fault, code: str, kook: KookStandIn, http: RequestsHttpClient
) -> None:
    client = KookClient(http, kook.api_base, DEFAULT_BOT_TOKEN, timeout_seconds=0.5)
    kook.script(fault)
    with pytest.raises(KookUnreachable) as failure:
        client.message_create("8001", "有没有到？")
    assert (failure.value.code, failure.value.maybe_done) == (code, True)


def test_nobody_listening_means_that_it_was_not_done(http: RequestsHttpClient) -> None:
    with KookStandIn() as gone:
        api_base = gone.api_base
    with pytest.raises(KookUnreachable) as failure:
        KookClient(http, api_base, DEFAULT_BOT_TOKEN).online()
    assert failure.value.maybe_done is False


def _enveloped(data: Any) -> Answer:
    return Answer.of_json({"code": 0, "message": "操作成功", "data": data})


@pytest.mark.parametrize(
    "answer",
    [
        Answer(200, b""),
        Answer(200, b'{"code":0,"message":"cut'),
        Answer(200, b"<html>login</html>"),
        Answer(200, b"\xff\xfe\x00"),
        Answer(200, b"[" * 100_000),
        Answer.of_json([]),
        Answer.of_json({"message": "no code"}),
        Answer.of_json({"code": None, "data": {"id": "1"}}),
        Answer.of_json({"code": True, "data": {"id": "1"}}),
        _enveloped(None),
        _enveloped([]),
        _enveloped("text"),
        _enveloped({}),
        _enveloped({"id": ""}),
        _enveloped({"id": ["1"]}),
    ],
)
def test_an_answer_that_is_not_kooks_is_unreadable(answer: Answer, client: KookClient, kook: KookStandIn) -> None:
    kook.script(Fault(answer=answer))
    with pytest.raises(KookAnswerUnreadable) as failure:
        client.user_me()
    assert failure.value.maybe_done


def test_an_answer_beyond_the_size_cap_is_given_up(client: KookClient, kook: KookStandIn) -> None:
    kook.script(Fault(answer=_enveloped({"id": "1", "padding": "x" * 5_000_000})))
    with pytest.raises(KookUnreachable) as failure:
        client.user_me()
    assert failure.value.code == "answer_too_large"


@pytest.mark.parametrize("status", [301, 403, 404])
def test_a_page_in_between_is_a_refusal_with_its_status(status: int, client: KookClient, kook: KookStandIn) -> None:
    kook.script(Fault(answer=Answer(status, b"<html>", {"Location": "https://elsewhere.example/"})))
    with pytest.raises(KookApiError) as refusal:
        client.user_me()
    assert (refusal.value.code, refusal.value.http_status) == (status, status)
    assert len(kook.requests) == 1


def test_unknown_fields_and_numeric_ids_are_tolerated(client: KookClient, kook: KookStandIn) -> None:
    raw = {"id": 2418200000, "username": None, "roles": ["7", 8, {}], "bot": 1, "surprise": {"a": 1}, "status": "10"}
    kook.script(Fault(answer=Answer.of_json({"code": "0", "message": None, "data": raw, "extra": 1})))
    user = client.user_me()
    assert user["id"] == "2418200000"
    assert (user["username"], user["roles"], user["bot"], user["status"]) == ("", [7, 8], True, 10)


def test_no_secret_reaches_an_exception_a_log_or_a_repr(
    kook: KookStandIn, http: RequestsHttpClient, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    secret = "1/canary+secret/token=="
    echo = Answer.of_json({"code": 40101, "message": f"token {secret} 错误\n\x1b[31m{'长' * 900}", "data": []})
    faults = [
        Fault(answer=echo),
        Fault(answer=Answer(502, secret.encode())),
        Fault(answer=Answer(200, secret.encode())),
        Fault(reset="before_answer"),
        Fault(answer=Answer.of_json({"code": 429, "message": secret}, status=429)),
    ]
    callers: list[Callable[[], Any]] = [
        KookClient(http, kook.api_base, secret).user_me,
        lambda: KookPipe(http, kook.api_base, secret).send("内容"),
    ]
    shown = []
    for call in callers:
        kook.script(*faults)
        for _ in faults:
            with pytest.raises(KookError) as failure:
                call()
            error: BaseException | None = failure.value
            while error is not None:
                shown.append(f"{error} {error!r} {vars(error)}")
                error = error.__cause__ or error.__context__
    shown += [repr(callers[0]), repr(vars(KookClient(http, kook.api_base, secret))), caplog.text]
    assert len(kook.requests) == 2 * len(faults)
    assert all("canary" not in text for text in shown)
    assert max(map(len, shown[:-3])) < 2000


def test_a_token_that_no_header_can_carry_is_refused_without_being_shown(http: RequestsHttpClient) -> None:
    for token in ("", "with space", "line\nbreak", "中文", "x" * 5000):
        with pytest.raises(InvalidCall) as refusal:
            KookClient(http, "https://kook.invalid/api/v3", token)
        assert refusal.value.field == "token"
        assert not token or token not in str(refusal.value)
