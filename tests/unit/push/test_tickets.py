from __future__ import annotations

import pytest

from shared.push.connections import ConnectionsUnavailable
from shared.push.tickets import TICKET_LIFETIME_SECONDS, Tickets
from shared.security.tokens import token_digest
from tests.fakes.clock import FakeClock
from tests.unit.push.fakes import MemoryTickets


class Scene:
    def __init__(self) -> None:
        self.clock = FakeClock()
        self.store = MemoryTickets()
        self.tickets = Tickets(self.store, "relay", self.clock)


def test_a_ticket_speaks_for_whoever_asked_for_it_once() -> None:
    scene = Scene()
    issued = scene.tickets.issue("administrator")
    assert issued.expires_in_seconds == 60
    assert scene.tickets.redeem(issued.ticket) == "administrator"
    assert scene.tickets.redeem(issued.ticket) is None


def test_a_ticket_lives_a_minute() -> None:
    scene = Scene()
    early, late = scene.tickets.issue("a").ticket, scene.tickets.issue("b").ticket
    scene.clock.advance(TICKET_LIFETIME_SECONDS - 1)
    assert scene.tickets.redeem(early) == "a"
    scene.clock.advance(1)
    assert scene.tickets.redeem(late) is None


def test_only_a_digest_is_kept_and_no_repr_shows_the_ticket() -> None:
    scene = Scene()
    issued = scene.tickets.issue("administrator")
    assert issued.ticket not in repr(scene.store.rows)
    assert token_digest(issued.ticket) in scene.store.rows
    assert issued.ticket not in repr(issued)


def test_a_ticket_opens_its_own_kind_of_socket_and_no_other() -> None:
    scene = Scene()
    ticket = scene.tickets.issue("administrator").ticket
    assert Tickets(scene.store, "monitor", scene.clock).redeem(ticket) is None


@pytest.mark.parametrize("ticket", ["", "never-issued", "x" * 10_000, "\ud83d"])
def test_what_is_no_ticket_opens_nothing(ticket: str) -> None:
    scene = Scene()
    scene.tickets.issue("administrator")
    assert scene.tickets.redeem(ticket) is None
    assert len(scene.store.rows) == 1


def test_a_store_that_is_down_is_told() -> None:
    scene = Scene()
    scene.store.down = True
    with pytest.raises(ConnectionsUnavailable):
        scene.tickets.issue("administrator")
    with pytest.raises(ConnectionsUnavailable):
        scene.tickets.redeem("anything")
