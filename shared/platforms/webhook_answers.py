"""What a webhook receiver's answer means for a delivery (Standard Webhooks 1.0.0, "Operational considerations").

Only 2xx is success, redirects are never followed, 410 ends the subscription, 429 and overloads ask for less.

A 5xx that was answered is ``RetryAfter`` here although it may come after the work was done: the receiver says that it
wants the event again, and knows it by its ``webhook-id``, so a repeat is no duplicate to it. A request without an
answer stays ``Unknown``: nobody has said anything.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection
from email.utils import parsedate_to_datetime

from shared.platforms.answer_text import presentable
from shared.platforms.http import HttpResponse
from shared.platforms.outcomes import Delivered, Outcome, Permanent, RetryAfter

MAX_WAIT_SECONDS = 86_400.0
# The address leads somewhere else: a person has to act, and nothing may be lost until then.
REDIRECT_PAUSE_SECONDS = 300.0
_MAX_REASON_BYTES = 4_096

# Nobody is there who wants these events: 410 by the specification, the others because every event would fail alike.
_DEAD = {401: "unauthorized", 404: "not_found", 410: "gone"}
_TOO_LARGE = 413
# Refused for now and certainly not taken: timed out reading, misdirected, too early.
_NOT_TAKEN = frozenset({408, 421, 425})
_OVERLOADED = frozenset({502, 503, 504})
_REASON_FIELDS = ("message", "error_message", "error", "detail", "reason", "title")


def webhook_outcome(
    response: HttpResponse, webhook_id: str, secrets: Collection[str], clock: Callable[[], float]
) -> Outcome:
    """``clock`` gives seconds since the epoch, for a Retry-After that names a date."""
    status = response.status
    if 200 <= status < 300:
        return Delivered((webhook_id,))
    detail = presentable(f"HTTP {status}{_reason(response)}", secrets)
    if status < 400:
        detail = f"HTTP {status}: redirects are not followed, the url has to be the final one"
        return RetryAfter("redirected", detail, REDIRECT_PAUSE_SECONDS, scope="destination")
    if status in _DEAD:
        return Permanent(_DEAD[status], detail, disables_destination=True)
    seconds = retry_after_seconds(response.headers.get("Retry-After", ""), clock())
    if status == 429:
        return RetryAfter("rate_limited", detail, seconds, rate_limited=True, scope="destination")
    if status in _OVERLOADED:
        return RetryAfter("server_unavailable", detail, seconds, scope="destination")
    if status >= 500 or status in _NOT_TAKEN:
        return RetryAfter("server_error" if status >= 500 else f"http_{status}", detail, seconds, scope="destination")
    if status == _TOO_LARGE:
        return Permanent("too_large", detail)
    # 403 too: a firewall refuses one message for its words as readily as a receiver refuses all of them.
    return Permanent("forbidden" if status == 403 else f"http_{status}", detail)


def retry_after_seconds(header: str, now_seconds: float) -> float | None:
    """Retry-After as whole seconds or an HTTP date (RFC 9110, 10.2.3), at most a day; None when it is neither."""
    header = header.strip()
    if header.isascii() and header.isdigit():
        return min(float(header[:12]), MAX_WAIT_SECONDS)
    try:
        seconds = parsedate_to_datetime(header).timestamp() - now_seconds
    except (ValueError, TypeError, OverflowError, IndexError):
        return None
    return min(max(seconds, 0.0), MAX_WAIT_SECONDS) if math.isfinite(seconds) else None


def _reason(response: HttpResponse) -> str:
    """``: `` and what the receiver says, when it says it in words: a JSON field by a usual name, or plain text."""
    if len(response.body) > _MAX_REASON_BYTES:
        return ""
    content_type = response.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    if content_type == "text/plain":
        said = response.body.decode("utf-8", "replace").strip()
        return f": {said}" if said else ""
    try:
        body = response.json()
    except ValueError:
        return ""
    if not isinstance(body, dict):
        return ""
    words = (body.get(name) for name in _REASON_FIELDS)
    return next((f": {said}" for said in words if isinstance(said, str) and said.strip()), "")
