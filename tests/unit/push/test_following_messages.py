"""A kind of socket that answers with several messages and wants to know when a connection has closed."""

from __future__ import annotations

import logging
from typing import Any

import pytest

from shared.push.connections import Connection
from shared.push.handshake import Handshake
from shared.push.posting import PostResult
from shared.push.sockets import Admission, Refusal, Reply, SocketGateway
from tests.fakes.clock import FakeClock
from tests.unit.push.fakes import MemoryConnections, ScriptedPoster


class ChattyKind:
    """Answers each text with itself and two more. ``closed`` are the connections whose end it was told."""

    name = "chatty"

    def __init__(self) -> None:
        self.closed: list[str] = []
        self.fails = False

    def serves(self, handshake: Handshake) -> bool:
        return True

    def connect(self, handshake: Handshake) -> Admission | Refusal:
        return Admission(60, principal="anybody")

    def receive(self, connection: Connection, text: str) -> Reply:
        if text == "bye":
            return Reply({"last": "word"}, forget=True, ends=True)
        answer = None if text == "quiet" else {"echo": text}
        return Reply(answer, following=({"n": 1}, {"n": 2}))

    def disconnected(self, connection: Connection) -> None:
        self.closed.append(connection.connection_id)
        if self.fails:
            raise RuntimeError("canary")


class Scene:
    def __init__(self) -> None:
        self.clock = FakeClock()
        self.kind = ChattyKind()
        self.connections = MemoryConnections(self.clock)
        self.poster = ScriptedPoster()
        self.gateway = SocketGateway(
            [self.kind], self.connections, self.poster, clock=self.clock, choose_language=lambda accepted: "en"
        )
        self.handle("$connect", headers={})

    def handle(self, route: str, **event: Any) -> Any:
        return self.gateway.handle({"requestContext": {"routeKey": route, "connectionId": "c1"}, **event})


def test_what_follows_an_answer_is_sent_after_it_in_order() -> None:
    scene = Scene()
    scene.handle("$default", body="hello")
    assert scene.poster.posted["c1"] == [{"echo": "hello"}, {"n": 1}, {"n": 2}]
    scene.handle("$default", body="quiet")
    assert scene.poster.posted["c1"][3:] == [{"n": 1}, {"n": 2}]


def test_nothing_more_is_sent_to_a_connection_that_is_gone() -> None:
    scene = Scene()
    scene.poster.script["c1"] = [PostResult.POSTED, PostResult.GONE]
    scene.handle("$default", body="hello")
    assert scene.poster.posted["c1"] == [{"echo": "hello"}]
    assert scene.kind.closed == ["c1"]
    assert scene.connections.rows == {}


def test_the_end_of_a_connection_is_told_once_and_its_row_goes_in_any_case(caplog: pytest.LogCaptureFixture) -> None:
    scene = Scene()
    scene.kind.fails = True
    with caplog.at_level(logging.ERROR):
        assert scene.handle("$disconnect") == {"statusCode": 200}
    assert scene.connections.rows == {}
    assert "canary" not in caplog.text and "noticed" in caplog.text
    scene.handle("$disconnect")
    assert scene.kind.closed == ["c1"]


def test_a_connection_is_closed_after_the_last_word() -> None:
    scene = Scene()
    scene.handle("$default", body="hello")
    assert scene.poster.closed == []
    scene.handle("$default", body="bye")
    assert scene.poster.posted["c1"][-1] == {"last": "word"}
    assert scene.poster.closed == ["c1"]
    assert scene.connections.rows == {}
