"""Reading an HTTP answer within a deadline for all of it, not only for each single read of the socket."""

from __future__ import annotations

import contextvars
import http.client
import io
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

_deadline: contextvars.ContextVar[float] = contextvars.ContextVar("response_deadline")


class DeadlineResponse(http.client.HTTPResponse):
    """An http.client answer whose every read, from the status line to the last byte, ends by the deadline."""

    def __init__(self, sock: socket.socket, *args: Any, **kwargs: Any) -> None:
        super().__init__(sock, *args, **kwargs)
        deadline = _deadline.get(None)
        if deadline is not None:
            self.fp.close()
            self.fp = io.BufferedReader(_DeadlineReader(sock, deadline))

    @staticmethod
    @contextmanager
    def deadline(monotonic_seconds: float) -> Iterator[None]:
        """Answers begun inside this block end by that time of time.monotonic()."""
        token = _deadline.set(monotonic_seconds)
        try:
            yield
        finally:
            _deadline.reset(token)


class _DeadlineReader(io.RawIOBase):
    def __init__(self, sock: socket.socket, deadline: float) -> None:
        super().__init__()
        self._sock = sock
        self._stream = sock.makefile("rb", buffering=0)
        self._deadline = deadline

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        remaining = self._deadline - time.monotonic()
        if remaining <= 0:
            raise TimeoutError("deadline reached")
        self._sock.settimeout(remaining)
        return self._stream.readinto(buffer)

    def close(self) -> None:
        self._stream.close()
        super().close()
