"""Nothing gets past the guard on the way to a connection, and nothing takes longer than its deadline."""

from __future__ import annotations

import logging
import socket
import ssl
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

from shared.security.outbound import AnswerLost, DestinationRefused, OutboundGuard, RequestNotSent, guarded_session
from tests.standins.server import Answer, Fault, StandInServer
from tests.unit.security.resolvers import ChangingResolver, answers

TLS = Path(__file__).parents[2] / "data" / "tls"
LOOPBACK = ["127.0.0.0/8"]


@pytest.fixture
def server() -> Iterator[StandInServer]:
    with StandInServer() as running:
        yield running


@contextmanager
def raw_server(serve: Callable[[socket.socket], None]) -> Iterator[int]:
    """A TCP server that hands its first connection to ``serve``; gives its port."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def run() -> None:
            with suppress(OSError), listener.accept()[0] as connection:
                serve(connection)

        thread = threading.Thread(target=run, daemon=True)
        thread.start()
        yield listener.getsockname()[1]


def test_one_refused_address_among_good_ones_refuses_the_host(server: StandInServer) -> None:
    guard = OutboundGuard(allow=["127.0.0.1/32"], resolve=answers("127.0.0.1", "10.0.0.1"))
    with pytest.raises(DestinationRefused):
        guarded_session(guard).get(f"http://mixed.example:{server.port}/")
    assert server.requests == []


def test_a_name_without_any_address_is_not_sent() -> None:
    with pytest.raises(RequestNotSent) as caught:
        guarded_session(OutboundGuard(resolve=answers())).get("http://nowhere.example/")
    assert caught.value.code == "dns_failed"


def test_the_connection_goes_to_the_checked_address_and_the_host_header_stays(server: StandInServer) -> None:
    resolver = ChangingResolver("127.0.0.1", "10.0.0.1")
    session = guarded_session(OutboundGuard(allow=LOOPBACK, resolve=resolver))
    session.get(f"http://relay.example:{server.port}/path")
    assert server.requests[0].headers["Host"] == f"relay.example:{server.port}"
    # One lookup for check and connection: there is no second answer that could differ from the first.
    assert resolver.lookups == 1


def test_a_name_that_turns_private_later_is_refused_at_its_next_connection(server: StandInServer) -> None:
    resolver = ChangingResolver("127.0.0.1", "169.254.169.254")
    guard = OutboundGuard(allow=LOOPBACK, resolve=resolver)
    guarded_session(guard).get(f"http://rebinding.example:{server.port}/")
    with pytest.raises(DestinationRefused):
        guarded_session(guard).get(f"http://rebinding.example:{server.port}/")
    assert len(server.requests) == 1


def test_the_next_address_is_tried_when_the_first_does_not_answer(server: StandInServer) -> None:
    guard = OutboundGuard(allow=LOOPBACK, resolve=answers("127.0.0.77", "127.0.0.1"))
    assert guarded_session(guard).get(f"http://two.example:{server.port}/").status_code == 404


def test_redirects_are_not_followed(server: StandInServer) -> None:
    server.script(Fault(answer=Answer(302, b"", {"Location": f"{server.base_url}/elsewhere"})))
    response = guarded_session(OutboundGuard(allow=LOOPBACK)).get(f"{server.base_url}/")
    assert response.status_code == 302
    assert [request.path for request in server.requests] == ["/"]


def test_cookies_are_not_kept(server: StandInServer) -> None:
    session = guarded_session(OutboundGuard(allow=LOOPBACK))
    server.script(Fault(answer=Answer(200, b"", {"Set-Cookie": "session=1; Path=/"})))
    session.get(f"{server.base_url}/")
    session.get(f"{server.base_url}/")
    assert "Cookie" not in server.requests[1].headers


def test_proxies_of_the_environment_are_ignored(server: StandInServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:1")
    assert guarded_session(OutboundGuard(allow=LOOPBACK)).get(f"{server.base_url}/").status_code == 404


def test_an_explicit_proxy_takes_the_names_but_literals_are_still_judged(server: StandInServer) -> None:
    session = guarded_session(OutboundGuard(), proxy=server.base_url)
    server.script(Fault(answer=Answer(200, b"by proxy")))
    assert session.get("http://only-the-proxy-knows.example/x").content == b"by proxy"
    assert server.requests[0].headers["Host"] == "only-the-proxy-knows.example"
    for url in ("http://127.0.0.1/", "http://2130706433/", "http://user:password@example.com/", "ftp://example.com/"):
        with pytest.raises((DestinationRefused, ValueError)):
            session.get(url)
    assert len(server.requests) == 1


def test_nothing_is_logged_about_a_request(server: StandInServer, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    session = guarded_session(OutboundGuard(allow=LOOPBACK))
    session.get(f"{server.base_url}/bot123:top-secret/sendMessage")
    with pytest.raises(RequestNotSent):
        session.get("http://127.0.0.1:1/bot123:top-secret/sendMessage")
    assert "top-secret" not in caplog.text


def test_failures_name_no_url_and_chain_none() -> None:
    session = guarded_session(OutboundGuard(allow=LOOPBACK))
    with pytest.raises(RequestNotSent) as caught:
        session.get("http://127.0.0.1:1/top-secret")
    error = caught.value
    assert error.code == "connect_refused"
    assert "top-secret" not in repr(error)
    assert error.__context__ is None
    assert error.request is None


def test_a_lookup_that_never_ends_is_cut_off_by_the_deadline() -> None:
    released = threading.Event()

    def resolve(*_: Any, **__: Any) -> Sequence[Any]:
        released.wait(30)
        return []

    try:
        with pytest.raises(RequestNotSent) as caught:
            guarded_session(OutboundGuard(resolve=resolve)).get("http://slow.example/", timeout=0.2)
    finally:
        released.set()
    assert caught.value.code == "dns_timeout"


@contextmanager
def nobody_accepts(host: str, port: int) -> Iterator[int]:
    """A port whose queue of connections is full: Linux answers no more of them, as if nobody was there."""
    with socket.create_server((host, port), backlog=0) as listener, ExitStack() as waiting:
        address = listener.getsockname()
        for _ in range(8):
            filler = waiting.enter_context(socket.socket())
            filler.setblocking(False)
            filler.connect_ex(address)
        yield address[1]


needs_a_queue_that_fills = pytest.mark.skipif(sys.platform != "linux", reason="elsewhere a full queue refuses")


@needs_a_queue_that_fills
def test_a_server_that_takes_no_connection_is_given_up_at_the_deadline() -> None:
    with nobody_accepts("127.0.0.1", 0) as port, pytest.raises(RequestNotSent) as caught:
        guarded_session(OutboundGuard(allow=LOOPBACK)).get(f"http://127.0.0.1:{port}/", timeout=0.3)
    assert caught.value.code == "connect_timeout"


@needs_a_queue_that_fills
def test_an_address_that_takes_no_connection_leaves_time_for_the_next(server: StandInServer) -> None:
    guard = OutboundGuard(allow=LOOPBACK, resolve=answers("127.0.0.77", "127.0.0.1"))
    with nobody_accepts("127.0.0.77", server.port):
        answer = guarded_session(guard).get(f"http://two.example:{server.port}/", timeout=4)
    assert answer.status_code == 404


def test_a_server_that_trickles_its_headers_is_cut_off_by_the_deadline() -> None:
    def serve(connection: socket.socket) -> None:
        connection.recv(65_536)
        connection.sendall(b"HTTP/1.1 200 OK\r\nX-Long: ")
        while True:
            connection.sendall(b"a")
            released.wait(0.02)

    released = threading.Event()
    with raw_server(serve) as port, pytest.raises(AnswerLost) as caught:
        guarded_session(OutboundGuard(allow=LOOPBACK)).get(f"http://127.0.0.1:{port}/", timeout=0.4)
    assert caught.value.code == "timeout"


def test_a_request_that_nobody_reads_to_its_end_was_not_sent() -> None:
    released = threading.Event()
    with (
        raw_server(lambda connection: released.wait(30) and None) as port,
        pytest.raises(RequestNotSent) as caught,
    ):
        guarded_session(OutboundGuard(allow=LOOPBACK)).post(
            f"http://127.0.0.1:{port}/", data=bytes(64 * 1024 * 1024), timeout=0.4
        )
    released.set()
    assert caught.value.code == "send_timeout"


@contextmanager
def tls_server() -> Iterator[tuple[int, list[str | None]]]:
    """An HTTPS server for relay.example; gives its port and the server names that clients asked for."""
    names: list[str | None] = []
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(TLS / "relay.example.cert.pem", TLS / "relay.example.key.pem")
    context.sni_callback = lambda _socket, name, _context: names.append(name)

    def serve(connection: socket.socket) -> None:
        with context.wrap_socket(connection, server_side=True) as secure:
            secure.recv(65_536)
            secure.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")

    with raw_server(serve) as port:
        yield port, names


def test_tls_asks_for_and_verifies_the_original_host_name() -> None:
    session = guarded_session(OutboundGuard(allow=LOOPBACK, resolve=answers("127.0.0.1")))
    session.verify = str(TLS / "relay.example.cert.pem")
    with tls_server() as (port, names):
        assert session.get(f"https://relay.example:{port}/").content == b"ok"
    assert names == ["relay.example"]


def test_a_certificate_for_another_host_is_refused_before_anything_is_sent() -> None:
    session = guarded_session(OutboundGuard(allow=LOOPBACK, resolve=answers("127.0.0.1")))
    session.verify = str(TLS / "relay.example.cert.pem")
    with tls_server() as (port, _), pytest.raises(RequestNotSent) as caught:
        session.get(f"https://other.example:{port}/")
    assert caught.value.code == "tls_failed"


def test_a_certificate_nobody_vouches_for_is_refused() -> None:
    session = guarded_session(OutboundGuard(allow=LOOPBACK, resolve=answers("127.0.0.1")))
    with tls_server() as (port, _), pytest.raises(RequestNotSent) as caught:
        session.get(f"https://relay.example:{port}/")
    assert caught.value.code == "tls_failed"


def test_threads_share_a_session(server: StandInServer) -> None:
    session = guarded_session(OutboundGuard(allow=LOOPBACK))
    statuses: list[int] = []

    def work() -> None:
        statuses.extend(session.get(f"{server.base_url}/").status_code for _ in range(20))

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert statuses == [404] * 160
    assert len(server.requests) == 160
