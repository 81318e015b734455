"""What the push path talks to, without a network or a table."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

from shared.push.connections import Connection, ConnectionsUnavailable
from shared.push.posting import PostResult
from shared.push.tickets import StoredTicket
from tests.fakes.clock import FakeClock


def connection(connection_id: str = "c1", **fields: Any) -> Connection:
    values: dict[str, Any] = {
        "connection_id": connection_id,
        "kind": "relay",
        "topic": "relay",
        "principal": "administrator",
        "language": "en",
        "connected_at": 0,
        "expires_at": 2_000_000_000,
    }
    return Connection(**{**values, **fields})


class MemoryConnections:
    """Implements ConnectionStore. ``down`` makes every call fail; with ``leave_before_admission`` a connection closes
    just before it would be admitted."""

    def __init__(self, clock: FakeClock, *connections: Connection) -> None:
        self.clock = clock
        self.rows = {one.connection_id: one for one in connections}
        self.lookups = 0
        self.down = False
        self.leave_before_admission = False
        self._lock = threading.Lock()

    def _check(self) -> None:
        if self.down:
            raise ConnectionsUnavailable("anything")

    def add(self, connection: Connection) -> None:
        self._check()
        self.rows[connection.connection_id] = connection

    def get(self, connection_id: str) -> Connection | None:
        self._check()
        found = self.rows.get(connection_id)
        return found if found is not None and found.expires_at > self.clock() else None

    def admit(self, connection_id: str, *, topic: str, principal: str, expires_at: int) -> bool:
        if self.leave_before_admission:
            self.remove(connection_id)
        found = self.get(connection_id)
        if found is None:
            return False
        self.rows[connection_id] = replace(found, topic=topic, principal=principal, expires_at=expires_at)
        return True

    def remove(self, connection_id: str) -> None:
        self._check()
        with self._lock:
            self.rows.pop(connection_id, None)

    def of_topic(self, topic: str) -> Iterator[Connection]:
        self._check()
        yield from [one for one in self.rows.values() if one.topic == topic and one.expires_at > self.clock()]

    def any_of_topic(self, topic: str) -> bool:
        self.lookups += 1
        return next(self.of_topic(topic), None) is not None

    def note_strikes(self, connection_id: str, *, strikes: int, resting_until: int) -> None:
        self._check()
        with self._lock:
            if connection_id in self.rows:
                self.rows[connection_id] = replace(
                    self.rows[connection_id], strikes=strikes, resting_until=resting_until
                )


class MemoryTickets:
    """Implements TicketStore."""

    def __init__(self) -> None:
        self.rows: dict[str, StoredTicket] = {}
        self.down = False

    def add(self, ticket: StoredTicket) -> None:
        if self.down:
            raise ConnectionsUnavailable("add a ticket")
        self.rows[ticket.digest] = ticket

    def take(self, digest: str) -> StoredTicket | None:
        if self.down:
            raise ConnectionsUnavailable("take a ticket")
        return self.rows.pop(digest, None)


class ScriptedPoster:
    """Implements Poster: posts everything, except what ``script`` says for a connection's next posts."""

    def __init__(self) -> None:
        self.script: dict[str, list[PostResult | Exception | Callable[[], PostResult]]] = {}
        self.posted: dict[str, list[Any]] = {}
        self.closed: list[str] = []
        self._lock = threading.Lock()

    def close(self, connection_id: str) -> None:
        self.closed.append(connection_id)

    def post(self, connection_id: str, frame: bytes) -> PostResult:
        with self._lock:
            scripted = self.script.get(connection_id)
            result = scripted.pop(0) if scripted else PostResult.POSTED
        if isinstance(result, Exception):
            raise result
        if callable(result):
            result = result()
        if result is PostResult.POSTED:
            with self._lock:
                self.posted.setdefault(connection_id, []).append(json.loads(frame))
        return result
