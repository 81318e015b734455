"""The three routes of the WebSocket API, with the relay's kind of socket behind them."""

from __future__ import annotations

import base64
import json
import logging
from dataclasses import dataclass
from typing import Any

import pytest

from shared.push.answers import PROBLEMS, SocketProblem
from shared.push.connections import Connection
from shared.push.handshake import Handshake
from shared.push.posting import PostResult
from shared.push.sockets import Admission, Refusal, Reply, SocketGateway
from shared.push.subscriber_socket import SubscriberSocket
from shared.push.tickets import Tickets
from tests.fakes.clock import FakeClock
from tests.unit.push.fakes import MemoryConnections, MemoryTickets, ScriptedPoster

TOKEN = "right-token-canary"


@dataclass(frozen=True)
class Administrator:
    name: str = "administrator"


class OneToken:
    """``down`` stands for a store that cannot be read."""

    def __init__(self) -> None:
        self.down = False

    def verify(self, token: str) -> Administrator | None:
        if self.down:
            raise RuntimeError(f"cannot check {token}")
        return Administrator() if token == TOKEN else None


class EchoKind:
    """Another area's socket: any text, no credential, no topic."""

    name = "echo"

    def serves(self, handshake: Handshake) -> bool:
        return handshake.path == "/echo"

    def connect(self, handshake: Handshake) -> Admission | Refusal:
        return Admission(60, principal="anybody")

    def receive(self, connection: Connection, text: str) -> Reply:
        return Reply({"echo": text})


class Scene:
    def __init__(self) -> None:
        self.clock = FakeClock()
        self.connections = MemoryConnections(self.clock)
        self.poster = ScriptedPoster()
        self.ticket_store = MemoryTickets()
        self.tickets = Tickets(self.ticket_store, "relay", self.clock)
        self.verifier = OneToken()
        relay = SubscriberSocket(
            "relay",
            "relay",
            serves=lambda handshake: handshake.path == "/ws" and "robotId" not in handshake.query,
            verifiers=[self.verifier],
            tickets=self.tickets,
            clock=self.clock,
        )
        self.gateway = SocketGateway(
            [relay, EchoKind()],
            self.connections,
            self.poster,
            clock=self.clock,
            choose_language=lambda accepted: "zh" if accepted.startswith("zh") else "en",
        )

    def connect(self, headers: dict[str, str] | None = None, query: dict[str, str] | None = None) -> dict[str, Any]:
        context = {"routeKey": "$connect", "connectionId": "c1"}
        event: dict[str, Any] = {"requestContext": context, "headers": headers or {}}
        if query is not None:
            event["queryStringParameters"] = query
        return self.gateway.handle(event)

    def send(self, message: Any, *, encoded: bool = False) -> dict[str, Any]:
        """The answer posted to the connection."""
        body = message if isinstance(message, str) else json.dumps(message)
        if encoded:
            body = base64.b64encode(body.encode()).decode()
        event = {"requestContext": {"routeKey": "$default", "connectionId": "c1"}, "body": body}
        before = len(self.poster.posted.get("c1", []))
        assert self.gateway.handle({**event, "isBase64Encoded": encoded}) == {"statusCode": 200}
        (answer,) = self.poster.posted["c1"][before:]
        return dict(answer)

    @property
    def row(self) -> Connection:
        return self.connections.rows["c1"]


# --- $connect ---


@pytest.mark.parametrize(
    "headers",
    [
        {"X-API-Token": TOKEN},
        {"Authorization": f"Bearer {TOKEN}"},
        {"Sec-WebSocket-Protocol": f"kook-relay.token.{TOKEN}"},
    ],
)
def test_the_right_token_opens_a_connection_that_listens_for_two_hours(headers: dict[str, str]) -> None:
    scene = Scene()
    assert scene.connect(headers)["statusCode"] == 200
    assert (scene.row.topic, scene.row.principal, scene.row.kind) == ("relay", "administrator", "relay")
    assert scene.row.expires_at == int(scene.clock()) + 7200


def test_the_subprotocol_is_answered() -> None:
    scene = Scene()
    offered = f"kook-relay.token.{TOKEN}"
    answer = scene.connect({"Sec-WebSocket-Protocol": offered})
    assert answer == {"statusCode": 200, "headers": {"Sec-WebSocket-Protocol": offered}}
    assert TOKEN not in repr(scene.row)


def test_a_ticket_opens_one_connection() -> None:
    scene = Scene()
    ticket = scene.tickets.issue("operator").ticket
    assert scene.connect(query={"ticket": ticket})["statusCode"] == 200
    assert scene.row.principal == "operator"
    assert scene.connect(query={"ticket": ticket})["statusCode"] == 401


