"""What the Telegram Bot API's answers mean.

Rows of the table are matched on ``error_code`` and on words of ``description``; the descriptions are no stable API,
so they are compared without case and by their telling part (Bot API server sources, Client.cpp and Query.cpp).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum, auto
from typing import Any

from shared.platforms.answer_text import presentable
from shared.platforms.http import HttpResponse
from shared.platforms.outcomes import REPLY_NOT_FOUND, Outcome, Permanent, RetryAfter, Unknown, WaitScope

# A longer wait means that the bot as a whole is limited, not one chat of it.
LONG_WAIT_SECONDS = 30.0

_RETRY_AFTER = re.compile(r"retry after (\d{1,9})", re.IGNORECASE)


class Remedy(Enum):
    """What can be changed about a refused request so that it may be taken."""

    PLAIN_TEXT = auto()
    NEW_CHAT_ID = auto()
    AS_DOCUMENT = auto()
    AS_LINK = auto()
    AS_TEXT_FILE = auto()
    PLACEHOLDER = auto()


@dataclass(frozen=True, slots=True)
class TelegramAnswer:
    """One answer. ``error_code`` is 0 when the answer is not the Bot API's (a proxy's page, a broken body)."""

    status: int
    ok: bool
    error_code: int = 0
    description: str = ""
    retry_after_seconds: float | None = None
    migrate_to_chat_id: int | None = None
    result: Any = None

    @property
    def message_ids(self) -> tuple[str, ...]:
        messages = self.result if isinstance(self.result, list) else [self.result]
        return tuple(
            str(message["message_id"]) for message in messages if isinstance(message, dict) and "message_id" in message
        )

    @property
    def file_ids(self) -> tuple[str, ...]:
        """What Telegram calls the file of each message, "" where there is none."""
        messages = self.result if isinstance(self.result, list) else [self.result]
        return tuple(_file_id(message) for message in messages)


_FILE_KINDS = ("photo", "animation", "video", "audio", "document")


def _file_id(message: Any) -> str:
    """Of a photo, that of its largest size, which comes last. An animation is shown as a document as well."""
    for kind in _FILE_KINDS if isinstance(message, dict) else ():
        file = message.get(kind)
        if isinstance(file, list) and file:
            file = file[-1]
        if isinstance(file, dict) and isinstance(file.get("file_id"), str):
            return str(file["file_id"])
    return ""


def read_telegram_answer(response: HttpResponse) -> TelegramAnswer:
    """Read any answer; never raises."""
    try:
        body = response.json()
    except ValueError:
        body = None
    if not isinstance(body, dict) or not isinstance(body.get("ok"), bool):
        return TelegramAnswer(response.status, ok=False, retry_after_seconds=_header_seconds(response))
    if body["ok"]:
        return TelegramAnswer(response.status, ok=True, result=body.get("result"))
    parameters = body.get("parameters")
    parameters = parameters if isinstance(parameters, dict) else {}
    description = str(body.get("description", ""))
    error_code = body.get("error_code")
    return TelegramAnswer(
        status=response.status,
        ok=False,
        error_code=error_code if isinstance(error_code, int) else response.status,
        description=description,
        retry_after_seconds=_wait_seconds(response, parameters, description),
        migrate_to_chat_id=_integer(parameters.get("migrate_to_chat_id")),
    )


def _integer(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _wait_seconds(response: HttpResponse, parameters: dict[str, Any], description: str) -> float | None:
    # A flood limit can hide in another error: sendMediaGroup answers 400 "failed to send message #1 with the error
    # message "Too Many Requests: retry after 8"".
    named = _integer(parameters.get("retry_after"))
    if named is not None and named >= 0:
        return float(named)
    hidden = _RETRY_AFTER.search(description)
    if hidden:
        return float(hidden.group(1))
    return _header_seconds(response) if response.status == 429 else None


def _header_seconds(response: HttpResponse) -> float | None:
    header = response.headers.get("Retry-After", "").strip()
    return float(header) if header.isascii() and header.isdigit() and len(header) <= 9 else None


# (error codes, words in the description, code reported, does nothing else get through either?); the first row that
# fits counts. An ALL_CAPS 403 is turned into a 400 by the server, so those words are looked for under both.
_REFUSALS: tuple[tuple[tuple[int, ...], tuple[str, ...], str, bool], ...] = (
    ((401,), (), "unauthorized", True),
    ((421,), (), "token_not_allowed", True),
    ((404,), ("method not found",), "method_not_found", False),
    ((404,), (), "unauthorized", True),
    (
        (400, 403),
        ("not enough rights to send", "no rights to send", "chat_write_forbidden", "chat_send_", "chat_restricted"),
        "not_allowed_to_send",
        True,
    ),
    ((403,), (), "forbidden", True),
    ((400,), ("chat not found", "chat_id is empty", "peer_id_invalid"), "chat_not_found", True),
    ((400,), ("user_is_blocked", "user_is_deactivated", "bot_blocked", "channel_private"), "forbidden", True),
    ((400,), ("upgraded to a supergroup",), "chat_moved", True),
    ((400,), ("message thread not found", "topic_closed", "topic_deleted"), "topic_not_found", True),
    ((400,), ("message to be replied not found", "message to reply not found"), REPLY_NOT_FOUND, False),
    ((400,), ("can't parse entities",), "markup_refused", False),
    ((400, 413), ("is too long",), "too_long", False),
    ((400,), ("text is empty", "text must be non-empty"), "empty_text", False),
    ((400, 413), ("file is too big", "request entity too large"), "file_too_large", False),
    (
        (400,),
        (
            "failed to get http url content",
            "wrong type of the web page content",
            "wrong file identifier",
            "wrong remote file",
            "wrong padding in the string",
            "photo_invalid_dimensions",
            "image_process_failed",
            "photo_save_file_invalid",
            "photo_ext_invalid",
            "file must be non-empty",
            "is too big for a photo",
        ),
        "media_refused",
        False,
    ),
    ((413,), (), "file_too_large", False),
)


def _refusal(answer: TelegramAnswer) -> tuple[str, bool]:
    description = answer.description.lower()
    for error_codes, words, code, disables in _REFUSALS:
        if answer.error_code in error_codes and (not words or any(word in description for word in words)):
            return code, disables
    return ("bad_request" if answer.error_code == 400 else f"http_{answer.error_code}"), False


def telegram_outcome(answer: TelegramAnswer, secrets: tuple[str, ...] = ()) -> Outcome:
    """The typed outcome of an answer that is not ``ok``."""
    if answer.error_code == 0:
        return _foreign_outcome(answer)
    detail = presentable(f"Telegram answered {answer.error_code}: {answer.description}", secrets)
    if answer.error_code == 429 or answer.retry_after_seconds is not None:
        return _rate_limited(answer.retry_after_seconds, detail)
    if answer.error_code == 503 or answer.error_code == 409:
        return RetryAfter(f"http_{answer.error_code}", detail)
    if answer.error_code >= 500:
        # Also "Internal Server Error: restart": the message may already have been handed on.
        return Unknown(f"http_{answer.error_code}", detail)
    code, disables = _refusal(answer)
    return Permanent(code, detail, disables_destination=disables)


def _rate_limited(seconds: float | None, detail: str) -> RetryAfter:
    scope: WaitScope = "credential" if seconds is not None and seconds > LONG_WAIT_SECONDS else "destination"
    return RetryAfter("rate_limited", detail, seconds=seconds, rate_limited=True, scope=scope)


def _foreign_outcome(answer: TelegramAnswer) -> Outcome:
    """An answer that no Bot API server wrote: something in between did, or the body was damaged."""
    detail = f"HTTP {answer.status} without a Bot API answer"
    if answer.status == 429:
        return _rate_limited(answer.retry_after_seconds, detail)
    if answer.status == 413:
        return Permanent("file_too_large", detail)
    if answer.status < 300 or (answer.status >= 500 and answer.status != 503):
        return Unknown("unreadable_answer", detail)
    return RetryAfter("unexpected_answer", detail, seconds=answer.retry_after_seconds)


def telegram_remedy(answer: TelegramAnswer, *, has_media: bool) -> Remedy | None:
    """How to change the request and send it again at once; None when that cannot help."""
    if answer.retry_after_seconds is not None or answer.status == 429:
        return None
    if answer.migrate_to_chat_id is not None:
        return Remedy.NEW_CHAT_ID
    outcome = telegram_outcome(answer)
    if not isinstance(outcome, Permanent):
        return None
    remedies = {"markup_refused": Remedy.PLAIN_TEXT, "empty_text": Remedy.PLACEHOLDER, "too_long": Remedy.AS_TEXT_FILE}
    if has_media:
        remedies |= {
            "media_refused": Remedy.AS_DOCUMENT,
            "file_too_large": Remedy.AS_LINK,
            "too_long": Remedy.AS_LINK,
            "method_not_found": Remedy.AS_LINK,
            "not_allowed_to_send": Remedy.AS_LINK,
        }
    return remedies.get(outcome.code)


# Words of refusals that concern one message and will not change: it is gone, too old, or not the bot's.
_UNCHANGEABLE = {
    "message to edit not found": "message_not_found",
    "message_id_invalid": "message_not_found",
    "message can't be edited": "too_old_to_edit",
    "there is no text in the message to edit": "not_a_text",
    "there is no caption in the message to edit": "not_a_caption",
    "message can't be deleted": "too_old_to_delete",
}


def means_unmodified(answer: TelegramAnswer) -> bool:
    """The message reads like that already."""
    return answer.error_code == 400 and "message is not modified" in answer.description.lower()


def means_already_deleted(answer: TelegramAnswer) -> bool:
    return answer.error_code == 400 and "message to delete not found" in answer.description.lower()


def unchangeable_code(answer: TelegramAnswer) -> str:
    """Why this message stays as it is; "" when the answer is about something else."""
    description = answer.description.lower()
    return next(
        (code for words, code in _UNCHANGEABLE.items() if answer.error_code == 400 and words in description), ""
    )


# Refusals that concern a mark on one message, and say nothing about the chat.
_UNMARKABLE = {
    "reaction_invalid": "reaction_not_allowed",
    "reactions_too_many": "reaction_not_allowed",
    "message to react not found": "message_not_found",
    "message to pin not found": "message_not_found",
    "message to unpin not found": "message_not_found",
    "message_id_invalid": "message_not_found",
    "not enough rights": "right_missing",
    "chat_admin_required": "right_missing",
}


def unmarkable_code(answer: TelegramAnswer) -> str:
    """Why the message cannot be marked; "" when the answer is about something else."""
    description = answer.description.lower()
    return next((code for words, code in _UNMARKABLE.items() if answer.error_code == 400 and words in description), "")
