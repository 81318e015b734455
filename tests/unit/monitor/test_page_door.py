"""Who may open the page's socket: keys, sessions, agents' tokens, links to share, and where the page came from."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from shared.monitor.identity import Identities
from shared.monitor.page_door import PageDoor
from shared.monitor.sessions import Caller, Session
from shared.monitor.settings import SiteSettings
from shared.push.handshake import Handshake
from tests.unit.monitor.agent_doubles import TOKEN, MemoryNodes, node

NOW = 1_800_000_000
API_KEY = "an-api-key-of-20-letters"
SESSION_TOKEN = "s" * 32
SHARE_KEY = "a-key-to-share-1"


class OneSession:
    """The part of Sessions that identities need."""

    def of_token(self, token: str, caller: Caller) -> Session | None:
        if token != SESSION_TOKEN:
            return None
        return Session("digest", 1, NOW - 10, NOW + 10, "password", ip=caller.address)


def door(**site: Any) -> PageDoor:
    settings = SiteSettings(api_key=API_KEY, **site)
    identities = Identities(OneSession(), MemoryNodes(node()))  # type: ignore[arg-type]
    return PageDoor(lambda: settings, lambda: identities, lambda: NOW)


def handshake(headers: Mapping[str, str] | None = None, **query: str) -> Handshake:
    return Handshake("c1", "/api/clients", query, {"host": "relay.example", **(headers or {})}, ())


@pytest.mark.parametrize(
    ("shake", "role"),
    [
        (handshake(), "guest"),
        (handshake({"authorization": f"Bearer {API_KEY}"}), "admin"),
        (handshake({"authorization": "Bearer wrong-key-of-20-letters"}), "guest"),
        (handshake({"cookie": f"theme=dark; session_token={SESSION_TOKEN}"}), "admin"),
        (handshake({"cookie": "session_token=expired"}), "guest"),
        (handshake(token=TOKEN), "client"),
        (handshake(Authorization=TOKEN), "client"),
        (handshake(token="wrong"), "guest"),
    ],
)
def test_who_watches(shake: Handshake, role: str) -> None:
    assert door().identity_of(shake).role == role


def test_a_private_site_is_shut_to_guests_without_a_link() -> None:
    private = door(private_site=True, tempory_share_token=SHARE_KEY, tempory_share_token_expire_at=NOW + 60)
    for shake, shut in (
        (handshake(), True),
        (handshake({"cookie": "temp_key=wrong"}), True),
        (handshake({"cookie": f"temp_key={SHARE_KEY}"}), False),
        (handshake({"cookie": f"session_token={SESSION_TOKEN}"}), False),
        (handshake(token=TOKEN), False),
    ):
        assert private.is_shut(shake, private.identity_of(shake)) is shut
    over = door(private_site=True, tempory_share_token=SHARE_KEY, tempory_share_token_expire_at=NOW)
    shake = handshake({"cookie": f"temp_key={SHARE_KEY}"})
    assert over.is_shut(shake, over.identity_of(shake)) is True
    assert door().is_shut(handshake(), door().identity_of(handshake())) is False


def test_a_page_comes_from_this_host_unless_a_setting_lets_others_in() -> None:
    behind = {"x-relay-original-host": "relay.example:9527", "host": "abc.execute-api.amazonaws.com"}
    assert door().admits_origin(handshake({"origin": "https://relay.example"})) is True
    assert door().admits_origin(handshake({"origin": "http://relay.example:9527", **behind})) is True
    assert door().admits_origin(handshake({"origin": "https://abc.execute-api.amazonaws.com", **behind})) is False
    for origin in ("https://elsewhere.example", "https://relay.example.evil", "null", ""):
        assert door().admits_origin(handshake({"origin": origin})) is False
    assert door(allow_cors=True).admits_origin(handshake({"origin": "https://elsewhere.example"})) is True
    assert door(allow_cors=True).admits_origin(handshake()) is False
