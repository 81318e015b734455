"""Discord: what each answer means for a delivery."""

from __future__ import annotations

from typing import Any

import pytest

from shared.platforms.http import HttpResponse, NoAnswer, NotSent
from shared.platforms.outcomes import Delivered, Outcome, Permanent, RetryAfter, Unknown
from tests.unit.platforms.discord_doubles import (
    TOKEN,
    answer,
    destination,
    error,
    platform,
    send,
)


@pytest.mark.parametrize(
    ("refusal", "code", "disables"),
    [
        (error(404, 10015), "webhook_deleted", True),
        (error(404, 10003), "thread_not_found", True),
        (error(404, 10008), "message_not_found", False),
        (error(401, 50027), "webhook_token_invalid", True),
        (error(401, 0), "unauthorized", True),
        (error(403, 50013), "missing_permission", True),
        (error(403, 50001), "missing_access", True),
        (error(403, 12345), "forbidden", True),
        (error(400, 50035), "invalid_form", False),
        (error(400, 50006), "empty_message", False),
        (error(400, 220001), "thread_required", True),
        (error(400, 220002), "thread_conflict", True),
        (error(400, 220003), "threads_not_supported", True),
        (error(400, 220004), "webhook_not_supported", True),
        (error(400, 40067), "forum_tag_required", True),
        (error(400, 50083), "thread_archived", True),
        (error(400, 160005), "thread_locked", True),
        (error(413, 40005), "file_too_large", False),
        (error(413, 0), "too_large", False),
        (error(400, 50045), "file_too_large", False),
        (error(400, 50046), "invalid_file", False),
        (error(400, 200000), "blocked_by_automod", False),
        (error(400, 240000), "harmful_link", False),
        (error(400, 20009), "explicit_content", False),
        (error(400, 400001), "uploads_limited", False),
        (error(400, 0), "http_400", False),
        (error(418, 0), "http_418", False),
    ],
)
def test_refusals_for_good(refusal: HttpResponse, code: str, disables: bool) -> None:
    outcome = send(platform(refusal)[0], destination())
    assert isinstance(outcome, Permanent)
    assert (outcome.code, outcome.disables_destination) == (code, disables)
    assert "what Discord says" in outcome.detail


LIMITED = {"message": "You are being rate limited.", "retry_after": 0.65, "global": False}


@pytest.mark.parametrize(
    ("refusal", "seconds", "scope"),
    [
        (answer(429, LIMITED), 0.65, "destination"),
        (answer(429, LIMITED, {"X-RateLimit-Remaining": "0"}), 0.65, "destination"),
        (answer(429, LIMITED | {"retry_after": 42}, {"X-RateLimit-Remaining": "4"}), 42.0, "credential"),
        (answer(429, LIMITED | {"global": True}), 0.65, "credential"),
        (answer(429, LIMITED, {"X-RateLimit-Global": "true"}), 0.65, "credential"),
        (answer(429, {"message": "limited"}, {"Retry-After": "7"}), 7.0, "destination"),
        (answer(429, {"message": "limited"}), None, "destination"),
        (answer(429, LIMITED | {"retry_after": -1}), None, "destination"),
        (answer(429, LIMITED | {"retry_after": "3"}), None, "destination"),
        (answer(429, b'{"retry_after": NaN}'), None, "destination"),
        (answer(429, LIMITED | {"retry_after": 10**9}), 86_400.0, "destination"),
        (error(400, 20016, retry_after=12.5), 12.5, "destination"),
        (error(429, 20028, retry_after=12.5), 12.5, "credential"),
        (error(429, 20029, retry_after=12.5), 12.5, "credential"),
        (error(429, 40062, retry_after=12.5), 12.5, "destination"),
        (answer(429, b"<html>error 1015</html>"), 600.0, "credential"),
        (answer(429, b"", {"Retry-After": "3600"}), 3600.0, "credential"),
    ],
)
def test_rate_limits_are_waits(refusal: HttpResponse, seconds: float | None, scope: str) -> None:
    outcome = send(platform(refusal)[0], destination())
    assert isinstance(outcome, RetryAfter)
    assert (outcome.seconds, outcome.scope, outcome.rate_limited) == (seconds, scope, True)


