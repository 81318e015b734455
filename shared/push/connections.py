"""Open WebSocket connections as the push path knows them. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, Protocol, TypeAlias

# API Gateway ends every connection after two hours, so no row has to outlive that.
# https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-execution-service-websocket-limits-table.html
CONNECTION_LIFETIME_SECONDS = 2 * 3600
AUTHENTICATE_WITHIN_SECONDS = 10

# API Gateway answers "gone" for a connection whose $connect has not returned yet.
OPENING_SECONDS = 10

Language: TypeAlias = Literal["zh", "en"]


class ConnectionsUnavailable(Exception):
    """The table of connections could not be read or written. The text names the operation and nothing else."""


@dataclass(frozen=True, slots=True)
class Connection:
    """One socket. Times are epoch seconds.

    ``kind`` names the SocketKind that serves it. ``topic`` is what it listens to, "" for nothing. ``strikes`` counts
    the publications in a row that it did not take; it is left alone until ``resting_until``.
    """

    connection_id: str
    kind: str
    topic: str
    principal: str
    language: Language
    connected_at: int
    expires_at: int
    strikes: int = 0
    resting_until: int = 0

    @property
    def is_authenticated(self) -> bool:
        return self.principal != ""


class ConnectionStore(Protocol):
    """Where connections are kept. Rows past their ``expires_at`` count as absent. Every method may raise
    ConnectionsUnavailable."""

    def add(self, connection: Connection) -> None: ...

    def get(self, connection_id: str) -> Connection | None:
        """A strongly consistent read."""

    def admit(self, connection_id: str, *, topic: str, principal: str, expires_at: int) -> bool:
        """Let a connection listen from now on. False when it is gone: its row is not made anew."""

    def remove(self, connection_id: str) -> None:
        """Removing what is not there changes nothing."""

    def of_topic(self, topic: str) -> Iterator[Connection]:
        """Everyone who listens, lazily, by an eventually consistent read."""

    def any_of_topic(self, topic: str) -> bool: ...

    def note_strikes(self, connection_id: str, *, strikes: int, resting_until: int) -> None:
        """Keep how often the connection did not take a message. A row that is gone stays gone."""
