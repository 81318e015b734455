"""The request that opens a WebSocket connection, and the credential it presents."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal
from urllib.parse import unquote

# The front door sends every handshake to one path of the WebSocket API and says here which one it was.
ORIGINAL_PATH_HEADER = "x-relay-original-path"
# Without a front door the WebSocket API is reached at its stage, which serves what /ws serves.
DEFAULT_PATH = "/ws"

SUBPROTOCOL = "kook-relay"
TOKEN_SUBPROTOCOL_PREFIX = "kook-relay.token."  # noqa: S105 - a prefix, not a token


@dataclass(frozen=True, slots=True)
class Handshake:
    """``path`` has no slash at its end. Header names are in lower case. The repr shows nothing a client sent."""

    connection_id: str
    path: str = field(repr=False)
    query: Mapping[str, str] = field(repr=False)
    headers: Mapping[str, str] = field(repr=False)
    subprotocols: tuple[str, ...] = field(repr=False)

    @classmethod
    def from_event(cls, event: Mapping[str, Any]) -> Handshake:
        """Read a ``$connect`` event of an API Gateway WebSocket API."""
        headers = {str(name).lower(): str(value) for name, value in (event.get("headers") or {}).items()}
        query = {str(name): str(value) for name, value in (event.get("queryStringParameters") or {}).items()}
        offered = headers.get("sec-websocket-protocol", "").split(",")
        return cls(
            connection_id=str(event["requestContext"]["connectionId"]),
            path=headers.get(ORIGINAL_PATH_HEADER, DEFAULT_PATH).rstrip("/"),
            query=query,
            headers=headers,
            subprotocols=tuple(name.strip() for name in offered if name.strip()),
        )

    @property
    def answered_subprotocol(self) -> str:
        """The subprotocol to choose, "" for none. A browser insists on being answered one that it offered; the plain
        name is chosen before one that holds a token."""
        if SUBPROTOCOL in self.subprotocols:
            return SUBPROTOCOL
        return next((name for name in self.subprotocols if name.startswith(TOKEN_SUBPROTOCOL_PREFIX)), "")


@dataclass(frozen=True, slots=True)
class Credential:
    """What a handshake offers as proof of who sends it. ``values`` are alternative readings of one and the same."""

    kind: Literal["token", "ticket"]
    values: tuple[str, ...] = field(repr=False)


def presented_credential(handshake: Handshake) -> Credential | None:
    """The credential of a handshake: a header before a ticket before a subprotocol. None when it has none."""
    token = handshake.headers.get("x-api-token", "").strip() or _bearer(handshake.headers.get("authorization", ""))
    if token:
        return Credential("token", (token,))
    if "ticket" in handshake.query:
        return Credential("ticket", (handshake.query["ticket"],))
    for name in handshake.subprotocols:
        if name.startswith(TOKEN_SUBPROTOCOL_PREFIX):
            written = name.removeprefix(TOKEN_SUBPROTOCOL_PREFIX)
            # A subprotocol cannot hold "/" or "=" (RFC 6455 4.1): tokens with such characters come percent-encoded.
            return Credential("token", tuple(dict.fromkeys((written, unquote(written)))))
    return None


def _bearer(authorization: str) -> str:
    scheme, _, credential = authorization.strip().partition(" ")
    return credential.strip() if scheme.lower() == "bearer" else ""
