"""What the machine asks of whoever holds the socket. An action with an ``attempt`` is answered with the same number;
answers to an earlier attempt are ignored."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from shared.kook.gateway.frames import GatewayFrame
from shared.kook.gateway.session import GatewaySession


@dataclass(frozen=True, slots=True)
class FindGateway:
    """Ask KOOK for an address (gateway/index); answer with ``gateway_found`` or ``gateway_failed``."""

    attempt: int


@dataclass(frozen=True, slots=True, repr=False)
class Connect:
    """Open a WebSocket; answer with ``connected`` or ``connection_lost``. The address holds a token."""

    attempt: int
    url: str


@dataclass(frozen=True, slots=True)
class Disconnect:
    """Close the connection if there is one, and give up what is under way to make one. Before anything else."""


@dataclass(frozen=True, slots=True)
class Send:
    text: str


@dataclass(frozen=True, slots=True, repr=False)
class Store:
    """Put this event on the queue; answer with ``event_stored`` or ``event_not_stored``. There is one at a time."""

    event: GatewayFrame


@dataclass(frozen=True, slots=True)
class Save:
    """Keep the session for a restart, None to forget it. When that fails, of the actions after this one only Store
    may be taken; then answer with ``session_not_saved``."""

    session: GatewaySession | None


@dataclass(frozen=True, slots=True)
class EventsMissed:
    """Events may have been lost between two sessions: a backfill should look for them. ``reason`` is for the log."""

    reason: str


Action: TypeAlias = FindGateway | Connect | Disconnect | Send | Store | Save | EventsMissed
