"""When a WorkTool client's socket was open: one record for each period, and one of whether it is open now.

The open ones are listed by when to look whether their robot fell silent, so that nothing has to be searched for.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from shared.robots.rows import RECORD
from shared.robots.table import Item, RobotsTable

ONLINE_LISTING = "online"
PERIOD_KEPT_SECONDS = 30 * 24 * 60 * 60
WRITE_ATTEMPTS = 6
_PREFIX = "online#"


@dataclass(frozen=True, slots=True)
class OnlinePeriod:
    """Milliseconds since the epoch. ``offline_at_ms`` is None while it lasts."""

    robot_id: str
    online_at_ms: int
    offline_at_ms: int | None = None


@dataclass(frozen=True, slots=True)
class OpenSocket:
    """A robot that is online, by the connection that was heard last."""

    robot_id: str
    connection_id: str
    since_ms: int
    look_at_ms: int
    version: int = 0


class OnlinePeriods(Protocol):
    """Every method may raise StoreUnavailable. Of callers at the same moment one is told that it was the one."""

    def open_socket(self, robot_id: str) -> OpenSocket | None: ...

    def came(self, robot_id: str, connection_id: str, at_ms: int, look_at_ms: int) -> OnlinePeriod | None:
        """The robot talks over this connection. The period that begins, None where it was online already."""

    def went(self, socket: OpenSocket, at_ms: int) -> OnlinePeriod | None:
        """The robot is offline. The period that ended, None where somebody changed it since ``socket`` was read."""

    def look_later(self, socket: OpenSocket, look_at_ms: int) -> None: ...

    def due(self, now_ms: int, limit: int) -> Sequence[OpenSocket]:
        """Those to look at by now, the longest overdue first."""

    def period(self, robot_id: str, online_at_ms: int) -> OnlinePeriod | None: ...

    def between(self, robot_id: str, first_ms: int, last_ms: int, limit: int) -> Iterator[OnlinePeriod]:
        """Those that began between these moments (both included), the latest first."""


class DynamoOnlinePeriods:
    """Implements OnlinePeriods in the robots table."""

    def __init__(self, table: RobotsTable) -> None:
        self._table = table

    def open_socket(self, robot_id: str) -> OpenSocket | None:
        item = self._table.get(f"{_PREFIX}{robot_id}")
        return None if item is None else _socket(item)

    def came(self, robot_id: str, connection_id: str, at_ms: int, look_at_ms: int) -> OnlinePeriod | None:
        # Whoever loses the race every time has it written by the others.
        for _ in range(WRITE_ATTEMPTS):
            item = self._table.get(f"{_PREFIX}{robot_id}")
            before = None if item is None else _socket(item)
            if before is not None:
                unchanged = before.connection_id == connection_id
                if unchanged or self._table.write(_state(replace(before, connection_id=connection_id))):
                    return None
                continue
            version = 0 if item is None else item.version
            period = OnlinePeriod(robot_id, at_ms)
            opened = OpenSocket(robot_id, connection_id, at_ms, look_at_ms, version)
            if self._table.write(_state(opened), _period_item(period, 0)):
                return period
        return None

    def went(self, socket: OpenSocket, at_ms: int) -> OnlinePeriod | None:
        period = OnlinePeriod(socket.robot_id, socket.since_ms, max(at_ms, socket.since_ms))
        closed = replace(_state(socket), listing_key=None, listing_order=None)
        return period if self._table.write(closed, _period_item(period, 1)) else None

    def look_later(self, socket: OpenSocket, look_at_ms: int) -> None:
        # Where somebody wrote in between, the robot stays due, and the next sweep looks.
        self._table.write(_state(replace(socket, look_at_ms=look_at_ms)))

    def due(self, now_ms: int, limit: int) -> list[OpenSocket]:
        found = (_socket(item) for item in self._table.listed(ONLINE_LISTING, limit))
        return [socket for socket in found if socket is not None and socket.look_at_ms <= now_ms]

    def period(self, robot_id: str, online_at_ms: int) -> OnlinePeriod | None:
        item = self._table.get(f"robot#{robot_id}", _sort_key(online_at_ms))
        return None if item is None else OnlinePeriod(**item.body)

    def between(self, robot_id: str, first_ms: int, last_ms: int, limit: int) -> Iterator[OnlinePeriod]:
        if first_ms > last_ms:  # DynamoDB refuses such a span
            return
        span = (_sort_key(first_ms), _sort_key(last_ms))
        for item in self._table.between(f"robot#{robot_id}", *span, limit, newest_first=True):
            yield OnlinePeriod(**item.body)


def _sort_key(moment_ms: int) -> str:
    return f"{_PREFIX}{moment_ms:013d}"


def _period_item(period: OnlinePeriod, version: int) -> Item:
    """A period that lasts is not dropped."""
    body = {
        "robot_id": period.robot_id,
        "online_at_ms": period.online_at_ms,
        "offline_at_ms": period.offline_at_ms,
    }
    ended_ms = period.offline_at_ms
    expires_at_seconds = None if ended_ms is None else ended_ms // 1000 + PERIOD_KEPT_SECONDS
    return Item(
        f"robot#{period.robot_id}",
        _sort_key(period.online_at_ms),
        body,
        version,
        expires_at_seconds=expires_at_seconds,
    )


def _state(socket: OpenSocket) -> Item:
    return Item(
        f"{_PREFIX}{socket.robot_id}",
        RECORD,
        {"robot_id": socket.robot_id, "connection_id": socket.connection_id, "since_ms": socket.since_ms},
        socket.version,
        listing_key=ONLINE_LISTING,
        listing_order=f"{socket.look_at_ms:015d}#{socket.robot_id}",
    )


def _socket(item: Item) -> OpenSocket | None:
    """None for a robot that is offline."""
    if item.listing_order is None:
        return None
    body = item.body
    return OpenSocket(
        body["robot_id"], body["connection_id"], body["since_ms"], int(item.listing_order[:15]), item.version
    )
