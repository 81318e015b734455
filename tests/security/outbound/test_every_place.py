"""Every place that sends requests, with every hostile address: no socket is ever connected."""

from __future__ import annotations

import socket

import pytest

from shared.platforms.base import InvalidConfig
from shared.platforms.http import HttpClient, RequestsHttpClient
from shared.platforms.webhook import WebhookPlatform
from shared.security.outbound import OutboundGuard, guarded_session
from tests.fakes.scripted_http import ScriptedHttp
from tests.security.outbound.addresses import ALL_NAMES, HOSTILE, METADATA, Hostile, Resolver
from tests.security.outbound.connections import watched_connections
from tests.security.outbound.places import PLACES, Place
from tests.standins.server import Answer, StandInServer
from tests.unit.security.resolvers import ChangingResolver

LOOPBACK = ("127.0.0.1/32",)
by_name = pytest.mark.parametrize("place", PLACES, ids=lambda place: place.name)
anywhere = pytest.mark.parametrize("place", [each for each in PLACES if each.anywhere], ids=lambda place: place.name)


def client(guard: OutboundGuard) -> HttpClient:
    return RequestsHttpClient(guarded_session(guard))


class Redirecting(StandInServer):
    """Sends everybody elsewhere."""

    def __init__(self, location: str) -> None:
        super().__init__()
        self._location = location

    def respond(self, request: object) -> Answer:
        return Answer(302, b"", {"Location": self._location})


def test_the_table_is_long_enough_and_says_nothing_twice() -> None:
    assert len(HOSTILE) >= 40
    assert len({each.authority for each in HOSTILE}) == len(HOSTILE)


@by_name
def test_no_hostile_address_is_reached(place: Place) -> None:
    for hostile in HOSTILE:
        with watched_connections() as connected:
            place.fetch(client(OutboundGuard(resolve=Resolver(ALL_NAMES))), hostile.base_url)
        assert connected == [], f"{hostile.why}: {hostile.authority}"


@by_name
def test_https_changes_nothing(place: Place) -> None:
    for hostile in HOSTILE:
        with watched_connections() as connected:
            place.fetch(client(OutboundGuard(resolve=Resolver(ALL_NAMES))), f"https://{hostile.authority}")
        assert connected == [], f"{hostile.why}: {hostile.authority}"


@by_name
@pytest.mark.parametrize("scheme", ["file://", "ftp://", "gopher://", "unix://", "data:", "dict://", "//", ""])
def test_only_http_is_spoken(place: Place, scheme: str) -> None:
    with watched_connections() as connected:
        place.fetch(client(OutboundGuard(LOOPBACK)), f"{scheme}127.0.0.1")
    assert connected == []


@anywhere
def test_what_the_operator_allows_is_reached(place: Place) -> None:
    """Without this the tests above would pass for a place that never asks anything."""
    with StandInServer() as server, watched_connections() as connected:
        place.fetch(client(OutboundGuard(LOOPBACK)), server.base_url)
    assert server.requests
    assert {address[:2] for address in connected} == {("127.0.0.1", server.port)}


@anywhere
def test_redirects_lead_nowhere(place: Place) -> None:
    with StandInServer() as elsewhere, Redirecting(f"{elsewhere.base_url}/latest/meta-data/") as server:
        place.fetch(client(OutboundGuard(LOOPBACK)), server.base_url)
        assert server.requests
        assert elsewhere.requests == []


@anywhere
def test_a_name_that_turns_hostile_is_refused_at_its_next_request(place: Place) -> None:
    """Rebinding: what was judged is what is connected to, and the next request is judged anew."""
    with StandInServer() as server, watched_connections() as connected:
        for address in (METADATA, "10.0.0.1", "::1"):
            resolver = ChangingResolver("127.0.0.1", *[address] * 10)
            for _ in range(2):
                # A client of its own: a kept connection asks DNS nothing.
                place.fetch(client(OutboundGuard(LOOPBACK, resolver)), f"http://rebinding.example:{server.port}")
            assert resolver.lookups >= 2
    assert {address[:2] for address in connected} == {("127.0.0.1", server.port)}


@pytest.mark.parametrize(
    "hostile", [each for each in HOSTILE if not each.resolves], ids=lambda each: repr(each.authority)
)
def test_a_webhook_written_like_that_is_refused_when_it_is_configured(hostile: Hostile) -> None:
    platform = WebhookPlatform(ScriptedHttp([]))
    with pytest.raises(InvalidConfig):
        platform.validate_config({"url": f"https://{hostile.authority}/hook"})


# --- that the watching works ---


def test_a_connection_past_the_guard_is_noticed() -> None:
    with StandInServer() as server, watched_connections() as connected:
        socket.create_connection(("127.0.0.1", server.port)).close()
        leaky = OutboundGuard(("0.0.0.0/0", "::/0"), Resolver(ALL_NAMES))
        PLACES[0].fetch(client(leaky), f"http://localhost:{server.port}")
    assert connected == [("127.0.0.1", server.port)] * 2


def test_a_leaky_guard_is_found_by_the_table() -> None:
    """An address that a guard lets through, here by an allowed network, is connected to and so told."""
    with StandInServer() as server, watched_connections() as connected:
        for place in PLACES:
            place.fetch(client(OutboundGuard(LOOPBACK)), f"http://0x7f000001:{server.port}")
    assert len(connected) >= len([place for place in PLACES if place.anywhere])
