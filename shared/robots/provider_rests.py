"""Chat models that did not answer in time are left alone for a while, by all instances.

A call that waits for nothing holds a place among the tasks for a minute, and callbacks and wake-ups need those places.
"""

from __future__ import annotations

from collections.abc import Callable

from shared.robots.rows import RECORD
from shared.robots.table import Item, RobotsTable

REST_MS = 30_000
_KEPT_SECONDS = 24 * 60 * 60


class ProviderRests:
    """Implements shared.robots.ai_replies.Rests. Both methods may raise StoreUnavailable."""

    def __init__(self, table: RobotsTable, clock_ms: Callable[[], int]) -> None:
        self._table = table
        self._clock_ms = clock_ms

    def begin(self, provider: str) -> None:
        before = self._table.get(_key(provider))
        now_ms = self._clock_ms()
        item = Item(
            pk=_key(provider),
            sk=RECORD,
            body={"until_ms": now_ms + REST_MS},
            version=0 if before is None else before.version,
            expires_at_seconds=now_ms // 1000 + _KEPT_SECONDS,
        )
        self._table.write(item)  # whoever wrote in between has begun a rest as well

    def is_resting(self, provider: str) -> bool:
        found = self._table.get(_key(provider))
        return found is not None and int(found.body["until_ms"]) > self._clock_ms()


def _key(provider: str) -> str:
    return f"ai_rest#{provider}"
