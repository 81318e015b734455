"""What makes the first request of a new process wait less."""

from __future__ import annotations

import gc
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

Built = TypeVar("Built")


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


def built_at_start(build: Callable[[], Built]) -> Callable[[], Built]:
    """Gives what ``build`` makes, which is made once, by one thread at a time: in Lambda now, before the first request
    and not in it, elsewhere on first use. A build that fails is tried again at the next use."""
    building = threading.Lock()
    built: list[Built] = []

    def get() -> Built:
        with building:
            if not built:
                with collector_paused():
                    built.append(build())
            return built[0]

    if "AWS_LAMBDA_INITIALIZATION_TYPE" in os.environ:
        get()
    return get
