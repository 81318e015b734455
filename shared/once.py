"""Building each thing once a process, on first use."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from threading import RLock
from typing import Any, TypeVar

from shared.cold_start import collector_paused

Built = TypeVar("Built")
_building = RLock()


def once(builder: Callable[..., Built]) -> Callable[..., Built]:
    """Cached by arguments, and built by one thread at a time: the embedded runner calls functions side by side."""

    @cache
    def cached(*args: Any) -> Built:
        with collector_paused():
            return builder(*args)

    def locked(*args: Any) -> Built:
        with _building:
            return cached(*args)

    locked.__doc__ = builder.__doc__
    return locked
