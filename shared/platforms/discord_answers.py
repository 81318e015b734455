"""What Discord's answers to a webhook request mean for a delivery.

Sources: developers/topics/opcodes-and-status-codes and rate-limits of the API documentation. An answer without a JSON
object is not Discord's own but comes from Cloudflare or a proxy in between.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from shared.platforms.answer_text import presentable
from shared.platforms.http import HttpResponse
from shared.platforms.outcomes import Delivered, Outcome, Permanent, RetryAfter, Unknown, WaitScope

# An address banned by Cloudflare stays so for minutes to hours, and every further request prolongs it.
CLOUDFLARE_PAUSE_SECONDS = 600.0
# Something between us and Discord is set up wrongly: a person has to act, and nothing may be lost until then.
MISROUTED_PAUSE_SECONDS = 300.0
MAX_WAIT_SECONDS = 86_400.0

Remedy: TypeAlias = Literal["other_username", "other_avatar", "drop_largest_file", "links_for_files", "new_thread"]

_THREAD_NOT_FOUND = 10003

# JSON error code -> (outcome code, whether nothing can be delivered there any more)
_PERMANENT: Mapping[int, tuple[str, bool]] = {
    _THREAD_NOT_FOUND: ("thread_not_found", True),
    10008: ("message_not_found", False),
    10015: ("webhook_deleted", True),
    20009: ("explicit_content", False),
    40005: ("file_too_large", False),
    40067: ("forum_tag_required", True),
    50001: ("missing_access", True),
    50006: ("empty_message", False),
    50013: ("missing_permission", True),
    50027: ("webhook_token_invalid", True),
    50035: ("invalid_form", False),
    50045: ("file_too_large", False),
    50046: ("invalid_file", False),
    50083: ("thread_archived", True),
    160005: ("thread_locked", True),
    200000: ("blocked_by_automod", False),
    220001: ("thread_required", True),
    220002: ("thread_conflict", True),
    220003: ("threads_not_supported", True),
    220004: ("webhook_not_supported", True),
    240000: ("harmful_link", False),
    400001: ("uploads_limited", False),
}
# JSON error code -> what the limit is on: slow mode, the channel's writes, the server's writes, a resource
_RATE_LIMITS: Mapping[int, WaitScope] = {
    20016: "destination",
    20028: "credential",
    20029: "credential",
    40062: "destination",
}
# Refused by the application itself, so certainly not carried out: not available, sending switched off, overloaded.
_UNAVAILABLE = frozenset({40004, 40006, 110000, 130000})
_BLOCKED_BY_CLOUDFLARE = 40333
# The request did not get through to Discord's application, or was turned away by it. Every other 5xx (500, 504, 524)
# may come after the message was posted.
_NOT_PROCESSED = frozenset({502, 503, 520, 521, 522, 523, 525, 526, 530})
# Unknown message, and unknown channel: the thread it was in.
MESSAGE_GONE = frozenset({10008, 10003})
_FILES_REFUSED = frozenset({50046, 400001})
_FILES_TOO_LARGE = frozenset({40005, 50045})


@dataclass(frozen=True, slots=True)
class DiscordAnswer:
    """``body`` is the JSON object, or None when the answer has none; ``code`` its error code, 0 when it has none."""

    status: int
    headers: Mapping[str, str]
    body: Mapping[str, Any] | None

    @property
    def is_success(self) -> bool:
        return 200 <= self.status < 300

    @property
    def code(self) -> int:
        code = (self.body or {}).get("code")
        return code if isinstance(code, int) and not isinstance(code, bool) else 0

    @property
    def refused_fields(self) -> frozenset[str]:
        """The top-level fields that a 50035 names."""
        errors = (self.body or {}).get("errors")
        return frozenset(map(str, errors)) if isinstance(errors, Mapping) else frozenset()


def read_discord_answer(response: HttpResponse) -> DiscordAnswer:
    try:
        body = response.json()
    except ValueError:
        body = None
    return DiscordAnswer(response.status, response.headers, body if isinstance(body, dict) else None)


def discord_remedy(answer: DiscordAnswer, has_files: bool, may_open_thread: bool) -> Remedy | None:
    """How the same message may get through, when it may by a changed request."""
    if answer.is_success:
        return None
    if "username" in answer.refused_fields:
        return "other_username"
    if "avatar_url" in answer.refused_fields:
        return "other_avatar"
    if may_open_thread and answer.code == _THREAD_NOT_FOUND:
        return "new_thread"
    if has_files:
        if answer.status == 413 or answer.code in _FILES_TOO_LARGE:
            return "drop_largest_file"
        if answer.code in _FILES_REFUSED or answer.refused_fields & {"attachments", "files"}:
            return "links_for_files"
    return None


def discord_outcome(answer: DiscordAnswer, secrets: Collection[str]) -> Outcome:
    """The typed outcome of an answer that no remedy is left for."""
    if answer.is_success:
        return _success(answer)
    detail = _detail(answer, secrets)
    if answer.status == 429 or answer.code in _RATE_LIMITS:
        return _rate_limited(answer, detail)
    if answer.code == _BLOCKED_BY_CLOUDFLARE or (answer.status == 403 and answer.body is None):
        return RetryAfter("cloudflare_blocked", detail, CLOUDFLARE_PAUSE_SECONDS, scope="credential")
    if answer.code in _UNAVAILABLE or answer.status in _NOT_PROCESSED:
        return RetryAfter("server_unavailable", detail, _retry_after_seconds(answer))
    if answer.status >= 500:
        return Unknown("server_error", detail)
    if answer.code in _PERMANENT:
        code, disables = _PERMANENT[answer.code]
        return Permanent(code, detail, disables_destination=disables)
    return _refused(answer, detail)


def _success(answer: DiscordAnswer) -> Outcome:
    if answer.status == 204:
        return Delivered((), ("no_message_id: answered without the message",))
    message_id = (answer.body or {}).get("id")
    if not isinstance(message_id, str) or not message_id:
        return Unknown("bad_answer", f"{answer.status} without a message id")
    return Delivered((message_id,))


def _refused(answer: DiscordAnswer, detail: str) -> Outcome:
    if answer.status == 413:
        return Permanent("too_large", detail)
    if answer.body is None or answer.status == 404 or answer.status < 400:
        # Neither Discord's words nor one of its codes: a wrong DISCORD_API_BASE, a proxy, a captive portal.
        return RetryAfter("not_discord", detail, MISROUTED_PAUSE_SECONDS, scope="destination")
    if answer.status == 401:
        return Permanent("unauthorized", detail, disables_destination=True)
    if answer.status == 403:
        return Permanent("forbidden", detail, disables_destination=True)
    return Permanent(f"http_{answer.status}", detail)


def _rate_limited(answer: DiscordAnswer, detail: str) -> RetryAfter:
    if answer.body is None:
        asked = _retry_after_seconds(answer) or 0.0
        pause = max(asked, CLOUDFLARE_PAUSE_SECONDS)
        return RetryAfter("cloudflare_limited", detail, pause, rate_limited=True, scope="credential")
    return RetryAfter(
        "rate_limited", detail, _retry_after_seconds(answer), rate_limited=True, scope=_limited_scope(answer)
    )


def _limited_scope(answer: DiscordAnswer) -> WaitScope:
    body = answer.body or {}
    if body.get("global") is True or answer.headers.get("X-RateLimit-Global", "").lower() == "true":
        return "credential"
    if answer.code in _RATE_LIMITS:
        return _RATE_LIMITS[answer.code]
    # The channel's own limit over all of its webhooks is in no header: it shows as a 429 although some remain.
    remaining = answer.headers.get("X-RateLimit-Remaining", "0").strip()
    return "credential" if remaining.isdigit() and int(remaining) > 0 else "destination"


def _retry_after_seconds(answer: DiscordAnswer) -> float | None:
    """``retry_after`` of the body (seconds, with a fraction), else the Retry-After header (whole seconds)."""
    told = (answer.body or {}).get("retry_after")
    if isinstance(told, bool) or not isinstance(told, int | float):
        header = answer.headers.get("Retry-After", "").strip()
        if not header.isascii() or not header.isdigit():
            return None
        told = float(header[:12])
    if not math.isfinite(told) or told < 0:
        return None
    return min(float(told), MAX_WAIT_SECONDS)


def _detail(answer: DiscordAnswer, secrets: Collection[str]) -> str:
    said = f"HTTP {answer.status}"
    if answer.body is None:
        return f"{said}, not an answer of Discord's API"
    if answer.code:
        said += f", code {answer.code}"
    message = answer.body.get("message")
    if isinstance(message, str) and message:
        said += f": {message}"
    problems = "; ".join(_form_errors(answer.body.get("errors")))
    return presentable(f"{said} ({problems})" if problems else said, secrets)


def _form_errors(errors: Any, path: str = "", depth: int = 0) -> Iterator[str]:
    """``field.path: CODE`` for each leaf of an error tree, as far as it is worth showing."""
    if not isinstance(errors, Mapping) or depth > 8:
        return
    leaves = errors.get("_errors")
    if isinstance(leaves, list):
        codes = [str(leaf.get("code", "")) for leaf in leaves[:5] if isinstance(leaf, Mapping)]
        yield f"{path or 'request'}: {', '.join(codes)}"
    for name, branch in list(errors.items())[:10]:
        if name != "_errors":
            yield from _form_errors(branch, f"{path}.{name}" if path else str(name), depth + 1)
