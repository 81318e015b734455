"""What the failures of the KOOK client mean for a delivery.

KOOK publishes few error codes (websocket.md lists those of tokens; 40011, 40014 and 40300 are known from Kook.Net) and
answers most refusals with 40000 and words. All of its rate limits are a bot's, whatever channel it posts to.
"""

from __future__ import annotations

import re

from shared.kook.client.errors import InvalidCall, KookApiError, KookError, KookRateLimited, KookUnreachable
from shared.platforms.answer_text import presentable
from shared.platforms.outcomes import Outcome, Permanent, RetryAfter, Unknown, WaitScope

ASSET_CALL = "asset/create"
# Something between us and KOOK is set up wrongly: a person has to act, and nothing may be lost until then.
MISROUTED_PAUSE_SECONDS = 300.0

_REFUSALS = {40011: "content_refused", 40014: "too_large"}
# The request did not get through to KOOK's application. Every other 5xx may come after the message was posted.
_NOT_PROCESSED = frozenset({502, 503})
# The guard or the HTTP library refuses the address itself (KOOK_API_BASE), whatever is sent there.
_NEVER_SENT = frozenset({"destination_refused", "bad_request"})
# A refusal in such words ends by itself: the daily quota of messages, or a server that is busy.
_FOR_NOW = re.compile(r"频繁|稍后|繁忙|上限|too (?:many|frequent)|try again|later\b|busy|quota", re.IGNORECASE)
_HTTP_STATUS = re.compile(r"HTTP (\d{3})")


def kook_outcome(failure: KookError | InvalidCall, bot_token: str, *, is_own_channel: bool) -> Outcome:
    """``is_own_channel``: the channel is the one in the bot's configuration, so that the bot has no other use."""
    if isinstance(failure, InvalidCall):
        return Permanent("invalid_call", f"{failure.field}: {failure.detail}")
    if isinstance(failure, KookRateLimited):
        return _rate_limited(failure)
    if isinstance(failure, KookUnreachable):
        return _unreachable(failure, bot_token)
    if isinstance(failure, KookApiError):
        return _refused(failure, presentable(_said(failure), (bot_token,)), is_own_channel)
    return Unknown("kook_error", presentable(str(failure), (bot_token,)))


def is_about_content(failure: KookApiError) -> bool:
    """Whether the same message in another form may be taken: KOOK read it and did not like what it is."""
    if failure.token_refused or failure.permission_missing or failure.http_status >= 500:
        return False
    return not _is_misrouted(failure) and not _FOR_NOW.search(failure.message)


def _rate_limited(failure: KookRateLimited) -> RetryAfter:
    # Uploads have a bucket of their own: while it is empty, text to other channels may go on.
    scope: WaitScope = "destination" if failure.call == ASSET_CALL and failure.bucket else "credential"
    limit = f"the limit {failure.bucket!r}" if failure.bucket else "the limit over all calls"
    detail = presentable(f"{failure.call}: {limit} is used up")
    return RetryAfter("rate_limited", detail, failure.retry_after_seconds, rate_limited=True, scope=scope)


def _unreachable(failure: KookUnreachable, bot_token: str) -> Outcome:
    detail = presentable(failure.detail, (bot_token,))
    if not failure.maybe_done:
        return Permanent(failure.code, detail) if failure.code in _NEVER_SENT else RetryAfter(failure.code, detail)
    status = _HTTP_STATUS.match(failure.detail) if failure.code == "server_error" else None
    if failure.call == ASSET_CALL or (status is not None and int(status[1]) in _NOT_PROCESSED):
        # An upload shows nothing in the channel.
        return RetryAfter(failure.code, detail)
    return Unknown(failure.code, detail)


def _refused(failure: KookApiError, detail: str, is_own_channel: bool) -> Outcome:
    if failure.token_refused:
        return Permanent("unauthorized", detail, disables_destination=True)
    if failure.permission_missing:
        return Permanent("missing_permission", detail, disables_destination=is_own_channel)
    if failure.http_status in _NOT_PROCESSED or (failure.http_status >= 500 and failure.call == ASSET_CALL):
        return RetryAfter("server_unavailable", detail)
    if failure.http_status >= 500:
        return Unknown("server_error", detail)
    if _is_misrouted(failure):
        return RetryAfter("not_kook", detail, MISROUTED_PAUSE_SECONDS, scope="credential")
    if _FOR_NOW.search(failure.message):
        return RetryAfter("refused_for_now", detail)
    return Permanent(_REFUSALS.get(failure.code, f"kook_{failure.code}"), detail)


def _is_misrouted(failure: KookApiError) -> bool:
    """An answer without KOOK's envelope (its status is its code), or one for a call that is not there: a wrong
    KOOK_API_BASE, a proxy, a captive portal."""
    return failure.http_status == 404 or (failure.code == failure.http_status and failure.http_status != 200)


def _said(failure: KookApiError) -> str:
    status = "" if failure.http_status == 200 else f" (HTTP {failure.http_status})"
    return f"KOOK answered {failure.code}{status}: {failure.message or 'no reason given'}"
