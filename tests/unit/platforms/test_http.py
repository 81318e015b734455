"""What each way a request can fail means: certainly not delivered, or nobody knows."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterator
from typing import Any

import pytest

from shared.platforms.http import HttpResponse, NoAnswer, NotSent, RequestsHttpClient
from shared.security.outbound import OutboundGuard, guarded_session
from tests.standins.server import Answer, Fault, StandInServer


class EchoServer(StandInServer):
    def respond(self, request: Any) -> Answer:
        return Answer.of_json(
            {"method": request.method, "body": request.body.decode("latin-1")}, 201, {"X-Test": "yes"}
        )


@pytest.fixture
def server() -> Iterator[EchoServer]:
    with EchoServer() as running:
        yield running


@pytest.fixture
def client() -> RequestsHttpClient:
    return RequestsHttpClient(guarded_session(OutboundGuard(allow=["127.0.0.0/8"])))


def test_an_answer_has_status_headers_and_body(server: EchoServer, client: RequestsHttpClient) -> None:
    response = client.request("POST", f"{server.base_url}/a?b=c", json={"text": "中"}, headers={"X-Mine": "1"})
    assert response.status == 201
    assert response.headers["x-test"] == response.headers["X-TEST"] == "yes"
    assert response.json()["method"] == "POST"
    (request,) = server.requests
    assert request.json() == {"text": "中"}
    assert request.headers["X-Mine"] == "1"
    assert request.query == {"b": ["c"]}


def test_files_are_sent_as_multipart_with_unicode_names(server: EchoServer, client: RequestsHttpClient) -> None:
    client.request("POST", server.base_url, files=[("files[0]", ("图片 1.png", b"\x89PNG", "image/png"))])
    (request,) = server.requests
    assert request.headers.get_content_type() == "multipart/form-data"
    assert 'filename="图片 1.png"'.encode() in request.body


@pytest.mark.parametrize("status", [204, 301, 302, 307, 400, 404, 429, 500, 503])
def test_every_status_is_an_answer(server: EchoServer, client: RequestsHttpClient, status: int) -> None:
    server.script(Fault(answer=Answer(status, headers={"Location": f"{server.base_url}/next"})))
    assert client.request("GET", server.base_url).status == status
    assert len(server.requests) == 1


@pytest.mark.parametrize(
    ("encoding", "encode"), [("gzip", gzip.compress), ("deflate", zlib.compress)], ids=["gzip", "deflate"]
)
def test_compressed_answers_are_read_and_capped_by_what_they_unpack_to(
    server: EchoServer, client: RequestsHttpClient, encoding: str, encode: Any
) -> None:
    compressed = encode(bytes(4_000_000))
    server.script(Fault(answer=Answer(200, compressed, {"Content-Encoding": encoding})), times=2)
    assert len(client.request("GET", server.base_url, max_response_bytes=4_000_000).body) == 4_000_000
    with pytest.raises(NoAnswer) as caught:
        client.request("GET", server.base_url, max_response_bytes=3_999_999)
    assert caught.value.code == "answer_too_large"


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        (Fault(reset="before_answer"), "connection_lost"),
        (Fault(reset="mid_answer"), "connection_lost"),
        (Fault(delay_seconds=30), "timeout"),
        (Fault(answer=Answer(200, bytes(100), trickle_seconds=0.05)), "timeout"),
        (Fault(answer=Answer(200, bytes(2_000_000))), "answer_too_large"),
        (Fault(answer=Answer(200, bytes(2_000_000), announced=False)), "answer_too_large"),
        (Fault(answer=Answer(200, b"short", {"Content-Length": "400"}, announced=False)), "connection_lost"),
        (Fault(answer=Answer(200, b"not gzip", {"Content-Encoding": "gzip"})), "bad_answer"),
    ],
    ids=["reset", "reset halfway", "stall", "trickle", "announced too large", "too large", "truncated", "bad encoding"],
)
def test_a_failure_after_the_request_leaves_it_unknown(
    server: EchoServer, client: RequestsHttpClient, fault: Fault, code: str
) -> None:
    server.script(fault)
    with pytest.raises(NoAnswer) as caught:
        client.request("POST", f"{server.base_url}/hook/top-secret", json={}, timeout_seconds=0.5)
    assert caught.value.code == code
    assert_holds_no_secret(caught.value)
    assert client.request("GET", server.base_url).status == 201


@pytest.mark.parametrize(
    ("url", "code", "permanent"),
    [
        ("http://127.0.0.1:1/top-secret", "connect_refused", False),
        ("http://10.0.0.1/top-secret", "destination_refused", True),
        ("http://user:top-secret@example.com/", "destination_refused", True),
        ("ftp://example.com/top-secret", "bad_request", True),
        ("/top-secret", "bad_request", True),
        ("http://[::1/top-secret", "bad_request", True),
        ("http:// /top-secret", "bad_request", True),
        (f"http://{'a' * 300}.example/top-secret", "dns_failed", False),
    ],
)
def test_a_failure_before_the_request_means_not_sent(
    client: RequestsHttpClient, url: str, code: str, permanent: bool
) -> None:
    with pytest.raises(NotSent) as caught:
        client.request("POST", url, json={})
    assert (caught.value.code, caught.value.permanent) == (code, permanent)
    assert_holds_no_secret(caught.value)


def test_a_name_that_cannot_be_resolved_means_not_sent() -> None:
    def resolve(*_: Any, **__: Any) -> Any:
        raise OSError("no such host: top-secret")

    client = RequestsHttpClient(guarded_session(OutboundGuard(resolve=resolve)))
    with pytest.raises(NotSent) as caught:
        client.request("GET", "http://top-secret.example/")
    assert caught.value.code == "dns_failed"
    assert_holds_no_secret(caught.value)


def test_no_tls_means_not_sent(server: EchoServer, client: RequestsHttpClient) -> None:
    with pytest.raises(NotSent) as caught:
        client.request("POST", f"https://127.0.0.1:{server.port}/top-secret", json={})
    assert caught.value.code == "tls_failed"
    assert_holds_no_secret(caught.value)
    assert server.requests == []


def test_a_header_that_cannot_be_sent_is_not_shown(server: EchoServer, client: RequestsHttpClient) -> None:
    with pytest.raises(NotSent) as caught:
        client.request("GET", server.base_url, headers={"Authorization": "top-secret\r\nX-Other: 1"})
    assert caught.value.permanent
    assert_holds_no_secret(caught.value)


@pytest.mark.parametrize("body", [b"", b"{", b"\xff\xfe\xfa", b"[" * 200_000])
def test_a_body_that_is_no_json_is_a_value_error(body: bytes) -> None:
    with pytest.raises(ValueError):
        HttpResponse(200, {}, body).json()


def assert_holds_no_secret(error: BaseException | None) -> None:
    while error is not None:
        assert "top-secret" not in f"{error!r} {error.__dict__}"
        assert error.__cause__ is None
        error = error.__context__
