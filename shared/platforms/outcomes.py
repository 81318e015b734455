"""What became of one attempt to send: the only vocabulary in which a platform reports to the relay.

A platform never raises for something the network or the remote side did; it returns one of these. ``detail`` is
shown to the operator: it says what the platform answered and holds no credential and no URL.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, TypeAlias

WaitScope: TypeAlias = Literal["message", "destination", "credential"]


# The code of Permanent for a message that replies to one that is gone: it was not sent, and can be without the reply.
REPLY_NOT_FOUND = "reply_not_found"


@dataclass(frozen=True, slots=True)
class Delivered:
    """The platform has it. ``message_ids`` are the platform's ids, one or more (an album has several, a custom bot
    none). ``notes`` name what was degraded on the way (``photo_as_link: too large``) for the log.
    ``new_target_id`` is set when the platform moved the chat (Telegram's upgrade to a supergroup). ``answered`` is
    False where there was nothing to ask the platform for.
    """

    message_ids: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    new_target_id: str | None = None
    answered: bool = True


@dataclass(frozen=True, slots=True)
class RetryAfter:
    """Certainly not delivered, and worth another try.

    ``seconds`` is the wait the platform asked for, or None when it named none (the retry policy decides).
    ``rate_limited`` waits do not count as attempts. ``scope`` says what has to pause.
    """

    code: str
    detail: str
    seconds: float | None = None
    rate_limited: bool = False
    scope: WaitScope = "message"


@dataclass(frozen=True, slots=True)
class Permanent:
    """Certainly not delivered, and never will be as it is. With ``disables_destination`` nothing else will either."""

    code: str
    detail: str
    disables_destination: bool = False


@dataclass(frozen=True, slots=True)
class Unknown:
    """The request was written and no usable answer came: it may or may not have arrived."""

    code: str
    detail: str


@dataclass(frozen=True, slots=True)
class Unchangeable:
    """The message is there and stays as it is: the platform will not change it (a custom bot, too old, gone).
    ``answered`` is False where that was known without asking the platform."""

    code: str
    detail: str
    answered: bool = True


Outcome: TypeAlias = Delivered | RetryAfter | Permanent | Unknown
# What changing a message that was sent can come to.
ChangeOutcome: TypeAlias = Outcome | Unchangeable


def repeatable(outcome: Outcome) -> Outcome:
    """What an attempt to change a message came to: carried out twice it changes nothing, so that an attempt nobody
    knows the outcome of is one to repeat."""
    return RetryAfter(outcome.code, outcome.detail) if isinstance(outcome, Unknown) else outcome


@dataclass(frozen=True, slots=True)
class Wait:
    """Pacing's answer when a bucket is empty or a circuit open: try again in ``seconds``. ``code`` and ``detail`` are
    for the log, empty for a wait that is nobody's fault."""

    seconds: float
    scope: WaitScope = field(default="destination")
    code: str = ""
    detail: str = ""
