"""Servers on this machine's loopback, reachable from containers at the bridge's address."""

from __future__ import annotations

import socket
import threading
from types import TracebackType

_CHUNK_BYTES = 65_536


class Forwarder:
    """Listens on a free port of ``listen_address`` and passes every connection on to ``127.0.0.1:port``.

    A context manager; ``address`` is "host:port" while it is open.
    """

    def __init__(self, listen_address: str, port: int) -> None:
        self._target = ("127.0.0.1", port)
        self._listener = socket.create_server((listen_address, 0), backlog=64)
        host, own_port = self._listener.getsockname()[:2]
        self.address = f"{host}:{own_port}"
        self.url = f"http://{self.address}"

    def __enter__(self) -> Forwarder:
        threading.Thread(target=self._accept, daemon=True, name=f"forward {self.address}").start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        # shutdown() wakes the thread that waits in accept(); close() alone would leave it there.
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _accept(self) -> None:
        while True:
            try:
                inside, _ = self._listener.accept()
            except OSError:
                return
            try:
                outside = socket.create_connection(self._target, timeout=5)
            except OSError:
                inside.close()
                continue
            outside.settimeout(None)
            for source, sink in ((inside, outside), (outside, inside)):
                threading.Thread(target=_pump, args=(source, sink), daemon=True).start()


def _pump(source: socket.socket, sink: socket.socket) -> None:
    try:
        while chunk := source.recv(_CHUNK_BYTES):
            sink.sendall(chunk)
        sink.shutdown(socket.SHUT_WR)
    except OSError:
        # One side is gone: so is the connection. The other pump closes what is left when it notices.
        source.close()
        sink.close()
