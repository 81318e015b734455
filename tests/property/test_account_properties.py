"""What holds for whatever callers send and platforms answer."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import BaseModel

from shared.accounts.cookie_vault import CookieVault
from shared.accounts.models import Account, AccountStatus, Strategy
from shared.accounts.platforms.catalogue import load_platforms
from shared.accounts.platforms.logins import PlatformLogins
from shared.accounts.platforms.outgoing import PlatformAddresses, cookies_for, request_headers
from shared.accounts.platforms.probe import PlatformProbe
from shared.accounts.platforms.set_cookies import with_set_cookies
from shared.accounts.probing import LoginOutcome, ProbeOutcome
from shared.accounts.requests import AccountChanges, LoginCallback, NewAccount, NewMember, NewPool, UsageReport
from shared.accounts.selection import Candidate, choose
from shared.web.cookies import CookieUnreadable, parse_cookies
from shared.web.errors import ApiError
from shared.web.validation import validated
from tests.fakes.scripted_http import ScriptedHttp, answer

PLATFORMS = load_platforms()
VAULT = CookieVault("the passphrase of the properties")
# Every name the platform files look at, so that answers often come near to something.
_KEYS = ["code", "data", "isLogin", "user", "id", "status_code", "success", "userId", "error_code", "token", "qrcode"]
_KEYS += ["status", "redirect_url", "url", "qrcode_key", "mid", "nickname"]
_VALUES = [0, -101, 8, 100004, 86101, 86090, 86038, "1", "5", "https://mp.toutiao.com/x", "//evil.example", "https://["]
_FIELDS = ["platform", "cookie_data", "account_name", "account_type", "priority", "user_id", "tags", "metadata", "name"]
_FIELDS += ["status", "session_id", "action", "success", "duration_ms", "error", "strategy", "max_size", "account_id"]
json_values = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False), st.text(), st.sampled_from(_VALUES)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.dictionaries(st.one_of(st.sampled_from(_KEYS), st.text(max_size=5)), inner, max_size=5),
    ),
    max_leaves=15,
)
_COOKIE_PIECES = [
    "=",
    ";",
    "; ",
    "\t",
    "\n",
    "a",
    "SESSDATA",
    "%2C",
    '"',
    "{",
    "}",
    "[",
    "]",
    ":",
    ",",
    "中",
    "\x00",
    "\r",
]
cookie_texts = st.one_of(
    st.text(), st.lists(st.sampled_from(_COOKIE_PIECES), max_size=40).map("".join), json_values.map(json.dumps)
)


@settings(deadline=None)
@given(
    st.sampled_from([NewAccount, AccountChanges, LoginCallback, UsageReport, NewPool, NewMember]),
    st.dictionaries(
        st.sampled_from(_FIELDS),
        json_values,
    ),
)
def test_whatever_is_sent_is_taken_or_refused(model: type[BaseModel], sent: dict[str, Any]) -> None:
    with suppress(ApiError):
        validated(model, sent)


@settings(deadline=None)
@given(cookie_texts)
def test_a_cookie_that_was_taken_can_be_kept_and_sent(text: str) -> None:
    try:
        cookies = parse_cookies(text, skip_nameless=True)
    except CookieUnreadable:
        return
    assert VAULT.unseal(VAULT.seal(text)).text == text
    for definition in PLATFORMS:
        header = request_headers({}, cookies_for(definition.cookie_domains, cookies)).get("Cookie", "")
        assert not set(header) & set("\r\n\0")
        header.encode("latin-1")


@settings(deadline=None)
@given(st.dictionaries(st.text(max_size=5), st.text(max_size=5)), st.lists(st.text()))
def test_whatever_a_platform_sets_as_cookies_is_bounded(cookies: dict[str, str], lines: list[str]) -> None:
    after = with_set_cookies(cookies, lines, 1_790_000_000)
    assert len(after) <= len(cookies) + len(lines)


@pytest.mark.parametrize("platform", PLATFORMS.names)
@settings(deadline=None)
@given(st.sampled_from([200, 204, 301, 302, 400, 403, 404, 418]), json_values)
def test_a_probe_has_an_answer_whatever_the_platform_says(platform: str, status: int, document: Any) -> None:
    definition = PLATFORMS.definition(platform)
    needed = (*definition.required_cookies, *definition.required_cookies_any[:1])
    cookies = parse_cookies("; ".join(f"{name}=1" for name in needed))
    http = ScriptedHttp([answer(status, document)])
    result = PlatformProbe(PLATFORMS, http, PlatformAddresses()).check(platform, cookies)
    assert (result.outcome is ProbeOutcome.LOGGED_IN) is not bool(result.reason)
    if result.outcome is ProbeOutcome.LOGGED_IN:
        assert status == 200
        assert isinstance(document, dict)


@pytest.mark.parametrize("platform", ["bilibili", "toutiao"])
@settings(deadline=None)
@given(st.sampled_from([200, 302, 412, 500]), json_values)
def test_a_look_at_a_login_has_an_answer_whatever_the_platform_says(platform: str, status: int, document: Any) -> None:
    code_field = "code" if platform == "bilibili" else "error_code"
    http = ScriptedHttp([answer(status, {code_field: 0, "data": document}), *[answer(200, document)] * 20])
    poll = PlatformLogins(PLATFORMS, http, PlatformAddresses()).poll(platform, {"token": "t"})
    # No document hands out cookies: those come by Set-Cookie, or in the query of an address.
    assert poll.outcome is not LoginOutcome.DONE
    assert poll.cookies == ()


@settings(deadline=None)
@given(
    st.sampled_from(list(Strategy)),
    st.lists(st.tuples(st.integers(1, 10), st.integers(0, 50), st.integers(0, 50)), min_size=1, max_size=10),
    st.integers(0, 10_000),
    st.floats(0, 1, exclude_max=True),
)
def test_every_strategy_chooses_one_of_the_candidates(
    strategy: Strategy, members: list[tuple[int, int, int]], turn: int, drawn: float
) -> None:
    candidates = [
        Candidate(
            Account(f"a{at}", at, "x", "", 0, 0, status=AccountStatus.ACTIVE, use_count=used, success_count=good),
            priority,
        )
        for at, (priority, used, good) in enumerate(members)
    ]
    assert choose(strategy, candidates, turn=turn, random=lambda: drawn) in candidates


@settings(deadline=None)
@given(st.integers(1, 20), st.integers(0, 500), st.integers(0, 10**9))
def test_round_robin_gives_everyone_the_same_to_within_one(members: int, selections: int, first_turn: int) -> None:
    candidates = [Candidate(Account(f"a{at}", at, "x", "", 0, 0), 5) for at in range(members)]
    counts = dict.fromkeys(range(members), 0)
    for turn in range(first_turn, first_turn + selections):
        counts[choose(Strategy.ROUND_ROBIN, candidates, turn=turn, random=lambda: 0.0).account.number] += 1
    assert max(counts.values()) - min(counts.values()) <= 1
