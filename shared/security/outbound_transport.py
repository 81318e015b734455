"""The transport under a guarded session: connects only to judged addresses, and keeps one deadline per request.

What it adds to requests and urllib3 is where a connection is made (``_new_conn``), by when each step has to be over,
and knowing whether a request was written to its last byte, which decides whether a failure is ambiguous.
"""

from __future__ import annotations

import contextvars
import http.client
import socket
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import ConnectTimeoutError, HTTPError, NameResolutionError, NewConnectionError

from shared.security.outbound_guard import AddressInfo, DestinationRefused, OutboundGuard
from shared.security.response_deadline import DeadlineResponse

DEFAULT_TIMEOUT_SECONDS = 30.0
# Hosts and connections per host whose idle connections are kept; more are opened when needed and closed after use.
_KEPT_POOLS = 64
_KEPT_CONNECTIONS_PER_POOL = 32
_SEND_PIECE_BYTES = 65_536


class RequestNotSent(requests.exceptions.ConnectionError):
    """The request was not written to its last byte, so the other side cannot have acted on it."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail


class AnswerLost(requests.exceptions.ConnectionError):
    """The whole request was written and no usable answer came: it may or may not have had its effect."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail


@dataclass(slots=True)
class _Exchange:
    """One request under way, seen by the connection that carries it. ``guard`` is None on the way to a proxy."""

    guard: OutboundGuard | None
    deadline: float  # time.monotonic()
    failure: tuple[str, str] | None = None
    request_written: bool = False

    def remaining_seconds(self) -> float:
        """Raises TimeoutError when nothing remains."""
        remaining = self.deadline - time.monotonic()
        if remaining <= 0:
            raise TimeoutError("deadline reached")
        return remaining


# Set by the adapter around each request; a connection used without it fails, so nothing gets past the guard.
_exchange: contextvars.ContextVar[_Exchange] = contextvars.ContextVar("outbound_exchange")


class GuardedAdapter(HTTPAdapter):
    def __init__(self, guard: OutboundGuard) -> None:
        self._guard = guard
        super().__init__(pool_connections=_KEPT_POOLS, pool_maxsize=_KEPT_CONNECTIONS_PER_POOL, max_retries=0)

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = _POOL_CLASSES

    def proxy_manager_for(self, proxy: Any, **proxy_kwargs: Any) -> Any:
        manager = super().proxy_manager_for(proxy, **proxy_kwargs)
        manager.pool_classes_by_scheme = _POOL_CLASSES
        return manager

    def send(
        self,
        request: requests.PreparedRequest,
        stream: bool = False,
        timeout: Any = None,
        verify: Any = True,
        cert: Any = None,
        proxies: Mapping[str, str] | None = None,
    ) -> requests.Response:
        """Raises DestinationRefused, RequestNotSent or AnswerLost."""
        self._guard.check_url(request.url or "")
        seconds = DEFAULT_TIMEOUT_SECONDS if timeout is None else float(timeout)
        exchange = _Exchange(None if proxies else self._guard, time.monotonic() + seconds)
        token = _exchange.set(exchange)
        try:
            return super().send(request, stream, seconds, verify, cert, proxies)
        except DestinationRefused:
            raise
        except (requests.exceptions.RequestException, HTTPError, OSError, http.client.HTTPException) as error:
            failure = _failure(exchange, error)
        finally:
            _exchange.reset(token)
        # Outside of the handler: the original error, which holds the URL, is not even the context of this one.
        raise failure


def _failure(exchange: _Exchange, error: Exception) -> RequestNotSent | AnswerLost:
    timed_out = time.monotonic() >= exchange.deadline or isinstance(error, requests.exceptions.Timeout)
    if exchange.request_written:
        if timed_out:
            return AnswerLost("timeout", "no answer in time after the request was sent")
        return AnswerLost("connection_lost", "the connection broke after the request was sent")
    if exchange.failure is not None:
        return RequestNotSent(*exchange.failure)
    if isinstance(error, requests.exceptions.ProxyError):
        return RequestNotSent("proxy_failed", "the outbound proxy refused or could not make the connection")
    if isinstance(error, requests.exceptions.SSLError):
        return RequestNotSent("tls_failed", "no TLS connection: the certificate or the handshake failed")
    if timed_out:
        return RequestNotSent("send_timeout", "the connection could not be set up, or the request sent, in time")
    return RequestNotSent("connection_lost", "the connection broke before the request was sent")


