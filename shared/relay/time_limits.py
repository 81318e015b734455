"""A bound on how long one waits for a store or a queue that says nothing."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import TypeVar

Result = TypeVar("Result")


def within(limit_seconds: float, ask: Callable[[], Result]) -> Result:
    """What ``ask`` returns or raises. Raises TimeoutError at the limit, and leaves it to end by itself: in a daemon
    thread, for which no process waits."""
    outcome: Future[Result] = Future()

    def run() -> None:
        try:
            outcome.set_result(ask())
        except Exception as error:  # noqa: BLE001 - handed to whoever waits
            outcome.set_exception(error)

    threading.Thread(target=run, name="time-limited", daemon=True).start()
    return outcome.result(limit_seconds)
