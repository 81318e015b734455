"""Every documented code, as the typed outcome it has to become."""

import pytest

from shared.platforms.feishu_answers import (
    TOKEN_CODES,
    feishu_outcome,
    read_feishu_answer,
    takes_plainer_content,
)
from shared.platforms.outcomes import Outcome, Permanent, RetryAfter, Unknown
from tests.fakes.scripted_http import answer


def outcome(
    code: int, msg: str = "no", status: int = 400, headers: dict | None = None, *, custom_bot: bool = False
) -> Outcome:
    body = {"code": code, "msg": msg}
    return feishu_outcome(read_feishu_answer(answer(status, body, headers)), custom_bot=custom_bot)


@pytest.mark.parametrize("status", [200, 400])
@pytest.mark.parametrize(
    ("code", "name"),
    [
        (99991543, "app_credentials_refused"),
        (10003, "app_credentials_refused"),
        (10014, "app_credentials_refused"),
        (99991662, "app_not_available"),
        (99991673, "app_not_available"),
        (99991672, "scope_missing"),
        (99991676, "scope_missing"),
        (99991679, "scope_missing"),
        (230027, "scope_missing"),
        (230002, "bot_not_in_chat"),
        (230006, "bot_not_published"),
        (230013, "user_out_of_range"),
        (230018, "not_allowed_to_send"),
        (230035, "not_allowed_to_send"),
        (230029, "user_unreachable"),
        (230038, "user_unreachable"),
        (230053, "user_unreachable"),
        (230034, "receive_id_mismatch"),
        (232009, "chat_dissolved"),
        (19001, "hook_not_found"),
        (19021, "signature_refused"),
        (19022, "ip_not_allowed"),
    ],
)
def test_what_ends_a_destination_whatever_the_status(code: int, name: str, status: int) -> None:
    result = outcome(code, status=status)
    assert isinstance(result, Permanent)
    assert (result.code, result.disables_destination) == (name, True)


@pytest.mark.parametrize(
    ("code", "name"),
    [
        *((code, "token_refused") for code in sorted(TOKEN_CODES)),
        (230001, "bad_parameter"),
        (230022, "content_refused"),
        (230028, "content_refused"),
        (230025, "too_long"),
        (19036, "too_long"),
        (230055, "wrong_file_type"),
        (230099, "card_refused"),
        (230011, "message_gone"),
        (230110, "message_gone"),
        (230031, "message_gone"),
        (234001, "upload_bad_parameter"),
        (234006, "file_too_large"),
        (234010, "file_empty"),
        (234007, "bot_not_enabled"),
        (19024, "keyword_missing"),
        (9499, "bad_request"),
        (123456, "feishu_123456"),
    ],
)
def test_what_ends_a_message_only(code: int, name: str) -> None:
    result = outcome(code)
    assert isinstance(result, Permanent)
    assert (result.code, result.disables_destination) == (name, False)


@pytest.mark.parametrize(
    ("code", "status", "scope"),
    [
        (99991400, 429, "credential"),
        (99991400, 400, "credential"),
        (230020, 400, "destination"),
        (11232, 200, "credential"),
        (11233, 400, "credential"),
        (11247, 400, "credential"),
        (777, 429, "credential"),
    ],
)
def test_rate_limits_say_what_pauses_and_how_long(code: int, status: int, scope: str) -> None:
    result = outcome(code, status=status, headers={"X-Ogw-Ratelimit-Reset": "1.25"})
    assert isinstance(result, RetryAfter)
    assert (result.rate_limited, result.seconds, result.scope) == (True, 1.25, scope)


@pytest.mark.parametrize("header", ["nan", "-1", "inf", "soon", "1e9", ""])
def test_a_wait_that_makes_no_sense_is_not_taken(header: str) -> None:
    result = outcome(99991400, status=429, headers={"x-ogw-ratelimit-reset": header})
    assert isinstance(result, RetryAfter)
    assert result.seconds is None


def test_retry_after_serves_where_feishus_own_header_is_missing() -> None:
    result = outcome(99991400, status=429, headers={"Retry-After": "4"})
    assert isinstance(result, RetryAfter)
    assert result.seconds == 4.0


def test_9499_has_two_meanings() -> None:
    limited = outcome(9499, "too many request", custom_bot=True)
    assert isinstance(limited, RetryAfter)
    assert (limited.rate_limited, limited.scope) == (True, "destination")
    assert isinstance(outcome(9499, "Bad Request", custom_bot=True), Permanent)


def test_a_custom_bots_limit_pauses_its_chat_only() -> None:
    result = outcome(11232, custom_bot=True)
    assert isinstance(result, RetryAfter)
    assert result.scope == "destination"


@pytest.mark.parametrize(("code", "status"), [(232096, 200), (234042, 400), (50001, 200), (50999, 400), (1, 500)])
def test_server_side_codes_are_tried_again(code: int, status: int) -> None:
    result = outcome(code, status=status)
    assert isinstance(result, RetryAfter)
    assert not result.rate_limited


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (200, b"<html>", Unknown),
        (200, b"[]", Unknown),
        (200, b'{"msg": "no code"}', Unknown),
        (200, b'{"code": true}', Unknown),
        (200, b'{"code": "0"}', Unknown),
        (500, b"", Unknown),
        (504, b"<html>", Unknown),
        (503, b"<html>", RetryAfter),
        (403, b"<html>", RetryAfter),
        (404, b"404 page not found", RetryAfter),
        (302, b"", RetryAfter),
    ],
)
def test_an_answer_that_is_not_feishus_disables_nothing(status: int, body: bytes, kind: type) -> None:
    assert isinstance(feishu_outcome(read_feishu_answer(answer(status, body))), kind)


@pytest.mark.parametrize("body", [{"code": 0, "msg": "success"}, {"StatusCode": 0, "StatusMessage": "success"}])
def test_success_is_code_0(body: dict) -> None:
    assert read_feishu_answer(answer(200, body)).ok


@pytest.mark.parametrize(
    ("code", "msg", "plainer"),
    [
        (230099, "Failed to create card content, ext=ErrCode: 11310", True),
        (230025, "too long", True),
        (230001, "bad parameter", True),
        (19036, "too long", True),
        (9499, "Bad Request", True),
        (9499, "too many request", False),
        (230022, "sensitive", False),
        (230002, "not in chat", False),
    ],
)
def test_when_plainer_content_may_be_taken(code: int, msg: str, plainer: bool) -> None:
    assert takes_plainer_content(read_feishu_answer(answer(400, {"code": code, "msg": msg}))) is plainer


def test_a_detail_names_the_log_id_and_neither_secret_nor_address() -> None:
    body = {"code": 230002, "msg": "see https://open.feishu.cn/x?id=s3cret\nt-s3cret"}
    read = read_feishu_answer(answer(400, body, {"X-Tt-Logid": "2026ABC"}))
    result = feishu_outcome(read, ("t-s3cret",))
    assert isinstance(result, Permanent)
    assert result.detail == "Feishu answered 230002: see [link] [secret] (log id 2026ABC)"


def test_a_token_is_not_shown_with_its_answer() -> None:
    assert "t-abc" not in repr(read_feishu_answer(answer(200, {"code": 0, "tenant_access_token": "t-abc"})))
