"""Every documented error, as the typed outcome it has to become."""

import pytest

from shared.platforms.outcomes import Outcome, Permanent, RetryAfter, Unknown
from shared.platforms.telegram_answers import Remedy, read_telegram_answer, telegram_outcome, telegram_remedy
from tests.fakes.scripted_http import answer


def outcome(status: int, description: str, parameters: dict | None = None, headers: dict | None = None) -> Outcome:
    body = {"ok": False, "error_code": status, "description": description}
    if parameters:
        body["parameters"] = parameters
    return telegram_outcome(read_telegram_answer(answer(status, body, headers)))


def remedy(status: int, description: str, *, has_media: bool = False, parameters: dict | None = None) -> Remedy | None:
    body = {"ok": False, "error_code": status, "description": description, "parameters": parameters or {}}
    return telegram_remedy(read_telegram_answer(answer(status, body)), has_media=has_media)


@pytest.mark.parametrize(
    ("status", "description", "code"),
    [
        (401, "Unauthorized", "unauthorized"),
        (404, "Not Found", "unauthorized"),
        (421, "Misdirected Request", "token_not_allowed"),
        (403, "Forbidden: bot was kicked from the supergroup chat", "forbidden"),
        (403, "Forbidden: bot was kicked from the group chat", "forbidden"),
        (403, "Forbidden: bot is not a member of the channel chat", "forbidden"),
        (403, "Forbidden: bot was blocked by the user", "forbidden"),
        (403, "Forbidden: user is deactivated", "forbidden"),
        (403, "Forbidden: the group chat was deleted", "forbidden"),
        (403, "Forbidden: bot can't initiate conversation with a user", "forbidden"),
        (400, "Bad Request: chat not found", "chat_not_found"),
        (400, "Bad Request: private chat not found", "chat_not_found"),
        (400, "Bad Request: chat_id is empty", "chat_not_found"),
        (400, "Bad Request: group chat was upgraded to a supergroup chat", "chat_moved"),
        (400, "Bad Request: message thread not found", "topic_not_found"),
        (400, "Bad Request: TOPIC_CLOSED", "topic_not_found"),
        (400, "Bad Request: TOPIC_DELETED", "topic_not_found"),
        (400, "Bad Request: not enough rights to send text messages to the chat", "not_allowed_to_send"),
        (400, "Bad Request: have no rights to send a message", "not_allowed_to_send"),
        (400, "Bad Request: CHAT_WRITE_FORBIDDEN", "not_allowed_to_send"),
        (403, "Forbidden: CHAT_SEND_PLAIN_FORBIDDEN", "not_allowed_to_send"),
    ],
)
def test_what_ends_a_destination(status: int, description: str, code: str) -> None:
    result = outcome(status, description)
    assert isinstance(result, Permanent)
    assert (result.code, result.disables_destination) == (code, True)
    assert description in result.detail


@pytest.mark.parametrize(
    ("status", "description", "code"),
    [
        (404, "Not Found: method not found", "method_not_found"),
        (400, 'Bad Request: can\'t parse entities: Unsupported start tag "x" at byte offset 3', "markup_refused"),
        (400, "Bad Request: message is too long", "too_long"),
        (400, "Bad Request: message caption is too long", "too_long"),
        (400, "Bad Request: Text is too long", "too_long"),
        (400, "Bad Request: message text is empty", "empty_text"),
        (400, "Bad Request: message to be replied not found", "reply_not_found"),
        (400, "Bad Request: failed to get HTTP URL content", "media_refused"),
        (400, "Bad Request: wrong type of the web page content", "media_refused"),
        (400, "Bad Request: wrong file identifier/HTTP URL specified", "media_refused"),
        (400, "Bad Request: PHOTO_INVALID_DIMENSIONS", "media_refused"),
        (400, "Bad Request: IMAGE_PROCESS_FAILED", "media_refused"),
        (413, "Request Entity Too Large", "file_too_large"),
        (400, "Bad Request: file is too big", "file_too_large"),
        (400, "Bad Request: something new", "bad_request"),
        (418, "I'm a teapot", "http_418"),
    ],
)
def test_what_ends_a_message_only(status: int, description: str, code: str) -> None:
    result = outcome(status, description)
    assert isinstance(result, Permanent)
    assert (result.code, result.disables_destination) == (code, False)


@pytest.mark.parametrize(
    ("status", "description", "parameters", "headers", "seconds"),
    [
        (429, "Too Many Requests: retry after 14", {"retry_after": 14}, None, 14.0),
        (429, "Too Many Requests: retry after 14", None, None, 14.0),
        (429, "Too Many Requests", None, {"Retry-After": "9"}, 9.0),
        (429, "Too Many Requests", None, {"retry-after": "soon"}, None),
        (
            400,
            'Bad Request: failed to send message #1 with the error message "Too Many Requests: retry after 8"',
            None,
            None,
            8.0,
        ),
    ],
)
def test_a_flood_limit_says_how_long(
    status: int, description: str, parameters: dict | None, headers: dict | None, seconds: float | None
) -> None:
    result = outcome(status, description, parameters, headers)
    assert isinstance(result, RetryAfter)
    assert (result.seconds, result.rate_limited, result.scope) == (seconds, True, "destination")


