"""Which sockets this process connects, whoever does it: Python tells through an audit hook (PEP 578)."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

# An audit hook stays for the life of its process, so there is one, and it is switched.
_listeners: list[list[Any]] = []


def _hook(event: str, arguments: tuple[Any, ...]) -> None:
    if event == "socket.connect" and _listeners:
        for listener in _listeners:
            listener.append(arguments[1])


sys.addaudithook(_hook)


@contextmanager
def watched_connections() -> Iterator[list[Any]]:
    """The addresses that sockets are connected to while the block runs."""
    addresses: list[Any] = []
    _listeners.append(addresses)
    try:
        yield addresses
    finally:
        _listeners.remove(addresses)
