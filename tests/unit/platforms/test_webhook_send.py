from __future__ import annotations

import json
from typing import Any

import pytest
from standardwebhooks import Webhook

from shared.platforms.base import Part, SendContext
from shared.platforms.http import HttpResponse, NoAnswer, NotSent
from shared.platforms.outcomes import Delivered, Outcome, Permanent, RetryAfter, Unknown
from shared.platforms.webhook import REQUEST_SECONDS, WebhookPlatform
from shared.platforms.webhook_answers import retry_after_seconds
from tests.fakes.clock import FakeClock
from tests.fakes.relay_messages import relay_message
from tests.fakes.scripted_http import ScriptedHttp, answer

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
OLD_SECRET = "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYX"
URL = "https://hooks.example.com/relay/5f1c0c4e-path-token"
NOW = 1_445_412_480.0  # Wed, 21 Oct 2015 07:28:00 GMT


class Setup:
    def __init__(self, *script: HttpResponse | Exception, **config: Any) -> None:
        self.http = ScriptedHttp(list(script))
        self.clock = FakeClock(NOW)
        self.platform = WebhookPlatform(self.http, (), self.clock)
        checked = self.platform.validate_config({"url": URL, "secret": SECRET} | config)
        self.destination = self.platform.destination(1, checked, "ops")
        (self.part,) = self.platform.compose(relay_message("大家好"), self.destination, "小明")

    def send(self, part: Part | None = None, attempt: int = 1) -> Outcome:
        return self.platform.send(part or self.part, self.destination, SendContext("key-1", attempt))


def test_a_request_is_the_part_signed() -> None:
    setup = Setup(answer(200, b""))
    assert setup.send() == Delivered(("key-1",))
    (request,) = setup.http.requests
    assert (request.method, request.url, request.timeout_seconds) == ("POST", URL, REQUEST_SECONDS)
    assert request.data == setup.part.text.encode()
    assert request.headers["Content-Type"].startswith("application/json")
    assert (request.headers["webhook-id"], request.headers["webhook-timestamp"]) == ("key-1", str(int(NOW)))


def test_the_reference_library_verifies_what_is_sent() -> None:
    setup = Setup(answer(204, b""), previous_secret=OLD_SECRET)
    platform = WebhookPlatform(setup.http)  # by the real clock, since the library looks at it
    platform.send(setup.part, setup.destination, SendContext("key-1"))
    (request,) = setup.http.requests
    for secret in (SECRET, OLD_SECRET):
        event = Webhook(secret).verify(request.data, dict(request.headers))
        assert event["data"]["text"] == "大家好"


def test_every_attempt_has_the_same_id_and_body_and_a_signature_of_its_own_time() -> None:
    setup = Setup(answer(500, b""), answer(200, b""))
    setup.send()
    setup.clock.advance(86_400)
    setup.send(attempt=2)
    first, second = setup.http.requests
    assert first.headers["webhook-id"] == second.headers["webhook-id"]
    assert first.data == second.data
    assert int(second.headers["webhook-timestamp"]) - int(first.headers["webhook-timestamp"]) == 86_400
    assert first.headers["webhook-signature"] != second.headers["webhook-signature"]


@pytest.mark.parametrize("status", [200, 201, 202, 204, 299])
def test_every_2xx_is_success(status: int) -> None:
    assert isinstance(Setup(answer(status, b"<html>whatever")).send(), Delivered)


@pytest.mark.parametrize("status", [300, 301, 302, 303, 304, 307, 308])
def test_a_redirect_is_never_followed_and_holds_the_messages(status: int) -> None:
    setup = Setup(answer(status, b"", {"Location": "https://elsewhere.example.com/"}))
    outcome = setup.send()
    assert len(setup.http.requests) == 1
    assert isinstance(outcome, RetryAfter)
    assert (outcome.code, outcome.seconds, outcome.scope) == ("redirected", 300.0, "destination")
    assert not outcome.rate_limited
    assert "elsewhere" not in outcome.detail


