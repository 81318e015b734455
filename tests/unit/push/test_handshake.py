from __future__ import annotations

from typing import Any

import pytest

from shared.push.handshake import Credential, Handshake, presented_credential
from shared.push.topics import InvalidTopic, topic


def handshake(headers: dict[str, str] | None = None, query: dict[str, str] | None = None) -> Handshake:
    event: dict[str, Any] = {"requestContext": {"connectionId": "c1"}, "headers": headers}
    if query is not None:
        event["queryStringParameters"] = query
    return Handshake.from_event(event)


def token(*values: str) -> Credential:
    return Credential("token", values)


@pytest.mark.parametrize(
    ("headers", "query", "credential"),
    [
        ({"X-API-Token": " abc "}, None, token("abc")),
        ({"x-api-token": "abc"}, None, token("abc")),
        ({"Authorization": "Bearer abc"}, None, token("abc")),
        ({"authorization": "bearer  abc"}, None, token("abc")),
        ({"Authorization": "Basic abc"}, None, None),
        ({}, {"ticket": "t"}, Credential("ticket", ("t",))),
        ({}, {"ticket": ""}, Credential("ticket", ("",))),
        ({}, {"token": "never in a URL"}, None),
        ({"Sec-WebSocket-Protocol": "chat, kook-relay.token.abc"}, None, token("abc")),
        ({"Sec-WebSocket-Protocol": "kook-relay.token.a%2Fb%3D"}, None, token("a%2Fb%3D", "a/b=")),
        ({"Sec-WebSocket-Protocol": "kook-relay.token.a+b"}, None, token("a+b")),
        ({"Sec-WebSocket-Protocol": "kook-relay"}, None, None),
        ({"X-API-Token": "abc", "Sec-WebSocket-Protocol": "kook-relay.token.x"}, {"ticket": "t"}, token("abc")),
        ({"Sec-WebSocket-Protocol": "kook-relay.token.x"}, {"ticket": "t"}, Credential("ticket", ("t",))),
        (None, None, None),
    ],
)
def test_where_a_credential_is_looked_for(
    headers: dict[str, str] | None, query: dict[str, str] | None, credential: Credential | None
) -> None:
    assert presented_credential(handshake(headers, query)) == credential


@pytest.mark.parametrize(
    ("offered", "answered"),
    [
        ("", ""),
        ("chat", ""),
        ("kook-relay.token.abc", "kook-relay.token.abc"),
        ("kook-relay.token.abc, kook-relay", "kook-relay"),
    ],
)
def test_the_subprotocol_answered_is_one_that_was_offered(offered: str, answered: str) -> None:
    assert handshake({"Sec-WebSocket-Protocol": offered}).answered_subprotocol == answered


@pytest.mark.parametrize(
    ("headers", "path"),
    [
        ({"X-Relay-Original-Path": "/api/clients"}, "/api/clients"),
        ({"x-relay-original-path": "/ws/"}, "/ws"),
        ({}, "/ws"),
    ],
)
def test_the_path_is_the_one_the_front_door_received(headers: dict[str, str], path: str) -> None:
    assert handshake(headers).path == path


def test_no_repr_shows_what_a_client_sent() -> None:
    shown = handshake({"X-API-Token": "canary", "Sec-WebSocket-Protocol": "kook-relay.token.canary"}, {"t": "canary"})
    assert "canary" not in repr(shown) + repr(presented_credential(shown))


def test_topics() -> None:
    assert topic("relay") == "relay"
    assert topic("robot", "R-1.x") == "robot:R-1.x"
    for bad in ("", "with blank", "x" * 129, "newline\n", "名"):
        with pytest.raises(InvalidTopic):
            topic(bad)
