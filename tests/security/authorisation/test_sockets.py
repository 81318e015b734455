"""Every WebSocket with every kind of caller: whether the handshake succeeds, and whether anything is told after it."""

from __future__ import annotations

import asyncio

import pytest

from tests.security.authorisation.access import Access, Caller
from tests.security.authorisation.cast import Cast
from tests.security.authorisation.handshakes import LET_IN, REFUSED, SILENT, outcome
from tests.security.authorisation.sockets_table import SOCKETS, Socket

by_kind = pytest.mark.parametrize("socket", SOCKETS, ids=lambda socket: socket.kind)


def differences(cast: Cast, socket: Socket, access: Access) -> dict[str, str]:
    """By caller, what is not as declared; empty when all is."""
    found = {}
    for caller in Caller:
        got = asyncio.run(outcome(cast, socket, caller))
        wanted = {LET_IN} if access.refusal(caller) is None else {REFUSED, SILENT}
        if got not in wanted:
            found[caller.value] = got
    return found


@by_kind
def test_a_socket_admits_whom_the_table_says_and_nobody_else(cast: Cast, socket: Socket) -> None:
    assert differences(cast, socket, socket.access) == {}


@pytest.mark.usefixtures("private_site")
class TestAPrivateSite:
    @pytest.mark.parametrize("socket", [each for each in SOCKETS if each.when_private], ids=lambda socket: socket.kind)
    def test_shuts_its_sockets_to_visitors(self, cast: Cast, socket: Socket) -> None:
        assert socket.when_private is not None
        assert differences(cast, socket, socket.when_private) == {}


def test_only_who_shows_nothing_may_open_the_relays_socket_without_being_told(cast: Cast) -> None:
    """A client that cannot set headers sends its token as the first message; a wrong one in a header is refused."""
    relay = next(socket for socket in SOCKETS if socket.kind == "relay")
    assert asyncio.run(outcome(cast, relay, Caller.NOBODY)) == SILENT
    assert asyncio.run(outcome(cast, relay, Caller.WRONG_TOKENS)) == REFUSED


def test_a_socket_that_admits_too_many_is_told(cast: Cast) -> None:
    page = next(socket for socket in SOCKETS if socket.kind == "monitor-page")
    assert differences(cast, page, Access("nobody", frozenset()))[Caller.NOBODY.value] == LET_IN
