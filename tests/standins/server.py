"""The base of every stand-in: a small HTTP server on 127.0.0.1 that takes a platform's place in tests and the demo.

It records each request with its time of arrival, answers by ``respond`` (which a stand-in overrides), and plays
scripted faults: chosen answers, delays, stalls, resets. In a test it runs in the test's own process::

    with DiscordStandIn() as discord:
        discord.script(Fault(answer=Answer.of_json({"code": 10015}, status=404)))
        ...
        assert discord.requests[0].method == "POST"

and ``python -m tests.standins.discord --port 0`` runs it in a process of its own: the first line on stdout is the
base URL, and what arrived is at ``/_standin/requests`` and ``/_standin/messages`` as JSON.
"""

from __future__ import annotations

import argparse
import json
import signal
import socket
import struct
import sys
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, ClassVar, Self
from urllib.parse import parse_qs, unquote, urlsplit

MAX_STALL_SECONDS = 60.0
CONTROL_PREFIX = "/_standin/"


@dataclass(frozen=True)
class RecordedRequest:
    """``path`` is decoded and without the query; ``arrived_at`` is time.time(), ``monotonic_at`` time.monotonic()."""

    method: str
    path: str
    query: Mapping[str, list[str]]
    headers: Message
    body: bytes
    arrived_at: float
    monotonic_at: float

    def json(self) -> Any:
        """Raises ValueError."""
        return json.loads(self.body)


