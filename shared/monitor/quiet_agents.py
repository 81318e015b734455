"""Once a minute: what has to happen to agents that do not report often enough for it to happen with a report."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping
from typing import Protocol

from shared.monitor.agent_messages import PingOrder
from shared.monitor.agent_rpc import notification
from shared.monitor.agent_sockets import V1_KIND, V2_KIND
from shared.monitor.models import LiveReport
from shared.push.connections import Connection
from shared.push.frames import encode_frame
from shared.push.posting import Poster, PostResult

logger = logging.getLogger("kook_relay.monitor")

# An agent that reported within this time gets its pings with its reports.
_TALKATIVE_SECONDS = 5
# Several reports of the slowest agent that counts as online (11 s); what runs once a minute need not be finer.
DROPPED_AFTER_SECONDS = 60


class OpenSockets(Protocol):
    def get(self, connection_id: str) -> Connection | None: ...

    def remove(self, connection_id: str) -> None: ...


class LiveSockets(Protocol):
    """May raise StoreUnavailable."""

    def all(self) -> Mapping[str, LiveReport]: ...

    def disconnected(self, uuid: str, connection_id: str) -> None: ...


class QuietAgents:
    """``claim`` gives the pings that are due for a node. ``clock_ms`` is epoch milliseconds."""

    def __init__(
        self,
        live: LiveSockets,
        sockets: OpenSockets,
        line: Callable[[], Poster],
        claim: Callable[[str], list[PingOrder]],
        clock_ms: Callable[[], int],
    ) -> None:
        self._live = live
        self._sockets = sockets
        self._line = line
        self._claim = claim
        self._clock_ms = clock_ms

    def ask(self) -> int:
        """Push due pings to agents that are there but report seldom; how many were pushed."""
        pushed = 0
        for live in self._silent_for(_TALKATIVE_SECONDS, DROPPED_AFTER_SECONDS):
            connection = self._sockets.get(live.connection_id)
            if connection is None or connection.kind not in (V1_KIND, V2_KIND):
                self._live.disconnected(live.uuid, live.connection_id)
                continue
            for order in self._claim(live.uuid):
                message = notification(order) if connection.kind == V2_KIND else order.message()
                pushed += self._line().post(live.connection_id, encode_frame(message)) is PostResult.POSTED
        return pushed

    def drop(self) -> int:
        """End the sockets of agents that fell silent, so that an agent whose network died half-way connects anew."""
        dropped = 0
        for live in self._silent_for(DROPPED_AFTER_SECONDS, None):
            self._line().close(live.connection_id)
            self._sockets.remove(live.connection_id)
            self._live.disconnected(live.uuid, live.connection_id)
            logger.info("a silent agent's socket was closed", extra={"node": live.uuid})
            dropped += 1
        return dropped

    def _silent_for(self, at_least_seconds: int, less_than_seconds: int | None) -> Iterator[LiveReport]:
        now_ms = self._clock_ms()
        for live in self._live.all().values():
            silent_ms = now_ms - live.received_at_ms
            if not live.connection_id or silent_ms < at_least_seconds * 1000:
                continue
            if less_than_seconds is None or silent_ms < less_than_seconds * 1000:
                yield live
