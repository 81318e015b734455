"""Telling a topic's listeners something, at the price of a read when there are none, and never at the teller's risk."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol, TypeAlias

logger = logging.getLogger("kook_relay.push")

LISTENERS_KNOWN_FOR_SECONDS = 5.0
_QUIET_AFTER_FAILURE_SECONDS = 10.0


# Asked for only when somebody listens.
Messages: TypeAlias = Callable[[], Sequence[Mapping[str, Any]]]


class Announcements(Protocol):
    """What those who have something to tell need."""

    def announce(self, topic: str, messages: Messages) -> None:
        """Push what ``messages`` gives to everyone who listens. Never raises."""


class TopicLookup(Protocol):
    """The part of the connection store that says whether anybody listens. May raise ConnectionsUnavailable."""

    def any_of_topic(self, topic: str) -> bool: ...


class OrderQueue(Protocol):
    """The part of shared.push.orders.PushQueue that is used here."""

    def publish(self, topic: str, messages: Sequence[Mapping[str, Any]]) -> None: ...


class Announcer:
    """Implements Announcements. Best effort by design: nothing it does can fail its caller.

    That somebody listens is remembered for five seconds. That nobody does is never remembered: it is one small index
    read per announcement, against several writes for each delivery announced, and whoever connects misses nothing
    that happens from then on.
    """

    def __init__(self, lookup: TopicLookup, queue: OrderQueue, clock: Callable[[], float]) -> None:
        """``clock`` gives seconds, from any starting point."""
        self._lookup = lookup
        self._queue = queue
        self._clock = clock
        self._lock = threading.Lock()
        self._listened_until: dict[str, float] = {}
        self._quiet_until = float("-inf")

    def announce(self, topic: str, messages: Messages) -> None:
        with self._lock:
            if self._clock() < self._quiet_until:
                return
        try:
            if self._anyone_listens(topic):
                found = messages()
                if found:
                    self._queue.publish(topic, found)
        except Exception as error:  # noqa: BLE001 - what is announced has happened: nothing may undo it or hold it up
            # Its type and never its text, which could quote the messages. While the queue or the table is down, the
            # next announcements do not wait for the same timeouts.
            logger.error("nothing was pushed", extra={"topic": topic, "exception": type(error).__name__})
            with self._lock:
                self._quiet_until = self._clock() + _QUIET_AFTER_FAILURE_SECONDS

    def _anyone_listens(self, topic: str) -> bool:
        with self._lock:
            if self._clock() < self._listened_until.get(topic, float("-inf")):
                return True
        found = self._lookup.any_of_topic(topic)
        with self._lock:
            if found:
                self._listened_until[topic] = self._clock() + LISTENERS_KNOWN_FOR_SECONDS
            else:
                self._listened_until.pop(topic, None)
        return found
