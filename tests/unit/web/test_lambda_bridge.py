"""API Gateway HTTP API events (payload 2.0) through the bridge to Flask and back."""

from __future__ import annotations

import base64
import concurrent.futures
import json
from types import SimpleNamespace
from typing import Any

import pytest
from flask import Flask, Response, jsonify, request

from shared.web.lambda_bridge import lambda_handler

CONTEXT = SimpleNamespace(aws_request_id="request-1")


def event(
    method: str = "GET",
    path: str = "/echo",
    *,
    query: str = "",
    headers: dict[str, str] | None = None,
    body: bytes | str | None = None,
    cookies: list[str] | None = None,
) -> dict[str, Any]:
    made: dict[str, Any] = {
        "version": "2.0",
        "routeKey": "ANY /api/{proxy+}",
        "rawPath": path,
        "rawQueryString": query,
        "headers": {"host": "relay.example.com", "x-forwarded-proto": "https", **(headers or {})},
        "requestContext": {
            "http": {"method": method, "path": path, "sourceIp": "203.0.113.9", "protocol": "HTTP/1.1"},
            "stage": "$default",
        },
        "isBase64Encoded": isinstance(body, bytes),
    }
    if body is not None:
        made["body"] = base64.b64encode(body).decode() if isinstance(body, bytes) else body
    if cookies:
        made["cookies"] = cookies
    return made


def application() -> Flask:
    app = Flask(__name__)

    @app.route("/echo", methods=["GET", "POST", "PUT", "DELETE"])
    @app.route("/路径/<name>")
    def echo(name: str = "") -> Response:
        return jsonify(
            method=request.method,
            name=name,
            query=request.args.to_dict(flat=False),
            body=request.get_data().hex(),
            headers={key.lower(): value for key, value in request.headers.items()},
            url=request.host_url,
            address=request.remote_addr,
            request_id=request.environ["aws.context"].aws_request_id,
        )

    @app.get("/binary")
    def binary() -> Response:
        return Response(b"\x00\xff", content_type="image/png")

    @app.get("/cookies")
    def cookies() -> Response:
        response = Response("ok", headers={"X-Custom": "väl"})
        response.set_cookie("a", "1")
        response.set_cookie("b", "2")
        return response

    @app.delete("/gone")
    def gone() -> Response:
        return Response(status=204)

    return app


handle = lambda_handler(application())


def call(**fields: Any) -> dict[str, Any]:
    answer = handle(event(**fields), CONTEXT)
    assert answer["statusCode"] == 200, answer
    body: dict[str, Any] = json.loads(answer["body"])
    return body


def test_a_request_arrives_as_it_was_sent() -> None:
    body = call(
        method="POST", query="a=1&a=%E4%BD%A0&b=", headers={"x-custom": "väl", "content-type": "text/x"}, body="你"
    )
    assert (body["method"], body["query"]) == ("POST", {"a": ["1", "你"], "b": [""]})
    assert bytes.fromhex(body["body"]).decode() == "你"
    assert body["headers"]["content-type"] == "text/x"
    assert (body["address"], body["url"], body["request_id"]) == (
        "203.0.113.9",
        "https://relay.example.com/",
        "request-1",
    )


def test_a_binary_body_arrives_byte_for_byte() -> None:
    raw = bytes(range(256))
    assert bytes.fromhex(call(method="POST", body=raw)["body"]) == raw


def test_the_length_of_the_body_is_counted_not_believed() -> None:
    body = call(method="POST", headers={"content-length": "99999"}, body="abc")
    assert (bytes.fromhex(body["body"]), body["headers"]["content-length"]) == (b"abc", "3")


def test_paths_are_decoded_once() -> None:
    assert call(path="/%E8%B7%AF%E5%BE%84/a%2541")["name"] == "a%41"


def test_cookies_reach_the_application_and_the_client() -> None:
    assert call(cookies=["a=1", "b=2"])["headers"]["cookie"] == "a=1; b=2"
    answer = handle(event(path="/cookies"), CONTEXT)
    assert answer["cookies"] == ["a=1; Path=/", "b=2; Path=/"]
    assert answer["headers"]["x-custom"] == "väl"


def test_a_header_with_underscores_cannot_pose_as_one_with_dashes() -> None:
    headers = call(headers={"x_api_token": "forged"})["headers"]
    assert "forged" not in headers.values()


def test_binary_answers_are_base64_and_texts_are_not() -> None:
    answer = handle(event(path="/binary"), CONTEXT)
    assert (answer["isBase64Encoded"], base64.b64decode(answer["body"])) == (True, b"\x00\xff")
    assert handle(event(), CONTEXT)["isBase64Encoded"] is False


def test_an_answer_without_a_body_stays_empty() -> None:
    answer = handle(event("DELETE", "/gone"), CONTEXT)
    assert (answer["statusCode"], answer["body"]) == (204, "")


@pytest.mark.parametrize(
    ("headers", "url"),
    [
        ({"host": "127.0.0.1:9527", "x-forwarded-proto": "http"}, "http://127.0.0.1:9527/"),
        ({"host": "[::1]:9527", "x-forwarded-proto": "http"}, "http://[::1]:9527/"),
        ({"host": "relay.example.com", "x-forwarded-port": "443"}, "https://relay.example.com/"),
    ],
)
def test_the_callers_address_is_known(headers: dict[str, str], url: str) -> None:
    assert call(headers=headers)["url"] == url


@pytest.mark.parametrize(
    "headers",
    [
        {"host": "a:b:c"},
        {"host": "relay:port"},
        {"host": ""},
        {"host": "x" * 3000},
        {"x-forwarded-port": "none"},
        {"x-forwarded-port": "４４３"},
    ],
)
def test_garbage_in_addressing_headers_is_no_server_error(headers: dict[str, str]) -> None:
    assert handle(event(headers=headers), CONTEXT)["statusCode"] < 500


def test_many_threads_share_one_handler() -> None:
    def ask(number: int) -> bool:
        return call(query=f"n={number}")["query"] == {"n": [str(number)]}

    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        assert all(pool.map(ask, range(64)))


def test_a_streamed_answer_is_joined_and_closed() -> None:
    app, closed = application(), []

    @app.get("/stream")
    def stream() -> Response:
        response = Response(iter(["a", "b", "c"]), content_type="text/plain")
        response.call_on_close(lambda: closed.append(True))
        return response

    answer = lambda_handler(app)(event(path="/stream"), CONTEXT)
    assert (answer["body"], closed) == ("abc", [True])
