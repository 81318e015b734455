"""The adapter against a real HTTP endpoint that answers as API Gateway does."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import unquote

import pytest

from shared.push.impatient_clients import impatient_client
from shared.push.management_api import ApiGatewayPoster
from shared.push.posting import PostResult


class Gateway(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.received: list[tuple[str, bytes]] = []
        self.status = 200
        self.error_type = ""
        self.released = threading.Event()
        self.stall = False

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class _Handler(BaseHTTPRequestHandler):
    server: Gateway

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.received.append((unquote(self.path), body))
        if self.server.stall:
            self.server.released.wait(30)
        self.send_response(self.server.status)
        if self.server.error_type:
            self.send_header("x-amzn-ErrorType", self.server.error_type)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"{}")

    def do_DELETE(self) -> None:
        self.server.received.append((unquote(self.path), b"DELETE"))
        self.send_response(self.server.status)
        if self.server.error_type:
            self.send_header("x-amzn-ErrorType", self.server.error_type)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        return


@pytest.fixture
def gateway(monkeypatch: pytest.MonkeyPatch) -> Iterator[Gateway]:
    for name, value in {
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": "us-east-1",
        "NO_PROXY": "127.0.0.1",
    }.items():
        monkeypatch.setenv(name, value)
    server = Gateway()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield server
    server.released.set()
    server.shutdown()
    thread.join()
    server.server_close()


def poster(gateway: Gateway) -> ApiGatewayPoster:
    return ApiGatewayPoster(impatient_client("apigatewaymanagementapi", endpoint_url=f"{gateway.url}/live"))


def test_a_frame_goes_to_the_connection_below_the_stage(gateway: Gateway) -> None:
    assert poster(gateway).post("L0SM9cOFvHcCIhw=", b'{"type":"log"}') is PostResult.POSTED
    assert gateway.received == [("/live/@connections/L0SM9cOFvHcCIhw=", b'{"type":"log"}')]


@pytest.mark.parametrize(
    ("status", "error_type", "result"),
    [
        (410, "GoneException", PostResult.GONE),
        (410, "", PostResult.GONE),
        (429, "LimitExceededException", PostResult.BUSY),
        (403, "ForbiddenException", PostResult.FAILED),
        (413, "PayloadTooLargeException", PostResult.FAILED),
        (500, "InternalFailure", PostResult.FAILED),
    ],
)
def test_what_the_gateway_answers(gateway: Gateway, status: int, error_type: str, result: PostResult) -> None:
    gateway.status, gateway.error_type = status, error_type
    assert poster(gateway).post("c1", b"{}") is result
    assert len(gateway.received) == 1  # never tried again: it would only come later


def test_a_client_that_does_not_read_is_not_waited_for(gateway: Gateway) -> None:
    gateway.stall = True
    assert poster(gateway).post("c1", b"{}") is PostResult.BUSY


def test_a_connection_is_closed_below_the_stage(gateway: Gateway) -> None:
    poster(gateway).close("L0SM9cOFvHcCIhw=")
    assert gateway.received == [("/live/@connections/L0SM9cOFvHcCIhw=", b"DELETE")]


def test_closing_never_fails_for_what_the_gateway_or_the_network_does(
    gateway: Gateway, caplog: pytest.LogCaptureFixture
) -> None:
    gateway.status, gateway.error_type = 410, "GoneException"
    poster(gateway).close("c1")
    assert caplog.records == [], "it had closed already"
    gateway.status, gateway.error_type = 403, "ForbiddenException"
    poster(gateway).close("c1")
    ApiGatewayPoster(impatient_client("apigatewaymanagementapi", endpoint_url="http://127.0.0.1:1")).close("c1")
    assert len(caplog.records) == 2


def test_an_endpoint_that_is_not_there_is_our_failure(gateway: Gateway) -> None:
    gone = ApiGatewayPoster(impatient_client("apigatewaymanagementapi", endpoint_url="http://127.0.0.1:1"))
    assert gone.post("c1", b"{}") is PostResult.FAILED


def test_without_an_address_the_environment_says_where(gateway: Gateway, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL_APIGATEWAYMANAGEMENTAPI", gateway.url)
    assert ApiGatewayPoster(impatient_client("apigatewaymanagementapi")).post("c1", b"{}") is PostResult.POSTED
    assert gateway.received == [("/@connections/c1", b"{}")]
