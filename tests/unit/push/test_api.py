"""POST /api/ws/ticket, in an application with the relay's envelope."""

from __future__ import annotations

from flask import Flask

from shared.push.api import tickets_blueprint
from shared.push.tickets import Tickets
from shared.web.application import create_app
from shared.web.authentication import ApiTokenVerifier, Authenticator
from shared.web.catalogue import Catalogue
from shared.web.envelopes import RelayEnvelope
from tests.fakes.clock import FakeClock
from tests.unit.push.fakes import MemoryTickets

TOKEN = "an-api-token-for-tests"


def application(tickets: Tickets) -> Flask:
    return create_app(
        "test",
        [tickets_blueprint(tickets)],
        envelope=RelayEnvelope(Catalogue()),
        authenticator=Authenticator([ApiTokenVerifier(TOKEN, tuple)]),
        shown_time=str,
    )


def test_a_ticket_for_whoever_is_signed_in() -> None:
    tickets = Tickets(MemoryTickets(), "relay", FakeClock())
    answer = application(tickets).test_client().post("/api/ws/ticket", headers={"X-API-Token": TOKEN})
    assert answer.status_code == 200
    assert answer.json is not None
    assert (answer.json["success"], answer.json["expires_in"]) == (True, 60)
    assert answer.headers["Cache-Control"] == "no-store"
    assert tickets.redeem(answer.json["ticket"]) == "administrator"


def test_nobody_else_gets_one() -> None:
    store = MemoryTickets()
    client = application(Tickets(store, "relay", FakeClock())).test_client()
    assert client.post("/api/ws/ticket").status_code == 401
    assert client.post("/api/ws/ticket", headers={"X-API-Token": "wrong"}).status_code == 401
    assert store.rows == {}


def test_a_store_that_is_down_is_503() -> None:
    store = MemoryTickets()
    store.down = True
    client = application(Tickets(store, "relay", FakeClock())).test_client()
    answer = client.post("/api/ws/ticket/", headers={"X-API-Token": TOKEN})
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "1")
