"""The socket of pages, /api/clients: a page asks, it is answered; nothing is ever pushed."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol

from shared.aws.store_failures import StoreUnavailable
from shared.monitor.live_board import LiveBoard
from shared.push.connections import CONNECTION_LIFETIME_SECONDS, Connection
from shared.push.handshake import Handshake
from shared.push.sockets import Admission, Refusal, Reply

if TYPE_CHECKING:
    from shared.monitor.identity import Identity

logger = logging.getLogger("kook_relay.monitor")

PAGE_PATH = "/api/clients"
PAGE_KIND = "monitor-page"
# The front door's own header: behind it, Host is that of the WebSocket API.
ORIGINAL_HOST_HEADER = "x-relay-original-host"
_MAX_UUID_CHARACTERS = 64


class PageRules(Protocol):
    """Who may watch (shared.monitor.page_door). May raise StoreUnavailable."""

    def identity_of(self, handshake: Handshake) -> Identity: ...

    def is_shut(self, handshake: Handshake, identity: Identity) -> bool:
        """Whether the site is private to this caller."""

    def admits_origin(self, handshake: Handshake) -> bool: ...


class PageSocket:
    """Implements shared.push.sockets.SocketKind."""

    name = PAGE_KIND

    def __init__(self, board: Callable[[], LiveBoard], rules: PageRules) -> None:
        """``board`` is asked for with the first page: an agent's socket needs none of it."""
        self._board = board
        self._rules = rules

    def serves(self, handshake: Handshake) -> bool:
        return handshake.path == PAGE_PATH

    def connect(self, handshake: Handshake) -> Admission | Refusal:
        identity = self._rules.identity_of(handshake)
        if self._rules.is_shut(handshake, identity):
            return Refusal(401)
        if not self._rules.admits_origin(handshake):
            return Refusal(403)
        return Admission(CONNECTION_LIFETIME_SECONDS, principal=identity.role)

    def receive(self, connection: Connection, text: str) -> Reply:
        word, _, uuid = text.strip().partition(" ")
        if word != "get" or len(uuid) > _MAX_UUID_CHARACTERS:
            return Reply({"status": "error", "error": "Invalid message"})
        try:
            return Reply(self._board().answer(with_hidden=connection.principal == "admin", only_uuid=uuid.strip()))
        except StoreUnavailable as unavailable:
            logger.warning("a page was not answered", extra={"operation": str(unavailable)})
            return Reply({"status": "error", "error": "The service is unavailable for the moment"})