@pytest.mark.parametrize(
    ("headers", "query"),
    [
        ({"X-API-Token": "wrong"}, None),
        ({"X-API-Token": "x" * 5000}, None),
        ({"Authorization": "Bearer wrong"}, None),
        ({"Sec-WebSocket-Protocol": "kook-relay.token.wrong"}, None),
        ({"Sec-WebSocket-Protocol": "kook-relay.token."}, None),
        ({}, {"ticket": "wrong"}),
        ({}, {"ticket": ""}),
    ],
)
def test_a_wrong_credential_is_refused_and_leaves_no_row(headers: dict[str, str], query: dict[str, str] | None) -> None:
    scene = Scene()
    assert scene.connect(headers, query) == {"statusCode": 401}
    assert scene.connections.rows == {}


def test_without_a_credential_a_connection_has_ten_seconds_and_no_topic() -> None:
    scene = Scene()
    assert scene.connect() == {"statusCode": 200}
    assert (scene.row.topic, scene.row.principal) == ("", "")
    assert scene.row.expires_at == int(scene.clock()) + 10


@pytest.mark.parametrize(
    ("path", "query"), [("/nothing", None), ("/ws", {"robotId": "R1"}), ("/ws", {"robotId": ""}), ("", None)]
)
def test_what_no_kind_serves_is_not_found(path: str, query: dict[str, str] | None) -> None:
    scene = Scene()
    assert scene.connect({"X-Relay-Original-Path": path, "X-API-Token": TOKEN}, query) == {"statusCode": 404}


def test_our_own_failure_at_the_handshake_is_503_and_says_nothing_of_the_token(
    caplog: pytest.LogCaptureFixture,
) -> None:
    scene = Scene()
    scene.verifier.down = True
    with caplog.at_level(logging.DEBUG):
        assert scene.connect({"X-API-Token": TOKEN}) == {"statusCode": 503}
        scene.verifier.down = False
        scene.connections.down = True
        assert scene.connect({"X-API-Token": TOKEN}) == {"statusCode": 503}
        assert scene.connect({"X-API-Token": "wrong-canary"}) == {"statusCode": 401}
    assert len(caplog.records) == 3
    assert all("canary" not in str(vars(record)) for record in caplog.records)


# --- $default ---


def authenticated() -> Scene:
    scene = Scene()
    scene.connect({"X-API-Token": TOKEN})
    return scene


@pytest.mark.parametrize("message", [{"type": "ping"}, "ping", ' {"type": "ping", "more": [1]} '])
def test_ping_is_answered_with_the_time(message: Any) -> None:
    scene = authenticated()
    assert scene.send(message) == {"type": "pong", "timestamp": scene.clock.ms()}


def test_binary_messages_are_read_as_text() -> None:
    assert authenticated().send({"type": "ping"}, encoded=True)["type"] == "pong"


@pytest.mark.parametrize(
    ("message", "code"),
    [
        ("", "INVALID_JSON"),
        ("no json", "INVALID_JSON"),
        ("[" * 10_000, "INVALID_JSON"),
        ("[]", "INVALID_MESSAGE"),
        ("null", "INVALID_MESSAGE"),
        ({"type": 7}, "INVALID_MESSAGE"),
        ({"data": 1}, "INVALID_MESSAGE"),
        ({"type": "subscribe"}, "UNKNOWN_TYPE"),
        ({"type": "auth"}, "INVALID_MESSAGE"),
        ({"type": "auth", "token": 7}, "INVALID_MESSAGE"),
        ({"type": "ping", "filler": "x" * 20_000}, "MESSAGE_TOO_LARGE"),
    ],
)
def test_messages_that_mean_nothing_get_an_error_and_change_nothing(message: Any, code: str) -> None:
    scene = authenticated()
    before = scene.row
    answer = scene.send(message)
    assert (answer["type"], answer["error_code"]) == ("error", code)
    assert answer["error_message"] and answer["solution"]
    assert scene.row == before


def test_bytes_that_are_no_text_get_an_error() -> None:
    scene = authenticated()
    event = {"requestContext": {"routeKey": "$default", "connectionId": "c1"}, "isBase64Encoded": True}
    for body in (base64.b64encode(b"\xff\xfe").decode(), "no base64", None):
        scene.gateway.handle({**event, "body": body})
    assert [answer["error_code"] for answer in scene.poster.posted["c1"]] == ["INVALID_JSON"] * 3


