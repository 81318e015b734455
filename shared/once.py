"""Building each thing once a process, on first use."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from threading import RLock
from typing import Any, TypeVar

Built = TypeVar("Built")
_building = RLock()


def once(builder: Callable[..., Built]) -> Callable[..., Built]:
    """Cached by arguments, and built by one thread at a time: the embedded runner calls functions side by side."""
    cached = cache(builder)

    def locked(*args: Any) -> Built:
        with _building:
            return cached(*args)

    locked.__doc__ = builder.__doc__
    return locked
