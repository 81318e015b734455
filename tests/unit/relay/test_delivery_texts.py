"""Every way a delivery can fail is explained in both languages, with something to do about it."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask, g

from shared.platforms.outcomes import REPLY_NOT_FOUND
from shared.relay.api.delivery_texts import FAILURES, failure_text, shown_failure, shown_reason
from shared.relay.loop_guard import LOOP_SUSPECTED
from tests.contract.platforms.documented_errors import SENDING

ROOT = Path(__file__).parents[3]
# The call's name -> which of its arguments is the code.
CODED = {
    "Permanent": 0,
    "RetryAfter": 0,
    "Unknown": 0,
    "CannotRoute": 0,
    "_CannotSend": 0,
    "NotSent": 0,
    "NoAnswer": 0,
    "RequestNotSent": 0,
    "AnswerLost": 0,
    "Closing": 1,
}


def literal_codes() -> Iterator[str]:
    """Codes that are written into the sources of platforms and relay."""
    files = [*(ROOT / "shared/platforms").glob("*.py"), *(ROOT / "shared/relay").glob("*.py")]
    for path in [*files, ROOT / "shared/security/outbound_transport.py"]:
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name) or node.func.id not in CODED:
                continue
            place = CODED[node.func.id]
            code = node.args[place] if len(node.args) > place else None
            if isinstance(code, ast.Constant) and isinstance(code.value, str) and code.value:
                yield code.value


def table_codes() -> set[str]:
    return {expected.code for rows in SENDING.values() for _, expected in rows if expected.code}


def test_every_code_that_the_sources_name_is_explained() -> None:
    codes = set(literal_codes()) | {LOOP_SUSPECTED, REPLY_NOT_FOUND}
    assert len(codes) > 40  # or nothing was looked at
    assert sorted(codes - FAILURES.keys()) == []


def test_every_documented_error_of_a_platform_is_explained() -> None:
    own_codes = {code for code in table_codes() if not code.startswith(("http_", "feishu_", "kook_4"))}
    assert len(own_codes) > 50
    assert sorted(own_codes - FAILURES.keys()) == []


@pytest.mark.parametrize("code", sorted(FAILURES))
def test_both_languages_say_what_it_is_and_what_to_do(code: str) -> None:
    text = FAILURES[code]
    for one in (text.meaning, text.solution):
        assert any("\u4e00" <= character <= "\u9fff" for character in one.zh)
        assert one.en.isascii()
        assert "{" not in one.zh + one.en


def test_a_code_of_the_platforms_own_gets_general_words() -> None:
    assert failure_text("http_503") == FAILURES["server_unavailable"]
    assert "error_message" in failure_text("feishu_230999").solution.en
    assert failure_text("http_418") == failure_text("kook_40999")


def test_what_was_given_up_is_explained_by_its_cause() -> None:
    text = failure_text("gave_up", "dns_failed: the name of the server could not be looked up")
    assert text.meaning.en == "It was given up after many attempts: The platform cannot be reached"
    assert text.solution == FAILURES["dns_failed"].solution
    assert failure_text("gave_up", "") == FAILURES["gave_up"]
    assert failure_text("destination_disabled", "the bot is switched off") == FAILURES["destination_disabled"]


@pytest.mark.parametrize("name", ["zh", "en"])
def test_the_language_is_the_callers(name: str) -> None:
    with Flask("test").test_request_context():
        g.language = name
        shown = shown_failure("webhook_deleted", "HTTP 404")
        reason = shown_reason("webhook_deleted: HTTP 404, code 10015: Unknown Webhook")
    expected = FAILURES["webhook_deleted"]
    assert shown == {
        "error_explanation": getattr(expected.meaning, name),
        "solution": getattr(expected.solution, name),
    }
    assert reason == getattr(expected.solution, name)


def test_nothing_is_said_of_what_has_not_failed() -> None:
    with Flask("test").test_request_context():
        assert shown_failure(None, None) == {"error_explanation": None, "solution": None}
        assert shown_reason("") is None
        assert shown_reason("switched off for the holidays: back in May") is None
