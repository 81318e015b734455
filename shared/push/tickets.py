"""One-time tickets: what a browser, which cannot set headers on a WebSocket, may put into the URL instead of a token.

A URL ends up in logs. A ticket in one is worth nothing: it opens one connection, once, within a minute.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from shared.security.tokens import new_token, token_digest

TICKET_LIFETIME_SECONDS = 60
MAX_TICKET_CHARACTERS = 200


@dataclass(frozen=True, slots=True)
class IssuedTicket:
    """Given to the client, this once."""

    ticket: str = field(repr=False)
    expires_in_seconds: int


@dataclass(frozen=True, slots=True)
class StoredTicket:
    """``digest`` is the ticket's SHA-256, ``kind`` the kind of socket it opens, ``expires_at`` epoch seconds."""

    digest: str
    kind: str
    principal: str
    expires_at: int


class TicketStore(Protocol):
    """Both methods may raise ConnectionsUnavailable."""

    def add(self, ticket: StoredTicket) -> None: ...

    def take(self, digest: str) -> StoredTicket | None:
        """Remove the ticket and give it to exactly one of those who ask."""


class Tickets:
    """Tickets for one kind of socket. ``clock`` gives epoch seconds."""

    def __init__(self, store: TicketStore, kind: str, clock: Callable[[], float]) -> None:
        self._store = store
        self._kind = kind
        self._clock = clock

    def issue(self, principal: str) -> IssuedTicket:
        """A ticket for whoever ``principal`` names. Raises ConnectionsUnavailable."""
        ticket = new_token()
        expires_at = int(self._clock()) + TICKET_LIFETIME_SECONDS
        self._store.add(StoredTicket(token_digest(ticket), self._kind, principal, expires_at))
        return IssuedTicket(ticket, TICKET_LIFETIME_SECONDS)

    def redeem(self, ticket: str) -> str | None:
        """The principal of a valid ticket, which is void from then on. Raises ConnectionsUnavailable."""
        if not ticket or len(ticket) > MAX_TICKET_CHARACTERS:
            return None
        stored = self._store.take(token_digest(ticket))
        if stored is None or stored.kind != self._kind or stored.expires_at <= self._clock():
            return None
        return stored.principal