def test_errors_come_in_the_language_of_the_handshake() -> None:
    scene = Scene()
    scene.connect({"X-API-Token": TOKEN, "Accept-Language": "zh-CN"})
    assert scene.send("?")["error_message"] == PROBLEMS[SocketProblem.INVALID_JSON].message_zh


def test_every_problem_has_its_texts() -> None:
    assert set(PROBLEMS) == set(SocketProblem)
    assert all(all(texts) for texts in PROBLEMS.values())


def test_the_first_message_may_bring_the_token() -> None:
    scene = Scene()
    scene.connect()
    assert scene.send({"type": "ping"})["error_code"] == "UNAUTHORIZED"
    scene.clock.advance(9)
    assert scene.send({"type": "auth", "token": TOKEN}) == {
        "type": "auth",
        "success": True,
        "timestamp": scene.clock.ms(),
    }
    assert (scene.row.topic, scene.row.principal) == ("relay", "administrator")
    assert scene.row.expires_at == int(scene.clock()) + 7200
    assert scene.send({"type": "ping"})["type"] == "pong"


def test_after_ten_seconds_it_is_too_late() -> None:
    scene = Scene()
    scene.connect()
    scene.clock.advance(10)
    assert scene.send({"type": "auth", "token": TOKEN})["error_code"] == "CONNECTION_ENDED"
    assert scene.row.topic == ""


def test_a_connection_that_left_while_it_authenticated_is_not_made_anew() -> None:
    scene = Scene()
    scene.connect()
    scene.connections.leave_before_admission = True
    assert scene.send({"type": "auth", "token": TOKEN})["error_code"] == "CONNECTION_ENDED"
    assert scene.connections.rows == {}


def test_a_wrong_token_in_the_first_message_is_the_only_try() -> None:
    scene = Scene()
    scene.connect()
    assert scene.send({"type": "auth", "token": "wrong"})["error_code"] == "INVALID_TOKEN"
    assert scene.connections.rows == {}
    assert scene.send({"type": "auth", "token": TOKEN})["error_code"] == "CONNECTION_ENDED"


def test_who_is_authenticated_stays_so_whatever_token_follows() -> None:
    scene = authenticated()
    assert scene.send({"type": "auth", "token": "wrong"})["error_code"] == "INVALID_TOKEN"
    assert scene.send({"type": "auth", "token": TOKEN})["success"] is True
    assert scene.row.topic == "relay"


def test_our_own_failure_is_an_answer_too_without_the_token(caplog: pytest.LogCaptureFixture) -> None:
    scene = Scene()
    scene.connect()
    scene.verifier.down = True
    with caplog.at_level(logging.DEBUG):
        assert scene.send({"type": "auth", "token": TOKEN})["error_code"] == "SERVICE_UNAVAILABLE"
        scene.connections.down = True
        assert scene.send({"type": "ping"})["error_code"] == "SERVICE_UNAVAILABLE"
    assert len(caplog.records) == 2
    assert all("canary" not in str(vars(record)) for record in caplog.records)


def test_a_client_that_is_gone_before_its_answer_is_removed() -> None:
    scene = authenticated()
    scene.poster.script["c1"] = [PostResult.GONE]
    event = {"requestContext": {"routeKey": "$default", "connectionId": "c1"}, "body": "ping"}
    assert scene.gateway.handle(event) == {"statusCode": 200}
    assert scene.connections.rows == {}


def test_each_kind_answers_its_own_connections() -> None:
    scene = Scene()
    scene.connect({"X-Relay-Original-Path": "/echo"})
    assert scene.send("get") == {"echo": "get"}


def test_a_connection_of_a_kind_that_is_no_more_has_ended() -> None:
    scene = Scene()
    scene.connect({"X-Relay-Original-Path": "/echo"})
    left = SocketGateway([], scene.connections, scene.poster, clock=scene.clock, choose_language=lambda accepted: "en")
    left.handle({"requestContext": {"routeKey": "$default", "connectionId": "c1"}, "body": "get"})
    assert scene.poster.posted["c1"][-1]["error_code"] == "CONNECTION_ENDED"


# --- $disconnect ---


def test_disconnecting_removes_the_row_and_twice_does_no_harm() -> None:
    scene = authenticated()
    event = {"requestContext": {"routeKey": "$disconnect", "connectionId": "c1"}}
    assert scene.gateway.handle(event) == {"statusCode": 200}
    assert scene.connections.rows == {}
    assert scene.gateway.handle(event) == {"statusCode": 200}
    scene.connections.down = True
    assert scene.gateway.handle(event) == {"statusCode": 200}
