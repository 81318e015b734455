"""Whether a WorkTool client is there: a period begins with its first sign, and ends when its socket closes or after a
minute of silence. Whoever wants to know is told once for each of them.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Literal, Protocol

from shared.robots.online_periods import OnlinePeriod, OnlinePeriods
from shared.robots.presence import OFFLINE_AFTER_MS, Sighting
from shared.stack_traces import failure_fields
from shared.tasks.orders import TaskOrder, TaskQueue

logger = logging.getLogger("kook_relay.robots")

MAX_LOOKED_AT = 200

Change = Literal["online", "offline"]
# The task that tells the robot's owner of a change, by the beginning of its period.
OrderOf = Callable[[Change, str, int], TaskOrder]


class Sightings(Protocol):
    """May raise StoreUnavailable."""

    def sighting(self, robot_id: str) -> Sighting | None: ...


class OnlineWatch:
    """Every method may raise StoreUnavailable. Whether there is anybody to tell is looked up by the task."""

    def __init__(
        self,
        periods: OnlinePeriods,
        sightings: Sightings,
        tasks: TaskQueue,
        order_of: OrderOf,
        clock_ms: Callable[[], int],
    ) -> None:
        self._periods = periods
        self._sightings = sightings
        self._tasks = tasks
        self._order_of = order_of
        self._clock_ms = clock_ms

    def heard(self, robot_id: str, connection_id: str) -> None:
        """The robot opened this connection, or talks over it."""
        now_ms = self._clock_ms()
        begun = self._periods.came(robot_id, connection_id, now_ms, now_ms + OFFLINE_AFTER_MS)
        if begun is not None:
            self._tell("online", begun)

    def closed(self, robot_id: str, connection_id: str) -> None:
        """A connection has ended. That of a robot which talks over another one by now changes nothing."""
        socket = self._periods.open_socket(robot_id)
        if socket is None or socket.connection_id != connection_id:
            return
        ended = self._periods.went(socket, self._clock_ms())
        if ended is not None:
            self._tell("offline", ended)

    def is_online(self, robot_id: str) -> bool:
        """Whether its socket is open and was heard of within the last minute."""
        if self._periods.open_socket(robot_id) is None:
            return False
        return self._clock_ms() - self._last_seen_ms(robot_id) < OFFLINE_AFTER_MS

    def sweep(self) -> int:
        """End the periods of robots that fell silent; how many. One robot's failure costs the others nothing."""
        now_ms, ended_periods = self._clock_ms(), 0
        for socket in self._periods.due(now_ms, MAX_LOOKED_AT):
            try:
                seen_ms = max(self._last_seen_ms(socket.robot_id), socket.since_ms)
                if now_ms - seen_ms < OFFLINE_AFTER_MS:
                    self._periods.look_later(socket, seen_ms + OFFLINE_AFTER_MS)
                    continue
                ended = self._periods.went(socket, seen_ms)
            except Exception as error:  # noqa: BLE001 - the next sweep looks at it again
                logger.error("a robot's socket could not be looked at", extra=failure_fields(error))
                continue
            if ended is not None:
                ended_periods += 1
                self._tell("offline", ended)
        return ended_periods

    def _last_seen_ms(self, robot_id: str) -> int:
        sighting = self._sightings.sighting(robot_id)
        return 0 if sighting is None else sighting.last_seen_ms

    def _tell(self, change: Change, period: OnlinePeriod) -> None:
        try:
            self._tasks.order(self._order_of(change, period.robot_id, period.online_at_ms))
        except Exception as error:  # noqa: BLE001 - the period itself is written down; this is only its announcement
            logger.error("a callback was not ordered", extra=failure_fields(error, callback=change))
