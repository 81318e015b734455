"""Sending messages to everyone who listens to a topic."""

from __future__ import annotations

import logging
import math
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from shared.push.connections import OPENING_SECONDS, Connection, ConnectionStore, ConnectionsUnavailable
from shared.push.frames import encode_frame
from shared.push.posting import Poster, PostResult

logger = logging.getLogger("kook_relay.push")

MAX_PARALLEL_POSTS = 32
# What one connection may cost one publication, however many messages are in it.
_CONNECTION_DEADLINE_SECONDS = 4.0
# What a publication may take in all. Only an outage of the endpoint, or hundreds who do not read, reach it.
_PUBLICATION_DEADLINE_SECONDS = 10.0
# A connection that does not keep up is left alone for a moment (anybody may stutter), then for longer, then dropped.
_REST_SECONDS = (1, 10, 60)


@dataclass(frozen=True, slots=True)
class Publication:
    """What became of a publication: how many connections got all of it, and how many did not and why. Connections that
    rest because they were slow before are not among them."""

    served: int = 0
    gone: int = 0
    slow: int = 0
    failed: int = 0


class Broadcaster:
    """Posts to all connections of a topic side by side, and to each of them in order.

    A connection that fails, is gone or does not read costs the others nothing but a thread for a few seconds.
    """

    def __init__(
        self,
        connections: ConnectionStore,
        poster: Poster,
        clock: Callable[[], float],
        *,
        max_parallel_posts: int = MAX_PARALLEL_POSTS,
    ) -> None:
        """``clock`` gives epoch seconds."""
        self._connections = connections
        self._poster = poster
        self._clock = clock
        self._threads = ThreadPoolExecutor(max_parallel_posts, thread_name_prefix="push")

    def publish(self, topic: str, message: Mapping[str, Any]) -> Publication:
        """Send one message. Raises ConnectionsUnavailable when nobody can be found out, and then sent nothing."""
        return self.publish_all(topic, (message,))

    def publish_all(self, topic: str, messages: Sequence[Mapping[str, Any]]) -> Publication:
        """Send several messages, in their order. Raises ConnectionsUnavailable, and then sent nothing."""
        now = self._clock()
        listeners = [found for found in self._connections.of_topic(topic) if found.resting_until <= now]
        if not listeners or not messages:
            return Publication()
        frames = [encode_frame(message) for message in messages]
        give_up_at = now + _PUBLICATION_DEADLINE_SECONDS
        results = list(self._threads.map(lambda connection: self._serve(connection, frames, give_up_at), listeners))
        publication = Publication(
            served=results.count(PostResult.POSTED),
            gone=results.count(PostResult.GONE),
            slow=results.count(PostResult.BUSY),
            failed=results.count(PostResult.FAILED),
        )
        if publication.slow or publication.failed:
            counts = {"served": publication.served, "slow": publication.slow, "failed": publication.failed}
            logger.warning("not every listener was reached", extra={"topic": topic, **counts})
        return publication

    def _serve(self, connection: Connection, frames: Sequence[bytes], give_up_at: float) -> PostResult:
        """Post every frame to one connection. Never raises: it runs beside the others."""
        if self._clock() > give_up_at:
            return PostResult.FAILED
        try:
            result = self._post_in_order(connection.connection_id, frames)
            self._settle(connection, result)
        except ConnectionsUnavailable:
            logger.warning("what became of a connection could not be noted", extra={"topic": connection.topic})
        except Exception as error:  # noqa: BLE001 - one connection's failure must not be the others'
            # Its type and never its text, which could quote the message.
            logger.error("posting to a connection failed", extra={"exception": type(error).__name__})
            return PostResult.FAILED
        return result

    def _post_in_order(self, connection_id: str, frames: Sequence[bytes]) -> PostResult:
        give_up_at = self._clock() + _CONNECTION_DEADLINE_SECONDS
        for frame in frames:
            if self._clock() > give_up_at:
                return PostResult.BUSY
            result = self._poster.post(connection_id, frame)
            if result is not PostResult.POSTED:
                return result
        return PostResult.POSTED

    def _settle(self, connection: Connection, result: PostResult) -> None:
        now = self._clock()
        if result is PostResult.POSTED and connection.strikes:
            self._connections.note_strikes(connection.connection_id, strikes=0, resting_until=0)
        elif result is PostResult.GONE:
            # A connection that is just being opened is "gone" as well, until its $connect has returned.
            if now - connection.connected_at > OPENING_SECONDS:
                self._connections.remove(connection.connection_id)
        elif result is PostResult.BUSY:
            if connection.strikes >= len(_REST_SECONDS):
                self._connections.remove(connection.connection_id)
                return
            resting_until = math.ceil(now) + _REST_SECONDS[connection.strikes]
            strikes = connection.strikes + 1
            self._connections.note_strikes(connection.connection_id, strikes=strikes, resting_until=resting_until)