def test_a_long_wait_pauses_the_whole_bot() -> None:
    result = outcome(429, "Too Many Requests: retry after 60", {"retry_after": 60})
    assert isinstance(result, RetryAfter)
    assert (result.seconds, result.scope) == (60.0, "credential")


@pytest.mark.parametrize("status", [500, 502, 504])
def test_a_server_error_leaves_open_whether_the_message_arrived(status: int) -> None:
    assert isinstance(outcome(status, "Internal Server Error: restart"), Unknown)


@pytest.mark.parametrize("status", [503, 409])
def test_a_server_that_did_not_take_the_request_is_asked_again(status: int) -> None:
    result = outcome(status, "Service Unavailable")
    assert isinstance(result, RetryAfter)
    assert not result.rate_limited


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (200, b"<html>", Unknown),
        (200, b'{"ok": tr', Unknown),
        (200, b"[]", Unknown),
        (200, b'{"ok": "yes"}', Unknown),
        (502, b"<html>Bad Gateway</html>", Unknown),
        (503, b"", RetryAfter),
        (403, b"<html>blocked here</html>", RetryAfter),
        (404, b"nginx", RetryAfter),
        (302, b"", RetryAfter),
        (413, b"<html>413</html>", Permanent),
        (429, b"slow down", RetryAfter),
    ],
)
def test_an_answer_that_is_not_the_bot_apis_disables_nothing(status: int, body: bytes, kind: type) -> None:
    result = telegram_outcome(read_telegram_answer(answer(status, body, {"Retry-After": "5"})))
    assert isinstance(result, kind)
    assert not getattr(result, "disables_destination", False)
    if status == 429:
        assert isinstance(result, RetryAfter)
        assert (result.seconds, result.rate_limited) == (5.0, True)


@pytest.mark.parametrize(
    ("description", "has_media", "expected"),
    [
        ("Bad Request: can't parse entities: x", False, Remedy.PLAIN_TEXT),
        ("Bad Request: can't parse entities: x", True, Remedy.PLAIN_TEXT),
        ("Bad Request: message text is empty", False, Remedy.PLACEHOLDER),
        ("Bad Request: message is too long", False, Remedy.AS_TEXT_FILE),
        ("Bad Request: message caption is too long", True, Remedy.AS_LINK),
        ("Bad Request: PHOTO_INVALID_DIMENSIONS", True, Remedy.AS_DOCUMENT),
        ("Bad Request: PHOTO_INVALID_DIMENSIONS", False, None),
        ("Bad Request: file is too big", True, Remedy.AS_LINK),
        ("Bad Request: not enough rights to send photos to the chat", True, Remedy.AS_LINK),
        ("Bad Request: not enough rights to send text messages to the chat", False, None),
        ("Bad Request: chat not found", True, None),
        ("Bad Request: something new", True, None),
        ('Bad Request: failed to send message #1 with the error message "retry after 8"', True, None),
    ],
)
def test_which_refusals_a_changed_request_can_answer(
    description: str, has_media: bool, expected: Remedy | None
) -> None:
    assert remedy(400, description, has_media=has_media) is expected


def test_a_moved_chat_is_followed() -> None:
    description = "Bad Request: group chat was upgraded to a supergroup chat"
    assert remedy(400, description, parameters={"migrate_to_chat_id": -1002}) is Remedy.NEW_CHAT_ID
    assert remedy(400, description) is None


def test_an_unknown_outcome_is_never_answered_by_a_second_request() -> None:
    assert remedy(500, "Internal Server Error: can't parse entities", has_media=True) is None
    assert remedy(429, "can't parse entities", has_media=True) is None


def test_odd_types_in_an_error_are_survived() -> None:
    body = {"ok": False, "error_code": "400", "description": 7, "parameters": ["x"]}
    result = telegram_outcome(read_telegram_answer(answer(400, body)))
    assert isinstance(result, Permanent)
    assert result.code == "bad_request"


def test_a_detail_holds_no_secret_and_no_address() -> None:
    body = {"ok": False, "error_code": 400, "description": "see https://api.telegram.org/bot1:s3cret/x\nor s3cret"}
    result = telegram_outcome(read_telegram_answer(answer(400, body)), ("1:s3cret", "s3cret"))
    assert isinstance(result, Permanent)
    assert result.detail == "Telegram answered 400: see [link] or [secret]"
