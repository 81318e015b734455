"""Breaks loops that no marker shows: another relay carries our message back into KOOK, where a bot says it again.

Each round puts a name in front of the text, so what is compared is the text's end. Only what bots say is counted: a
loop has a bot in it. Own messages are known by their nonce and author before it comes to this.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Protocol

from shared.message.model import RelayMessage

WINDOW_SECONDS = 120
# A round takes a second or a few; a bot that says the same thing every minute is no loop.
MAX_REPETITIONS = 5
_COMPARED_CHARACTERS = 80


class Repetitions(Protocol):
    def count(self, key: str, expires_at_seconds: int) -> int:
        """Count one more under the key; how many that makes. Raises StoreUnavailable."""


class LoopGuard:
    """``clock``: epoch seconds."""

    def __init__(self, repetitions: Repetitions, clock: Callable[[], float]) -> None:
        self._repetitions = repetitions
        self._clock = clock

    def is_loop(self, message: RelayMessage) -> bool:
        """Whether a bot has said this in this channel too often within two minutes. Raises StoreUnavailable."""
        text = compared_text(message)
        if not message.author.is_bot or not text:
            return False
        window = int(self._clock()) // WINDOW_SECONDS
        digest = hashlib.sha256(f"{message.channel_id}\0{text}".encode("utf-8", "surrogatepass")).hexdigest()[:32]
        expires_at_seconds = (window + 2) * WINDOW_SECONDS
        return self._repetitions.count(f"loop:{digest}:{window}", expires_at_seconds) > MAX_REPETITIONS


def compared_text(message: RelayMessage) -> str:
    """What stays the same from round to round: the end of the text without its spacing and letter case, behind the
    last name that was put in front."""
    text = "".join(message.plain_text.split()).casefold()
    for mark in ("：", ":"):
        behind = text.rpartition(mark)[2]
        text = behind or text
    return text[-_COMPARED_CHARACTERS:]
