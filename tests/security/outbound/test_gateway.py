"""KOOK's gateway: the one connection out that is no HTTP request, of the embedded stack alone. Its address is in an
answer of KOOK's, or of whoever answers in KOOK's place."""

from __future__ import annotations

import asyncio

import pytest

from local.kook_gateway_socket import AiohttpDialer, ConnectionFailed
from shared.security.outbound import OutboundGuard
from tests.security.outbound.addresses import ALL_NAMES, HOSTILE, Resolver
from tests.security.outbound.connections import watched_connections
from tests.standins.server import Answer, Fault, StandInServer


async def _dialled(guard: OutboundGuard, url: str) -> str:
    """The problem of a connection that was not made."""
    dialer = AiohttpDialer(guard)
    try:
        with pytest.raises(ConnectionFailed) as caught:
            await dialer.connect(url)
        return caught.value.problem
    finally:
        await dialer.close()


@pytest.mark.parametrize("scheme", ["ws", "wss"])
def test_no_hostile_address_is_reached(scheme: str) -> None:
    for hostile in HOSTILE:
        with watched_connections() as connected:
            asyncio.run(_dialled(OutboundGuard(resolve=Resolver(ALL_NAMES)), f"{scheme}://{hostile.authority}/gateway"))
        assert connected == [], f"{hostile.why}: {hostile.authority}"


def test_redirects_lead_nowhere() -> None:
    with StandInServer() as elsewhere, StandInServer() as server, watched_connections() as connected:
        server.script(Fault(answer=Answer(302, b"", {"Location": f"{elsewhere.base_url}/latest/meta-data/"})))
        problem = asyncio.run(_dialled(OutboundGuard(("127.0.0.1/32",)), f"ws://127.0.0.1:{server.port}/"))
        assert problem == "handshake_refused_302"
        assert elsewhere.requests == []
    assert {address[:2] for address in connected} == {("127.0.0.1", server.port)}
