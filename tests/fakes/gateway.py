"""The queue and the table as gateway connections use them, in memory."""

from __future__ import annotations

import json
import threading
from typing import Any

from shared.kook.gateway.session import GatewaySession
from shared.kook.gateway.states import GatewayStatus, RecordsUnavailable
from shared.kook.webhook import MessageRefused, QueueUnavailable


class FakeEventsQueue:
    """A FIFO queue that drops what it has by deduplication id. While ``failing`` it takes nothing; while ``hesitating``
    it takes the message and says that it did not."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._seen: set[str] = set()
        self.messages: list[dict[str, Any]] = []
        self.calls = 0
        self.failing = False
        self.hesitating = 0
        self.refused_ids: set[str] = set()

    def __call__(self, *, body: str, group_id: str, deduplication_id: str) -> None:
        with self._lock:
            self.calls += 1
            if self.failing:
                raise QueueUnavailable("the events queue did not answer")
            message = json.loads(body)
            if message["event_id"] in self.refused_ids:
                raise MessageRefused("the queue takes no message of that size or content")
            if deduplication_id not in self._seen:
                self._seen.add(deduplication_id)
                self.messages.append({**message, "group": group_id, "deduplication_id": deduplication_id})
            if self.hesitating:
                self.hesitating -= 1
                raise QueueUnavailable("the events queue did not answer")

    @property
    def ids(self) -> list[str]:
        """The ids of the events taken, in order."""
        with self._lock:
            return [message["event_id"] for message in self.messages]


class FakeGatewayRecords:
    """Implements GatewayRecords. While ``broken`` every call raises."""

    def __init__(self) -> None:
        self.broken = False
        self.sessions: dict[int, tuple[str, GatewaySession]] = {}
        self.statuses: dict[int, GatewayStatus] = {}
        self.states_seen: list[str] = []
        self.saved: list[GatewaySession | None] = []

    def session(self, account_id: int, holder: str) -> GatewaySession | None:
        self._alive()
        kept = self.sessions.get(account_id)
        return kept[1] if kept is not None and kept[0] == holder else None

    def save_session(self, account_id: int, holder: str, session: GatewaySession | None) -> None:
        self._alive()
        self.saved.append(session)
        if session is None:
            self.sessions.pop(account_id, None)
        else:
            self.sessions[account_id] = (holder, session)

    def status(self, account_id: int) -> GatewayStatus | None:
        self._alive()
        return self.statuses.get(account_id)

    def save_status(self, account_id: int, status: GatewayStatus) -> None:
        self._alive()
        self.statuses[account_id] = status
        self.states_seen.append(status.state.value)

    def account_ids(self) -> list[int]:
        self._alive()
        return sorted({*self.sessions, *self.statuses})

    def forget(self, account_id: int) -> None:
        self._alive()
        self.sessions.pop(account_id, None)
        self.statuses.pop(account_id, None)

    def _alive(self) -> None:
        if self.broken:
            raise RecordsUnavailable("the database failed: fake")