class _GuardedHTTPConnection(HTTPConnection):
    response_class = DeadlineResponse

    def _new_conn(self) -> socket.socket:
        return _connect(self)

    def send(self, data: Any) -> None:
        """Send in pieces, each within what remains: over TLS a socket's time limit holds per record, not in all."""
        exchange = _exchange.get()
        for piece in _pieces(data):
            if self.sock is not None:
                self.sock.settimeout(exchange.remaining_seconds())
            super().send(piece)

    def request(self, *args: Any, **kwargs: Any) -> None:
        super().request(*args, **kwargs)
        _exchange.get().request_written = True

    def getresponse(self) -> Any:
        with DeadlineResponse.deadline(_exchange.get().deadline):
            return super().getresponse()


class _GuardedHTTPSConnection(_GuardedHTTPConnection, HTTPSConnection):
    """The same over TLS: server name and certificate are checked against the host asked for, by urllib3."""


class _GuardedHTTPPool(HTTPConnectionPool):
    ConnectionCls = _GuardedHTTPConnection


class _GuardedHTTPSPool(HTTPSConnectionPool):
    ConnectionCls = _GuardedHTTPSConnection


_POOL_CLASSES = {"http": _GuardedHTTPPool, "https": _GuardedHTTPSPool}


def _pieces(data: Any) -> Sequence[Any]:
    if not isinstance(data, bytes | bytearray) or len(data) <= _SEND_PIECE_BYTES:
        return (data,)
    view = memoryview(data)
    return [view[start : start + _SEND_PIECE_BYTES] for start in range(0, len(data), _SEND_PIECE_BYTES)]


def _connect(connection: HTTPConnection) -> socket.socket:
    """A socket to a judged address of the connection's host, in place of urllib3's own resolving and connecting."""
    exchange = _exchange.get()
    host = connection._dns_host
    try:
        addresses = _resolve_by_deadline(exchange, host, connection.port or 0)
    except TimeoutError:
        exchange.failure = ("dns_timeout", "the name of the server could not be looked up in time")
        raise ConnectTimeoutError(connection, "name lookup timed out") from None
    except OSError as error:
        exchange.failure = ("dns_failed", "the name of the server could not be looked up")
        reason = error if isinstance(error, socket.gaierror) else socket.gaierror(socket.EAI_FAIL, "lookup failed")
        raise NameResolutionError(host, connection, reason) from None
    return _connect_to_first(exchange, connection, addresses)


def _connect_to_first(
    exchange: _Exchange, connection: HTTPConnection, addresses: Sequence[AddressInfo]
) -> socket.socket:
    for position, (family, kind, protocol, _name, address) in enumerate(addresses):
        sock = None
        try:
            # An address that swallows packets leaves time for those after it.
            seconds = exchange.remaining_seconds() / (len(addresses) - position)
            sock = socket.socket(family, kind, protocol)
            for option in connection.socket_options or ():
                sock.setsockopt(*option)
            sock.settimeout(seconds)
            sock.connect(address)
            sock.settimeout(exchange.remaining_seconds())
            exchange.failure = None
            return sock
        except TimeoutError:
            exchange.failure = ("connect_timeout", "the server did not accept the connection in time")
        except OSError as error:
            reason = "refused" if isinstance(error, ConnectionRefusedError) else "failed"
            exchange.failure = (f"connect_{reason}", f"the connection to the server {reason}")
        if sock is not None:
            sock.close()
    raise NewConnectionError(connection, "no address of the server could be reached")


def _resolve_by_deadline(exchange: _Exchange, host: str, port: int) -> Sequence[AddressInfo]:
    """Resolve in a thread of its own, because the C library's resolver knows no deadline and cannot be interrupted."""
    guard = exchange.guard
    outcome: list[Sequence[AddressInfo] | Exception] = []

    def work() -> None:
        try:
            if guard is None:
                outcome.append(socket.getaddrinfo(host.strip("[]"), port, type=socket.SOCK_STREAM))
            else:
                outcome.append(guard.resolve(host, port))
        except (OSError, UnicodeError, DestinationRefused) as error:
            outcome.append(error)

    thread = threading.Thread(target=work, name="outbound-resolver", daemon=True)
    thread.start()
    thread.join(exchange.remaining_seconds())
    if not outcome:
        raise TimeoutError("name lookup timed out")
    if isinstance(outcome[0], UnicodeError):
        raise socket.gaierror(socket.EAI_NONAME, "not a valid host name")
    if isinstance(outcome[0], Exception):
        raise outcome[0]
    return outcome[0]
