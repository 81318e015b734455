"""Announcements gathered for a moment, for a process that lives on when its handlers have returned."""

from __future__ import annotations

import logging
import threading
from collections.abc import Sequence

from shared.push.announcer import Announcements, Messages

logger = logging.getLogger("kook_relay.push")

GATHER_SECONDS = 0.1
MAX_GATHERED = 5_000


class GatheredAnnouncements:
    """Implements Announcements: passes them on in the background, those of a tenth of a second at once.

    The embedded queue hands out one message of a group at a time, some 60 a second: an order for each delivery would
    fall behind a busy relay. And the callers, which deliver messages, do not wait at all. Not for Lambda, which
    freezes the process between two calls.
    """

    def __init__(self, announcements: Announcements, gather_seconds: float = GATHER_SECONDS) -> None:
        self._announcements = announcements
        self._gather_seconds = gather_seconds
        self._lock = threading.Lock()
        self._turn = threading.Lock()
        self._gathered: list[tuple[str, Messages]] = []
        self._scheduled = False

    def announce(self, topic: str, messages: Messages) -> None:
        """Push what ``messages`` gives, soon. Never raises."""
        with self._lock:
            if len(self._gathered) >= MAX_GATHERED:
                dropped, self._gathered = len(self._gathered), []
                logger.error("live messages were dropped", extra={"announcements": dropped})
            self._gathered.append((topic, messages))
            if self._scheduled:
                return
            self._scheduled = True
        timer = threading.Timer(self._gather_seconds, self.pass_on)
        timer.daemon = True
        try:
            timer.start()
        except RuntimeError:  # no more threads
            self.pass_on()

    def pass_on(self) -> None:
        """Pass on what was gathered, topic by topic, each in its order."""
        with self._turn:
            with self._lock:
                gathered, self._gathered, self._scheduled = self._gathered, [], False
            by_topic: dict[str, list[Messages]] = {}
            for topic, messages in gathered:
                by_topic.setdefault(topic, []).append(messages)
            for topic, several in by_topic.items():
                self._announcements.announce(topic, _joined(several))


def _joined(several: Sequence[Messages]) -> Messages:
    return lambda: [message for messages in several for message in messages()]
