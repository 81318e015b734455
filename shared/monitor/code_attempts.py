"""How often a code of the second factor may be tried: six digits are guessed by whoever may guess for an hour."""

from __future__ import annotations

import time
from collections.abc import Callable

from shared.monitor.errors import MonitorError
from shared.monitor.table import MonitorTable

MAX_ATTEMPTS = 10
WINDOW_SECONDS = 600


class CodeAttempts:
    """Counts in the table, so that every process counts the same. ``clock`` gives epoch seconds."""

    def __init__(self, table: MonitorTable, clock: Callable[[], float] = time.time) -> None:
        self._table = table
        self._clock = clock

    def note(self) -> None:
        """One more, right or wrong; to be asked before the code is looked at.

        Raises MonitorError TOO_MANY_ATTEMPTS, and StoreUnavailable.
        """
        now = int(self._clock())
        ends_at = now - now % WINDOW_SECONDS + WINDOW_SECONDS
        if self._table.count("code_attempts", str(ends_at), expires_at_seconds=ends_at) > MAX_ATTEMPTS:
            raise MonitorError("TOO_MANY_ATTEMPTS", retry_after_seconds=ends_at - now)
