"""What Feishu's answers mean: judged by ``code`` in the body, whatever the HTTP status (open.feishu.cn, im/v1).

The error helper inside the vendor's Python SDK contradicts the vendor's documents (it takes 230020 for a revoked
target and 99991400 for a missing permission), so nothing here follows it.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from shared.platforms.answer_text import presentable
from shared.platforms.http import HttpResponse
from shared.platforms.outcomes import Outcome, Permanent, RetryAfter, Unknown, WaitScope

# The tenant token is missing, of another kind, malformed or expired: a fresh one may do.
TOKEN_CODES = frozenset({99991661, 99991663, 99991664, 99991665, 99991668, 99991671})
SCOPE_CODES = frozenset({99991672, 99991676, 99991679, 230027})
WRONG_FILE_TYPE = 230055
# The content was refused, not the sender: plainer content may be taken.
PLAINER_CONTENT_CODES = frozenset({230099, 230025, 230001, 19002, 19036})

_CUSTOM_BOT_GENERIC = 9499
_RATE_LIMIT_SCOPES: Mapping[int, WaitScope] = {
    99991400: "credential",
    230020: "destination",
    11232: "credential",
    11233: "credential",
    11247: "credential",
}
_SERVER_SIDE = frozenset({232096, 234042})

# code → (code reported, does nothing else get through either?)
_REFUSALS: Mapping[int, tuple[str, bool]] = {
    **dict.fromkeys(TOKEN_CODES, ("token_refused", False)),
    **dict.fromkeys((99991543, 10003, 10014), ("app_credentials_refused", True)),
    **dict.fromkeys((99991662, 99991673), ("app_not_available", True)),
    **dict.fromkeys(SCOPE_CODES, ("scope_missing", True)),
    230001: ("bad_parameter", False),
    230002: ("bot_not_in_chat", True),
    230006: ("bot_not_published", True),
    230013: ("user_out_of_range", True),
    **dict.fromkeys((230018, 230035), ("not_allowed_to_send", True)),
    **dict.fromkeys((230022, 230028), ("content_refused", False)),
    **dict.fromkeys((230025, 19036), ("too_long", False)),
    **dict.fromkeys((230029, 230038, 230053), ("user_unreachable", True)),
    230034: ("receive_id_mismatch", True),
    WRONG_FILE_TYPE: ("wrong_file_type", False),
    230099: ("card_refused", False),
    **dict.fromkeys((230011, 230110, 230031), ("message_gone", False)),
    232009: ("chat_dissolved", True),
    234001: ("upload_bad_parameter", False),
    234006: ("file_too_large", False),
    234010: ("file_empty", False),
    234007: ("bot_not_enabled", False),
    230017: ("foreign_file", False),
    19001: ("hook_not_found", True),
    19002: ("bad_parameter", False),
    19021: ("signature_refused", True),
    19022: ("ip_not_allowed", True),
    19024: ("keyword_missing", False),
    _CUSTOM_BOT_GENERIC: ("bad_request", False),
}


# The message was recalled or deleted.
MESSAGE_GONE = frozenset({230011, 230110})
# A message that stays as it is: gone, sent by somebody else, edited 20 times, or older than the app may change.
UNCHANGEABLE = {
    230011: "message_recalled",
    230110: "message_deleted",
    230026: "not_own_message",
    230031: "too_old_to_edit",
    230050: "message_not_visible",
    230054: "not_editable",
    230071: "not_own_message",
    230072: "edited_too_often",
    230075: "too_old_to_edit",
}


@dataclass(frozen=True, slots=True)
class FeishuAnswer:
    """One answer. ``code`` is None when the body is not Feishu's (a gateway's page, a damaged body)."""

    status: int
    code: int | None
    msg: str = ""
    data: Mapping[str, Any] = field(default_factory=dict)
    body: Mapping[str, Any] = field(default_factory=dict, repr=False)
    wait_seconds: float | None = None
    log_id: str = ""

    @property
    def ok(self) -> bool:
        return self.code == 0


def read_feishu_answer(response: HttpResponse) -> FeishuAnswer:
    """Read any answer; never raises. Custom bots of old answer with ``StatusCode`` in place of ``code``."""
    try:
        body = response.json()
    except ValueError:
        body = None
    body = body if isinstance(body, dict) else {}
    code = body.get("code", body.get("StatusCode"))
    data = body.get("data")
    return FeishuAnswer(
        status=response.status,
        code=code if isinstance(code, int) and not isinstance(code, bool) else None,
        msg=str(body.get("msg", body.get("StatusMessage", ""))),
        data=data if isinstance(data, dict) else {},
        body=body,
        wait_seconds=_wait_seconds(response.headers),
        log_id=response.headers.get("X-Tt-Logid", ""),
    )


def _wait_seconds(headers: Mapping[str, str]) -> float | None:
    for name in ("x-ogw-ratelimit-reset", "Retry-After"):
        try:
            seconds = float(headers.get(name, ""))
        except ValueError:
            continue
        if math.isfinite(seconds) and 0 <= seconds <= 86_400:
            return seconds
    return None


def is_rate_limited(answer: FeishuAnswer) -> bool:
    """``9499`` is "Bad Request" as well as "too many request"; only the words tell them apart."""
    if answer.code == _CUSTOM_BOT_GENERIC:
        return "too many" in answer.msg.lower()
    return answer.status == 429 or answer.code in _RATE_LIMIT_SCOPES


def takes_plainer_content(answer: FeishuAnswer) -> bool:
    """Whether the same message as plain text may be taken."""
    return answer.code in PLAINER_CONTENT_CODES or (answer.code == _CUSTOM_BOT_GENERIC and not is_rate_limited(answer))


def feishu_outcome(answer: FeishuAnswer, secrets: tuple[str, ...] = (), *, custom_bot: bool = False) -> Outcome:
    """The typed outcome of an answer that is not ``ok``. A custom bot has one chat: its limits pause only that."""
    detail = _detail(answer, secrets)
    if is_rate_limited(answer):
        scope = "destination" if custom_bot else _RATE_LIMIT_SCOPES.get(answer.code or 0, "credential")
        return RetryAfter("rate_limited", detail, seconds=answer.wait_seconds, rate_limited=True, scope=scope)
    if answer.code is None:
        return _foreign_outcome(answer, detail)
    if answer.code in _REFUSALS:
        code, disables = _REFUSALS[answer.code]
        return Permanent(code, detail, disables_destination=disables)
    if answer.code in _SERVER_SIDE or 50_000 <= answer.code < 51_000 or answer.status >= 500:
        return RetryAfter(f"feishu_{answer.code}", detail, seconds=answer.wait_seconds)
    return Permanent(f"feishu_{answer.code}", detail)


def _foreign_outcome(answer: FeishuAnswer, detail: str) -> Outcome:
    if answer.status < 300 or (answer.status >= 500 and answer.status != 503):
        return Unknown("unreadable_answer" if answer.status < 300 else f"http_{answer.status}", detail)
    return RetryAfter("unexpected_answer" if answer.status != 503 else "http_503", detail, seconds=answer.wait_seconds)


def _detail(answer: FeishuAnswer, secrets: tuple[str, ...]) -> str:
    log_id = f" (log id {answer.log_id})" if answer.log_id else ""
    if answer.code is None:
        return presentable(f"HTTP {answer.status} without a Feishu answer{log_id}", secrets)
    return presentable(f"Feishu answered {answer.code}: {answer.msg}{log_id}", secrets)
