"""API Gateway HTTP API event to response in process: our bridge and application against asgiref's and FastAPI."""

from __future__ import annotations

import asyncio
import base64
import functools
import json
import statistics
from collections.abc import Callable, Mapping
from types import SimpleNamespace
from typing import Any

from benchmarks.http_applications import TOKEN, Handler, fastapi_mangum, flask_asgiref, ours
from benchmarks.result import Aim, Cell, Result, Table
from benchmarks.rounds import Timing, interleaved, times_as_fast

CONTEXT = SimpleNamespace(aws_request_id="4f0c2a5e-0000-4000-8000-000000000000")
NEW_ACCOUNT = {"email": "someone@example.com", "token": "1/MTAwMDA=/abcdefghijklmnop", "ingress": "webhook"}
OURS, FLASK, FASTAPI = "ours", "Flask + asgiref + Mangum", "FastAPI + Mangum"
APPLICATIONS: Mapping[str, Callable[[], Handler]] = {OURS: ours, FLASK: flask_asgiref, FASTAPI: fastapi_mangum}


def run(rounds: int) -> Result:
    asyncio.set_event_loop(asyncio.new_event_loop())  # Mangum asks for the thread's
    handlers = {name: make() for name, make in APPLICATIONS.items()}
    timings = {
        route: interleaved(
            {name: functools.partial(handler, event, CONTEXT) for name, handler in handlers.items()}, rounds=rounds
        )
        for route, event in _events().items()
        if _must_agree(route, event, handlers)
    }
    rows: list[list[Cell]] = []
    for route, by_name in timings.items():
        thousands = [by_name[name].per_second / 1000 for name in APPLICATIONS]
        rows.append([route, *thousands, *_ratios(by_name)])
    against_flask, against_fastapi = zip(*(_ratios(by_name) for by_name in timings.values()), strict=True)
    return Result(
        method=(
            "Six routes, three times the same (benchmarks/http_applications.py): token, pydantic, dictionaries, JSON. "
            "One request at a time, as in a Lambda sandbox. asgiref runs the application on another thread, whose "
            "processor time counts too."
        ),
        tables=[Table(["route", *(f"{name}, k/s" for name in APPLICATIONS), "x Flask", "x FastAPI"], rows)],
        aims=[
            Aim(
                "speed, times Flask + asgiref + Mangum, geometric mean",
                statistics.geometric_mean(against_flask),
                "at least",
                3,
            ),
            Aim(
                "speed, times FastAPI + Mangum, geometric mean",
                statistics.geometric_mean(against_fastapi),
                "at least",
                1,
            ),
        ],
    )


def _ratios(timings: Mapping[str, Timing]) -> tuple[float, float]:
    return times_as_fast(timings[OURS], timings[FLASK]), times_as_fast(timings[OURS], timings[FASTAPI])


def _must_agree(route: str, event: dict[str, Any], handlers: Mapping[str, Handler]) -> bool:
    answers = {name: handler(event, CONTEXT) for name, handler in handlers.items()}
    seen = {name: (answer["statusCode"], json.loads(_text(answer))) for name, answer in answers.items()}
    if any(each != seen[OURS] or each[0] >= 300 for each in seen.values()):
        raise AssertionError(f"{route} is not answered alike: {seen}")
    return True


def _text(answer: Mapping[str, Any]) -> str | bytes:
    body: str = answer["body"]
    return base64.b64decode(body) if answer["isBase64Encoded"] else body


def _events() -> dict[str, dict[str, Any]]:
    return {
        "GET /health": _event("GET", "/health"),
        "GET accounts": _event("GET", "/api/accounts"),
        "GET account": _event("GET", "/api/accounts/7"),
        "GET logs": _event("GET", "/api/logs", query="status=failed&limit=20"),
        "POST account": _event("POST", "/api/accounts", body=NEW_ACCOUNT),
        "PATCH account": _event("PATCH", "/api/accounts/7", body={"is_default": True}),
    }


def _event(method: str, path: str, *, query: str = "", body: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """As API Gateway makes it of a browser's request."""
    event: dict[str, Any] = {
        "version": "2.0",
        "routeKey": "ANY /api/{proxy+}",
        "rawPath": path,
        "rawQueryString": query,
        "headers": {
            "accept": "application/json",
            "accept-encoding": "gzip, deflate, br",
            "accept-language": "zh-CN,zh;q=0.9,en;q=0.8",
            "content-length": str(len(json.dumps(body))) if body else "0",
            "content-type": "application/json",
            "host": "relay.example.com",
            "user-agent": "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0",
            "x-amzn-trace-id": "Root=1-6720a1b2-0123456789abcdef01234567",
            "x-api-token": TOKEN,
            "x-forwarded-for": "203.0.113.9",
            "x-forwarded-port": "443",
            "x-forwarded-proto": "https",
        },
        "requestContext": {
            "accountId": "123456789012",
            "apiId": "a1b2c3d4e5",
            "http": {"method": method, "path": path, "protocol": "HTTP/1.1", "sourceIp": "203.0.113.9"},
            "requestId": "AbCdEfGhIjK=",
            "stage": "$default",
        },
        "isBase64Encoded": False,
    }
    return {**event, "body": json.dumps(body)} if body else event
