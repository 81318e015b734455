"""What makes the first request of a new process wait less."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def collector_paused() -> Iterator[None]:
    """Import and build without garbage collection.

    Modules, clients and botocore's service models are hundreds of thousands of objects that all stay: looking through
    them again and again while they are made takes a sixth of the time and finds nothing. May be nested.
    """
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()
