"""Messages that come back: what another relay brings to KOOK from where we have sent it.

Our own messages, and those of every other KOOK Relay, are known by their nonce (shared/kook/echo.py). What is left are
bots whose messages a mapping lets through (``relay_bots``): nobody else's are judged here. Two signs count: the message
names the platform it would be sent to, or our own author line, as the one it comes from; or the same text keeps coming
back. A message that is held back is a failed delivery, with its reason in the log, and can still be sent by hand.
"""

from __future__ import annotations

import hashlib
import logging
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from shared.message.model import RelayMessage
from shared.relay.deliveries import Closing
from shared.relay.models import Mapping as ChannelMapping

LOOP_SUSPECTED = "loop_suspected"
# The same text this often within the window is relayed; what comes after that is held back.
MAX_REPETITIONS = 5
WINDOW_MS = 120_000
# Bounds the state of a channel: what a bot says faster than this is not the work of two relays.
_MAX_SIGHTINGS = 40
_MIN_FORMAT_CHARACTERS = 3
_MAX_NAME_CHARACTERS = 100
# How matterbridge begins what it brings (RemoteNickFormat "[{PROTOCOL}] <{NICK}> "), and what is common besides.
_FROM_PLATFORM = re.compile(r"\s*\[(?P<platform>[A-Za-z]{2,20})\]\s*(?:<[^>\n]{1,100}>|[^\n:：]{1,100}[:：])")
_BEFORE_OUR_FORMAT = r"\s*(?:\[[^\]\n]{1,40}\]\s*)?[<*_~`]{0,3}"
_AUTHOR_LINE_ENDS = ("> ", ": ", "：", "] ", "】", "** ")
_FIELDS = re.compile(r"(\{name\}|\{id\}|\{channel\})")

logger = logging.getLogger("kook_relay.loops")


@dataclass(frozen=True, slots=True)
class Sighting:
    """A text that a bot has said: its length and digest, not the text itself."""

    message_id: str
    length: int
    digest: str
    at_ms: int


class SightingStore(Protocol):
    """Where the last sightings of a channel are kept. A channel's events come one after another: one writer."""

    def load(self, channel_id: str) -> Sequence[Sighting]: ...

    def save(self, channel_id: str, sightings: Sequence[Sighting], keep_seconds: float) -> None: ...


def repetitions(sightings: Sequence[Sighting], text: str, message_id: str, at_ms: int) -> int:
    """How often the text was seen within the window, not counting this very message. A relay puts its author line
    before what it brings, so that a text in a loop grows at its front: an earlier text behind what may be an author
    line repeats it."""
    return sum(
        one.message_id != message_id
        and abs(one.at_ms - at_ms) < WINDOW_MS
        and one.length <= len(text)
        and (one.length == len(text) or text[: len(text) - one.length].endswith(_AUTHOR_LINE_ENDS))
        and _digest(text[len(text) - one.length :]) == one.digest
        for one in sightings
    )


def with_sighting(sightings: Sequence[Sighting], text: str, message_id: str, at_ms: int) -> list[Sighting]:
    """Those of the window and this one, once however often its event is routed."""
    kept = [one for one in sightings if abs(one.at_ms - at_ms) < WINDOW_MS and one.message_id != message_id]
    return [*kept, Sighting(message_id, len(text), _digest(text), at_ms)][-_MAX_SIGHTINGS:]


def names_its_target(message: RelayMessage, mapping: ChannelMapping) -> str:
    """Why the message seems to come from where the mapping would send it; "" where it does not."""
    found = _FROM_PLATFORM.match(message.plain_text)
    if found and found["platform"].casefold() == mapping.target_platform.casefold():
        return f"another relay brought it from {mapping.target_platform}"
    pattern = _own_format(mapping.name_format)
    if pattern and (
        re.fullmatch(pattern, message.author.name) or re.match(_BEFORE_OUR_FORMAT + pattern, message.plain_text)
    ):
        return "it carries the author line of this mapping"
    return ""


class LoopGuard:
    def __init__(self, store: SightingStore) -> None:
        self._store = store

    def judge(self, message: RelayMessage, mappings: Sequence[ChannelMapping]) -> dict[int, Closing]:
        """By mapping id, how a delivery ends that is held back; of most messages nothing. Costs a read and a write for
        a bot's message that is wanted by a mapping, and nothing for everybody else's. Raises StoreUnavailable."""
        if not message.author.is_bot or not mappings:
            return {}
        held_back = {mapping.id: names_its_target(message, mapping) for mapping in mappings}
        text = " ".join(message.plain_text.split())
        # Pictures read alike, and come back under other addresses: they cannot be told apart.
        if text and not message.media:
            count = self._count(message, text)
            if count >= MAX_REPETITIONS:
                reason = f"the same text came {count} times before within {WINDOW_MS // 1000} s"
                held_back = {mapping.id: reason for mapping in mappings}
        closings = {
            mapping_id: Closing("failed", LOOP_SUSPECTED, f"held back, it seems to come back from another relay: {why}")
            for mapping_id, why in held_back.items()
            if why
        }
        for mapping_id in closings:
            logger.warning(
                "message held back: two relays may face each other",
                extra={"mapping_id": mapping_id, "channel_id": message.channel_id, "reason": held_back[mapping_id]},
            )
        return closings

    def _count(self, message: RelayMessage, text: str) -> int:
        # When it was said, not when it is routed: a backfill routes what was said in an hour within seconds.
        at_ms = message.sent_at_ms
        seen = self._store.load(message.channel_id)
        kept = with_sighting(seen, text, message.message_id, at_ms)
        self._store.save(message.channel_id, kept, WINDOW_MS / 1000)
        return repetitions(seen, text, message.message_id, at_ms)


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:24]


def _own_format(name_format: str) -> str:
    """A pattern of what the format makes of any author; "" where it has too little of its own to be known by."""
    pieces = _FIELDS.split(name_format.strip())
    literal = "".join(piece for piece in pieces if not _FIELDS.fullmatch(piece))
    if len("".join(literal.split())) < _MIN_FORMAT_CHARACTERS:
        return ""
    any_name = rf"[^\n]{{1,{_MAX_NAME_CHARACTERS}}}?"
    return "".join(any_name if _FIELDS.fullmatch(piece) else re.escape(piece) for piece in pieces)


def to_stored(sightings: Sequence[Sighting]) -> list[list[Any]]:
    """As JSON keeps them."""
    return [[one.message_id, one.length, one.digest, one.at_ms] for one in sightings]


def from_stored(stored: Sequence[Sequence[Any]]) -> list[Sighting]:
    return [Sighting(*one) for one in stored]
