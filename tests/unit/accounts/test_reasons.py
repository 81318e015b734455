"""Every reason that is made has its Chinese form."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from shared.accounts import health, logins
from shared.accounts.api.reasons import REASONS, worded
from shared.accounts.platforms import judging, qr_bytedance
from shared.accounts.platforms import logins as platform_logins
from shared.web.catalogue import Text

SHARED = Path(health.__file__).parents[1]
# What takes a reason, and as which of its arguments.
TAKES = {
    "StepFailed": 0,
    "_unknown": 0,
    "ProbeResult": 1,
    "LoginPoll": 1,
    "Progress": 1,
    "NotSent": 1,
    "NoAnswer": 1,
    "AnswerLost": 1,
    "RequestNotSent": 1,
}
MADE_IN = [
    *(SHARED / "accounts").glob("*.py"),
    *(SHARED / "accounts" / "platforms").glob("*.py"),
    SHARED / "platforms" / "http.py",
    SHARED / "security" / "outbound_transport.py",
]
CONSTANTS = [
    health.COOKIE_UNREADABLE,
    logins._TOO_MANY_COOKIES,
    platform_logins._NO_SESSION,
    platform_logins._ELSEWHERE,
    qr_bytedance._NOT_KNOWN,
    *qr_bytedance._REASONS.values(),
    judging._REDIRECTED,
    judging._SAID,
    "5 uses failed in a row",
    "5 uses failed in a row; the last: quota",
    "the connection to the server refused",
    "the connection to the server failed",
]
_ENGLISH = re.compile(r"[a-z]{2,} [a-z]{2,}")


def _sentences(path: Path) -> Iterator[str]:
    """Of every call in the module that takes a reason; what is filled in later stands as a number."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name) or node.func.id not in TAKES:
            continue
        reason = next(iter(node.args[TAKES[node.func.id] :]), None)
        if isinstance(reason, ast.Constant) and isinstance(reason.value, str) and reason.value:
            yield reason.value
        elif isinstance(reason, ast.JoinedStr):
            yield "".join(str(part.value) if isinstance(part, ast.Constant) else "7" for part in reason.values)


def made_reasons() -> list[str]:
    return sorted({sentence for path in MADE_IN for sentence in _sentences(path)} | set(CONSTANTS))


def test_the_search_finds_reasons() -> None:
    found = {sentence for path in MADE_IN for sentence in _sentences(path)}
    assert {"the platform took too long", "the platform is in trouble (HTTP 7)"} <= found
    assert len(found) > 25


@pytest.mark.parametrize("reason", made_reasons())
def test_a_reason_is_said_in_chinese(reason: str) -> None:
    assert worded(reason, "en") == reason
    # "platform refused the request7": there the number stands for " (code …)" or nothing.
    chinese = worded(re.sub(r"(?<=[a-z])7$", "", reason), "zh")
    assert not _ENGLISH.search(chinese.replace("quota", "")), chinese
    assert re.search(r"[\u4e00-\u9fff]", chinese)


@pytest.mark.parametrize("text", REASONS, ids=[text.en for text in REASONS])
def test_each_sentence_is_found_by_its_own_form(text: Text) -> None:
    names = re.findall(r"\{(\w+)\}", text.en)
    assert sorted(names) == sorted(re.findall(r"\{(\w+)\}", text.zh))
    filled = dict.fromkeys(names, "412")
    assert worded(text.fill("en", filled), "zh") == text.fill("zh", filled)


def test_a_reason_within_a_reason_is_said_in_chinese_too() -> None:
    reason = "the platform could not be asked: no answer in time after the request was sent"
    assert worded(reason, "zh") == "无法访问平台：请求发出后未在时限内答复"


def test_what_nobody_translated_stays_as_it_is() -> None:
    assert worded("something new", "zh") == "something new"
    assert worded("", "zh") == ""