@pytest.mark.parametrize(
    ("refusal", "code", "seconds"),
    [
        (answer(502, b"<html>"), "server_unavailable", None),
        (error(503, 0), "server_unavailable", None),
        (answer(503, b"", {"Retry-After": "30"}), "server_unavailable", 30.0),
        (answer(521), "server_unavailable", None),
        (error(503, 130000), "server_unavailable", None),
        (error(400, 110000), "server_unavailable", None),
        (error(400, 40004), "server_unavailable", None),
        (error(403, 40006), "server_unavailable", None),
        (error(403, 40333), "cloudflare_blocked", 600.0),
        (answer(403, b"<html>"), "cloudflare_blocked", 600.0),
        (answer(302, b"", {"Location": "https://elsewhere.example/"}), "not_discord", 300.0),
        (answer(400, b"<html>"), "not_discord", 300.0),
        (answer(401, b"<html>"), "not_discord", 300.0),
        (answer(404, b"<html>"), "not_discord", 300.0),
        (error(404, 0), "not_discord", 300.0),
        (answer(405, b""), "not_discord", 300.0),
    ],
)
def test_trouble_that_passes_is_tried_again(refusal: HttpResponse, code: str, seconds: float | None) -> None:
    outcome = send(platform(refusal)[0], destination())
    assert isinstance(outcome, RetryAfter)
    assert (outcome.code, outcome.seconds, outcome.rate_limited) == (code, seconds, False)


@pytest.mark.parametrize(
    "odd",
    [
        error(500, 0),
        answer(504, b"<html>"),
        answer(524, b"<html>"),
        answer(200, b""),
        answer(200, b"<html>welcome</html>"),
        answer(200, []),
        answer(200, {"id": 5}),
        answer(200, {"id": ""}),
    ],
)
def test_answers_that_leave_it_open_are_unknown(odd: HttpResponse) -> None:
    assert isinstance(send(platform(odd)[0], destination()), Unknown)


def test_an_answer_without_the_message_counts_with_a_note() -> None:
    outcome = send(platform(answer(204))[0], destination())
    assert isinstance(outcome, Delivered)
    assert outcome.message_ids == ()
    assert outcome.notes


@pytest.mark.parametrize(
    ("failure", "outcome"),
    [
        (NotSent("dns_failed", "no address"), RetryAfter("dns_failed", "no address")),
        (NotSent("destination_refused", "not public", permanent=True), Permanent("destination_refused", "not public")),
        (NoAnswer("timeout", "no answer in time"), Unknown("timeout", "no answer in time")),
    ],
)
def test_failures_of_the_connection(failure: Exception, outcome: Outcome) -> None:
    assert send(platform(failure)[0], destination()) == outcome


@pytest.mark.parametrize("status", [200, 400, 401, 403, 404, 429, 500, 503])
def test_what_discord_echoes_is_shown_without_token_and_addresses(status: int) -> None:
    echo = f"no such webhook https://discord.com/api/webhooks/1/{TOKEN} {TOKEN}"
    body = {"message": echo, "code": 50035, "errors": {TOKEN: {"_errors": [{"code": TOKEN}]}}}
    outcome = send(platform(answer(status, body))[0], destination())
    assert TOKEN not in repr(outcome)
    assert "https://" not in repr(outcome)


def test_an_error_tree_of_any_depth_is_survived() -> None:
    errors: dict[str, Any] = {"_errors": [{"code": "DEEP"}, "odd", None]}
    for _ in range(500):
        errors = {"level": errors, "_errors": "odd"}
    outcome = send(platform(error(400, 50035, errors=errors))[0], destination())
    assert isinstance(outcome, Permanent)
    assert len(outcome.detail) <= 300