@pytest.mark.parametrize(("status", "code"), [(410, "gone"), (404, "not_found"), (401, "unauthorized")])
def test_a_receiver_that_wants_no_more_is_switched_off(status: int, code: str) -> None:
    outcome = Setup(answer(status, b"")).send()
    assert outcome == Permanent(code, f"HTTP {status}", disables_destination=True)


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (400, "http_400"),
        (403, "forbidden"),
        (405, "http_405"),
        (409, "http_409"),
        (413, "too_large"),
        (422, "http_422"),
    ],
)
def test_a_refused_message_costs_no_other(status: int, code: str) -> None:
    assert Setup(answer(status, b"")).send() == Permanent(code, f"HTTP {status}")


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("", None),
        ("7", 7.0),
        (" 120 ", 120.0),
        ("0", 0.0),
        ("99999999999999999999", 86_400.0),
        ("Wed, 21 Oct 2015 07:29:30 GMT", 90.0),
        ("Wednesday, 21-Oct-15 07:29:30 GMT", 90.0),
        ("Wed, 21 Oct 2015 07:00:00 GMT", 0.0),
        ("Wed, 21 Oct 2099 07:00:00 GMT", 86_400.0),
        ("-5", None),
        ("1.5", None),
        ("soon", None),
        ("Wed, 99 Oct 2015 07:00:00 GMT", None),
        ("٣", None),
    ],
)
def test_retry_after_is_seconds_or_a_date(header: str, seconds: float | None) -> None:
    assert retry_after_seconds(header, NOW) == seconds


@pytest.mark.parametrize(
    ("status", "code", "rate_limited"),
    [
        (429, "rate_limited", True),
        (502, "server_unavailable", False),
        (503, "server_unavailable", False),
        (504, "server_unavailable", False),
        (500, "server_error", False),
        (501, "server_error", False),
        (524, "server_error", False),
        (599, "server_error", False),
        (408, "http_408", False),
        (421, "http_421", False),
        (425, "http_425", False),
    ],
)
def test_what_is_worth_another_try_waits_as_long_as_asked(status: int, code: str, rate_limited: bool) -> None:
    outcome = Setup(answer(status, b"", {"Retry-After": "30"})).send()
    assert outcome == RetryAfter(code, f"HTTP {status}", 30.0, rate_limited, "destination")
    unasked = Setup(answer(status, b"")).send()
    assert isinstance(unasked, RetryAfter)
    assert unasked.seconds is None


@pytest.mark.parametrize(
    ("failure", "expected"),
    [
        (NoAnswer("timeout", "no answer"), Unknown("timeout", "no answer")),
        (NoAnswer("connection_lost", "broke"), Unknown("connection_lost", "broke")),
        (NotSent("connect_refused", "nobody"), RetryAfter("connect_refused", "nobody")),
        (NotSent("destination_refused", "private", permanent=True), Permanent("destination_refused", "private")),
    ],
)
def test_failures_without_an_answer(failure: Exception, expected: Outcome) -> None:
    assert Setup(failure).send() == expected


@pytest.mark.parametrize(
    ("body", "headers", "detail"),
    [
        (b'{"message": "no such tenant"}', {}, "HTTP 400: no such tenant"),
        (b'{"error": {"code": 1}, "detail": "bad\\nkind"}', {}, "HTTP 400: bad kind"),
        (b"Invalid signature\n", {"Content-Type": "text/plain; charset=utf-8"}, "HTTP 400: Invalid signature"),
        (b"<html>Bad Request</html>", {"Content-Type": "text/html"}, "HTTP 400"),
        (b"", {"Content-Type": "text/plain"}, "HTTP 400"),
        (b'{"message": 5}', {}, "HTTP 400"),
        (b"[1]", {}, "HTTP 400"),
        (b'{"message": "' + b"x" * 5000 + b'"}', {}, "HTTP 400"),
    ],
)
def test_the_receivers_own_reason_is_shown(body: bytes, headers: dict[str, str], detail: str) -> None:
    outcome = Setup(answer(400, body, headers)).send()
    assert isinstance(outcome, Permanent)
    assert outcome.detail == detail


def test_no_secret_is_repeated() -> None:
    echo = f"{URL} {URL.rpartition('/')[2]} {SECRET} {SECRET[6:]} {OLD_SECRET[6:]}"
    steps: list[HttpResponse | Exception] = [
        answer(status, {"message": echo}) for status in (301, 400, 401, 404, 410, 429, 500, 503)
    ]
    steps += [NoAnswer("timeout", echo), NotSent("tls_failed", echo)]
    setup = Setup(*steps, previous_secret=OLD_SECRET)
    said = " ".join(repr(setup.send()) for _ in steps)
    for secret in ("path-token", SECRET[6:], OLD_SECRET[6:]):
        assert secret not in said


def test_the_test_event_is_an_event_of_its_own_kind_with_an_id_of_its_own() -> None:
    setup = Setup(answer(200, b""), answer(200, b""))
    assert isinstance(setup.platform.test(setup.destination), Delivered)
    setup.platform.test(setup.destination)
    first, second = setup.http.requests
    assert json.loads(first.data)["type"] == "relay.test"
    assert json.loads(first.data)["data"]["target"] == "ops"
    assert first.headers["webhook-id"] != second.headers["webhook-id"]