@dataclass(frozen=True)
class Answer:
    """``trickle_seconds`` sends the body byte by byte with that pause; ``announced`` False leaves Content-Length out,
    so that the body ends where the connection does."""

    status: int = 200
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    trickle_seconds: float = 0.0
    announced: bool = True

    @classmethod
    def of_json(cls, value: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Answer:
        return cls(status, json.dumps(value).encode(), {"Content-Type": "application/json", **(headers or {})})


@dataclass(frozen=True)
class Fault:
    """What happens to one request instead of, or before, the ordinary answer.

    ``processed`` says whether the stand-in acts on the request all the same (the message counts as received) before
    the fault shows. ``answer`` replaces the ordinary one. ``delay_seconds`` holds the answer back (until the server
    stops at the latest). ``reset`` tears the connection down: "before_answer" without a byte of an answer,
    "mid_answer" after half of it.
    """

    answer: Answer | None = None
    processed: bool = False
    delay_seconds: float = 0.0
    reset: str = ""


@dataclass(frozen=True)
class ReceivedFile:
    name: str
    mime_type: str
    size_bytes: int


@dataclass(frozen=True)
class ReceivedMessage:
    """One message as a person on the platform would see it, the same shape for every platform.

    ``text`` is in the platform's markup. ``target`` is the chat, channel or thread; ``author`` the name shown
    ("" where the platform has none per message).
    """

    message_id: str
    target: str
    author: str
    text: str
    files: tuple[ReceivedFile, ...]
    arrived_at: float


@dataclass
class _Script:
    fault: Fault
    matching: Callable[[RecordedRequest], bool] | None
    times: int


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 256

    def __init__(self, address: tuple[str, int], stand_in: StandInServer) -> None:
        self.stand_in = stand_in
        self._open: set[socket.socket] = set()
        self._lock = threading.Lock()
        super().__init__(address, _Handler)

    def process_request(self, request: Any, client_address: Any) -> None:
        with self._lock:
            self._open.add(request)
        super().process_request(request, client_address)

    def close_request(self, request: Any) -> None:
        with self._lock:
            self._open.discard(request)
        super().close_request(request)

    def close_all(self) -> None:
        with self._lock:
            still_open = list(self._open)
        for connection in still_open:
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def handle_error(self, request: Any, client_address: Any) -> None:
        # A client that hung up is not news; anything else belongs in the test's output.
        if not isinstance(sys.exc_info()[1], OSError):
            super().handle_error(request, client_address)


class StandInServer:
    """Listens from ``start`` (or ``with``) to ``stop``; port 0 takes a free one."""

    name: ClassVar[str] = "stand-in"

    def __init__(self, host: str = "127.0.0.1", port: int = 0) -> None:
        self._server = _Server((host, port), self)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)
        self._changed = threading.Condition(threading.RLock())
        self._requests: list[RecordedRequest] = []
        self._scripts: list[_Script] = []
        self.stopping = threading.Event()

    # --- life ---

    def start(self) -> Self:
        self._thread.start()
        return self

    def stop(self) -> None:
        self.stopping.set()
        if self._thread.is_alive():
            self._server.shutdown()
        self._server.close_all()
        self._server.server_close()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def port(self) -> int:
        return int(self._server.server_address[1])

    @property
    def base_url(self) -> str:
        return f"http://{self._server.server_address[0]!s}:{self.port}"

    # --- what a stand-in overrides ---

    def respond(self, request: RecordedRequest) -> Answer:
        """The ordinary answer. Called by one thread per connection: guard what you keep with ``self.lock``."""
        return Answer(404)

    def received(self) -> list[ReceivedMessage]:
        """The messages taken, oldest first."""
        return []

    # --- what a test uses ---

    @property
    def lock(self) -> threading.Condition:
        """Guards everything a stand-in keeps; notify it when something was added."""
        return self._changed

    @property
    def requests(self) -> list[RecordedRequest]:
        with self._changed:
            return list(self._requests)

    def script(self, *faults: Fault, matching: Callable[[RecordedRequest], bool] | None = None, times: int = 1) -> None:
        """Play each fault for ``times`` requests, in this order, on requests that match; one fault per request."""
        with self._changed:
            self._scripts.extend(_Script(fault, matching, times) for fault in faults)

    def clear(self) -> None:
        """Forget recorded requests and faults not played yet."""
        with self._changed:
            self._requests.clear()
            self._scripts.clear()

    def wait_until(self, condition: Callable[[], bool], timeout_seconds: float = 10.0) -> bool:
        """Wait for a condition over requests or messages; False when it did not come about in time."""
        with self._changed:
            return self._changed.wait_for(condition, timeout_seconds)

    def wait_for_requests(self, count: int, timeout_seconds: float = 10.0) -> bool:
        return self.wait_until(lambda: len(self._requests) >= count, timeout_seconds)

    # --- the handler's side ---

    def take(self, request: RecordedRequest) -> Fault | None:
        """Record a request and find the fault to play on it."""
        with self._changed:
            self._requests.append(request)
            self._changed.notify_all()
            for script in self._scripts:
                if script.matching is None or script.matching(request):
                    script.times -= 1
                    if script.times <= 0:
                        self._scripts.remove(script)
                    return script.fault
        return None

    def control_answer(self, request: RecordedRequest) -> Answer:
        """What the demo reads from a stand-in in another process."""
        if request.path == CONTROL_PREFIX + "messages":
            return Answer.of_json([asdict(message) for message in self.received()])
        if request.path == CONTROL_PREFIX + "requests":
            return Answer.of_json(
                [
                    {
                        "method": entry.method,
                        "path": entry.path,
                        "arrived_at": entry.arrived_at,
                        "bytes": len(entry.body),
                    }
                    for entry in self.requests
                ]
            )
        return Answer(404)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: _Server

    def __getattr__(self, name: str) -> Any:
        if name.startswith("do_"):
            return self._handle
        raise AttributeError(name)

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing: requests are recorded, not printed."""

    def _handle(self) -> None:
        stand_in = self.server.stand_in
        request = self._read_request()
        if request is None:
            self._send(Answer(400, b"malformed request"))
            return
        if request.path.startswith(CONTROL_PREFIX):
            self._send(stand_in.control_answer(request))
            return
        fault = stand_in.take(request)
        if fault is None:
            self._send(stand_in.respond(request))
            return
        self._play(fault, request)

    def _play(self, fault: Fault, request: RecordedRequest) -> None:
        stand_in = self.server.stand_in
        ordinary = stand_in.respond(request) if fault.processed or (fault.answer is None and not fault.reset) else None
        if fault.delay_seconds and stand_in.stopping.wait(min(fault.delay_seconds, MAX_STALL_SECONDS)):
            self._tear_down()
            return
        answer = fault.answer or ordinary or Answer(200, b"{}" * 64)
        if fault.reset == "before_answer":
            self._tear_down()
        elif fault.reset == "mid_answer":
            self._send(answer, cut=True)
            self._tear_down()
        else:
            self._send(answer)

    def _read_request(self) -> RecordedRequest | None:
        arrived_at, monotonic_at = time.time(), time.monotonic()
        if self.headers.get("Transfer-Encoding", "").lower() == "chunked":
            body = self._read_chunks()
        else:
            length = self.headers.get("Content-Length", "0")
            if not length.isdigit():
                return None
            body = self.rfile.read(int(length))
            if len(body) < int(length):
                raise ConnectionResetError("the client hung up in the middle of a request")
        parts = urlsplit(self.path)
        query = parse_qs(parts.query, keep_blank_values=True)
        return RecordedRequest(self.command, unquote(parts.path), query, self.headers, body, arrived_at, monotonic_at)

    def _read_chunks(self) -> bytes:
        pieces = bytearray()
        while size := int(self.rfile.readline().partition(b";")[0].strip() or b"0", 16):
            pieces += self.rfile.read(size)
            self.rfile.readline()
        while self.rfile.readline().strip():
            pass
        return bytes(pieces)

    def _send(self, answer: Answer, cut: bool = False) -> None:
        self.send_response(answer.status)
        for name, value in answer.headers.items():
            self.send_header(name, value)
        if not answer.announced:
            self.close_connection = True
        elif answer.status != 204 and "content-length" not in {name.lower() for name in answer.headers}:
            self.send_header("Content-Length", str(len(answer.body)))
        self.end_headers()
        body = b"" if self.command == "HEAD" else answer.body
        if cut:
            body = body[: len(body) // 2]
        for piece in _pieces(body, answer.trickle_seconds):
            self.wfile.write(piece)
            if answer.trickle_seconds and self.server.stand_in.stopping.wait(answer.trickle_seconds):
                break

    def _tear_down(self) -> None:
        """End the connection with a reset (RST) instead of an orderly close."""
        self.close_connection = True
        with suppress(OSError):
            self.wfile.flush()
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def _pieces(body: bytes, trickle_seconds: float) -> Iterable[bytes]:
    return (body[index : index + 1] for index in range(len(body))) if trickle_seconds else (body,)


def run_stand_in(make: Callable[[str, int], StandInServer], arguments: Sequence[str] | None = None) -> None:
    """The main function of a stand-in in a process of its own: prints its base URL, ends on SIGTERM or Ctrl-C."""
    parser = argparse.ArgumentParser(description="A stand-in server for tests and the demo.")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=0)
    options = parser.parse_args(arguments)
    ended = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: ended.set())
    with make(options.host, options.port) as stand_in:
        print(stand_in.base_url, flush=True)
        ended.wait()
