"""Who may open the page's socket: the rules of the site, asked of one handshake."""

from __future__ import annotations

import time
from collections.abc import Callable

from shared.monitor.agent_sockets import agent_token
from shared.monitor.identity import (
    SESSION_COOKIE,
    SHARE_COOKIE,
    Identities,
    Identity,
    cookies_of,
    same_origin,
    share_cookie_opens,
)
from shared.monitor.identity import is_shut as is_shut_to
from shared.monitor.page_socket import ORIGINAL_HOST_HEADER, PAGE_PATH
from shared.monitor.sessions import Caller
from shared.monitor.settings import SiteSettings
from shared.push.handshake import Handshake

_CLIENT_ADDRESS_HEADER = "x-relay-client-address"


class PageDoor:
    """Implements shared.monitor.page_socket.PageRules. May raise StoreUnavailable. ``clock`` gives epoch seconds."""

    def __init__(
        self,
        site: Callable[[], SiteSettings],
        identities: Callable[[], Identities],
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._site = site
        self._identities = identities
        self._clock = clock

    def identity_of(self, handshake: Handshake) -> Identity:
        headers = handshake.headers
        return self._identities().identify(
            self._site(),
            authorization=headers.get("authorization", ""),
            session_token=cookies_of(headers.get("cookie", "")).get(SESSION_COOKIE, ""),
            node_token=agent_token(handshake.query),
            caller=Caller(headers.get(_CLIENT_ADDRESS_HEADER, ""), headers.get("user-agent", "")),
        )

    def is_shut(self, handshake: Handshake, identity: Identity) -> bool:
        """Whether the site is private and the caller a guest without a link to share."""
        site = self._site()
        shared_key = cookies_of(handshake.headers.get("cookie", "")).get(SHARE_COOKIE, "")
        shared = share_cookie_opens(site, shared_key, self._clock())
        return is_shut_to(site, PAGE_PATH, identity, shared=shared)

    def admits_origin(self, handshake: Handshake) -> bool:
        headers = handshake.headers
        # Behind the front door, Host is that of the WebSocket API.
        host = headers.get(ORIGINAL_HOST_HEADER) or headers.get("host", "")
        return same_origin(self._site(), headers.get("origin", ""), host)
