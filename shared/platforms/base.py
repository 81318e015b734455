"""What the relay asks of a destination platform. One conformance suite in tests/contract checks every one of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal, Protocol, TypeAlias

from shared.message.model import MediaItem, RelayMessage
from shared.platforms.outcomes import ChangeOutcome, Outcome

# What a destination can do to, or with, a message that was sent to it.
Ability: TypeAlias = Literal["edit", "delete", "reply", "pin", "react"]
MarkKind: TypeAlias = Literal["pin", "unpin", "react", "unreact"]


class InvalidConfig(ValueError):
    """A bot's configuration cannot work. ``field`` names the setting, ``reason`` is a stable code
    (``missing``, ``malformed``, ``host_not_allowed`` …), ``detail`` an English sentence without the value itself."""

    def __init__(self, field: str, reason: str, detail: str) -> None:
        super().__init__(f"{field}: {detail}")
        self.field = field
        self.reason = reason
        self.detail = detail


@dataclass(frozen=True, slots=True)
class RateLimit:
    """At most ``requests`` in any ``per_seconds``."""

    requests: int
    per_seconds: float


@dataclass(frozen=True, slots=True)
class Limits:
    """Two nested sets of buckets: what one destination takes, and what its credential takes over all of them."""

    destination: tuple[RateLimit, ...]
    credential: tuple[RateLimit, ...] = ()


@dataclass(frozen=True, slots=True)
class Destination:
    """One place messages go to.

    ``config`` is the bot's configuration in clear (secrets unsealed). ``target_id`` is the resolved chat, channel or
    thread. ``key`` names the destination for ordering and pacing: equal keys are one FIFO group.
    ``credential_key`` names the credential shared by several destinations (one bot token, one app).
    """

    platform: str
    bot_id: int
    config: Mapping[str, Any]
    target_id: str
    key: str
    credential_key: str


@dataclass(frozen=True, slots=True)
class Part:
    """One request's worth of a message, as stored in the delivery record.

    ``kind`` and ``options`` belong to the platform; ``text`` is in the target's markup and within its limit,
    ``plain_text`` replaces it when the platform refuses the markup.
    """

    kind: str
    text: str = ""
    plain_text: str = ""
    media: tuple[MediaItem, ...] = ()
    options: Mapping[str, Any] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        stored: dict[str, Any] = {"kind": self.kind, "text": self.text}
        if self.plain_text != self.text:
            stored["plain_text"] = self.plain_text
        if self.media:
            stored["media"] = [item.to_dict() for item in self.media]
        if self.options:
            stored["options"] = dict(self.options)
        return stored

    @classmethod
    def from_dict(cls, stored: Mapping[str, Any]) -> Part:
        return cls(
            kind=stored["kind"],
            text=stored["text"],
            plain_text=stored.get("plain_text", stored["text"]),
            media=tuple(MediaItem.from_dict(item) for item in stored.get("media", ())),
            options=stored.get("options", {}),
        )


@dataclass(frozen=True, slots=True)
class SendContext:
    """What a platform may use while sending. ``idempotency_key`` is a pure function of (KOOK message, mapping,
    generation, part number): the same for every attempt at the same part. ``attempt`` counts from 1.

    ``message_id`` is the KOOK message that is sent, or that is changed. ``reply_to`` is the platform's id of what it
    replies to, "" for nothing; where that is gone, sending ends in Permanent with the code REPLY_NOT_FOUND.
    ``reference`` names the part to whoever learns later that it did not arrive, "" for a test message.
    """

    idempotency_key: str
    attempt: int = 1
    message_id: str = ""
    reply_to: str = ""
    reference: str = ""


@dataclass(frozen=True, slots=True)
class SentPart:
    """A part that was delivered, and the ids the platform gave it (none where it gives none). ``has_links`` is true
    where its media went out as links in its text."""

    part: Part
    message_ids: tuple[str, ...]
    has_links: bool = False


@dataclass(frozen=True, slots=True)
class Mark:
    """Something put on a message or taken off it. ``emoji`` is a reaction's, as Unicode, or a name in colons for one
    that has no character."""

    kind: MarkKind
    emoji: str = ""

    @property
    def ability(self) -> Ability:
        return "pin" if self.kind in ("pin", "unpin") else "react"


class Platform(Protocol):
    """A destination platform: pure composing, and sending that never raises for what the outside does."""

    name: ClassVar[str]
    secret_fields: ClassVar[frozenset[str]]  # names in config that are sealed at rest and masked in answers
    made_fields: ClassVar[frozenset[str]]  # secrets validate_config makes when none is given: shown once

    def validate_config(self, config: Mapping[str, Any]) -> dict[str, Any]:
        """Give back the normalised configuration (unknown fields dropped, aliases resolved).

        Raises:
            InvalidConfig: a field is missing, mistyped or can never work.
        """

    def destination(self, bot_id: int, config: Mapping[str, Any], target_channel_id: str) -> Destination:
        """Resolve where a mapping's ``target_channel_id`` leads with this bot. Raises InvalidConfig."""

    def limits(self, destination: Destination) -> Limits:
        """The platform's own limits; the bot's ``rate_limits`` setting replaces all of them (see pacing.py)."""

    def compose(self, message: RelayMessage, destination: Destination, author_label: str) -> Sequence[Part]:
        """Render and split: at least one part, each within every limit of the platform. Pure, no I/O.

        ``author_label`` is how the author is to be shown (the mapping's name format, already applied).
        """

    def send(self, part: Part, destination: Destination, context: SendContext) -> Outcome:
        """Send one part. Returns an outcome for everything the network or the platform does; raises only for bugs."""

    def abilities(self, destination: Destination) -> frozenset[Ability]:
        """What this destination can do natively; the methods below are only called for what is named here."""

    def edit(self, sent: SentPart, part: Part, destination: Destination, context: SendContext) -> ChangeOutcome:
        """Make the sent part read like ``part``, which has the same kind and the same media. "Nothing changed" is
        Delivered; ``message_ids`` of Delivered are the ids the part has from now on."""

    def delete(self, sent: SentPart, destination: Destination, context: SendContext) -> ChangeOutcome:
        """Take the sent part back. Already gone is Delivered."""

    def test(self, destination: Destination) -> Outcome:
        """Really send a short test message."""


class MarkingPlatform(Platform, Protocol):
    """A platform that offers the ability to pin, or to react."""

    def mark(self, sent: SentPart, mark: Mark, destination: Destination, context: SendContext) -> ChangeOutcome:
        """Mark the sent part, or take the mark off. Marked so already is Delivered; what the platform does not take
        (an emoji, a right that is missing) is Unchangeable."""
