"""When an account's last event came in, written at most once a minute: no write for every event of a busy channel."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping
from typing import Any, Protocol

from shared.aws.store_failures import StoreUnavailable
from shared.relay.errors import ConditionUnmet, RecordNotFound
from shared.relay.times import iso_utc

logger = logging.getLogger("kook_relay.accounts")

INTERVAL_MS = 60_000


class AccountWriter(Protocol):
    def update_account(self, account_id: int, changes: Mapping[str, Any]) -> object:
        """Raises RecordNotFound, StoreUnavailable."""


class AccountActivity:
    def __init__(self, writer: AccountWriter, clock_ms: Callable[[], int]) -> None:
        self._writer = writer
        self._clock_ms = clock_ms
        self._lock = threading.Lock()
        self._written_ms: dict[int, int] = {}

    def seen(self, account_id: int, received_at_ms: int) -> None:
        """Note an event. A failure to write it down is logged and delays nothing."""
        now_ms = self._clock_ms()
        with self._lock:
            if now_ms - self._written_ms.get(account_id, -INTERVAL_MS) < INTERVAL_MS:
                return
            self._written_ms[account_id] = now_ms
        try:
            self._writer.update_account(account_id, {"last_active": iso_utc(received_at_ms)})
        except (RecordNotFound, ConditionUnmet):
            logger.info("an event of a deleted account", extra={"account_id": account_id})
        except StoreUnavailable:
            logger.warning("last activity not written", extra={"account_id": account_id})
