"""Sending to one connection, whatever carries it."""

from __future__ import annotations

from enum import Enum
from typing import Protocol


class PostResult(Enum):
    POSTED = "posted"
    GONE = "gone"  # there is no such connection, or not yet
    BUSY = "busy"  # it is there and does not take the message: it reads too slowly
    FAILED = "failed"  # our own failure; says nothing of the connection


class Poster(Protocol):
    def post(self, connection_id: str, frame: bytes) -> PostResult:
        """Send one message, within a second or two. Never raises for what the network or the client does."""

    def close(self, connection_id: str) -> None:
        """End a connection; one that has ended already stays so. Never raises for what the network or the client
        does: what could not be closed expires."""
