"""The WebSocket API's three routes, and the table of what is served at which path.

A kind of socket decides and answers; it touches no table and posts nothing. What it decides is carried out here, so
that every kind is kept, limited and logged alike.
"""

from __future__ import annotations

import base64
import binascii
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

from shared.push.answers import SocketProblem, error_answer
from shared.push.connections import Connection, ConnectionStore, ConnectionsUnavailable, Language
from shared.push.frames import encode_frame
from shared.push.handshake import Handshake
from shared.push.posting import Poster, PostResult

logger = logging.getLogger("kook_relay.websocket")


@dataclass(frozen=True, slots=True)
class Admission:
    """The handshake is accepted. The connection listens to ``topic`` ("" for nothing) in the name of ``principal``
    ("" for nobody yet), and ``subprotocol`` is answered ("" for none)."""

    lifetime_seconds: int
    topic: str = ""
    principal: str = ""
    subprotocol: str = ""


@dataclass(frozen=True, slots=True)
class Refusal:
    """The handshake is answered with this HTTP status."""

    status: int


@dataclass(frozen=True, slots=True)
class Reply:
    """What a message leads to: an answer, being admitted, being forgotten, or any of them. ``following`` are sent
    after the answer, in order; with ``ends`` the connection is closed after all of it."""

    message: Mapping[str, Any] | None = None
    admission: Admission | None = None
    forget: bool = False
    following: tuple[Mapping[str, Any], ...] = ()
    ends: bool = False


class SocketKind(Protocol):
    """What is served at a path: the relay's live log, a robot, a monitor's page."""

    @property
    def name(self) -> str:
        """Kept with each connection, so it must not change while connections are open."""

    def serves(self, handshake: Handshake) -> bool: ...

    def connect(self, handshake: Handshake) -> Admission | Refusal:
        """What it raises is answered 503."""

    def receive(self, connection: Connection, text: str) -> Reply:
        """Any text at all may come. What it raises is answered SERVICE_UNAVAILABLE."""


@runtime_checkable
class NoticesEnd(Protocol):
    """A kind of socket that also wants to know when one of its connections has closed."""

    def disconnected(self, connection: Connection) -> None:
        """What it raises is logged; the connection's row goes in any case."""


class SocketGateway:
    """Implements the handlers of ``$connect``, ``$default`` and ``$disconnect``. ``clock`` gives epoch seconds."""

    def __init__(
        self,
        kinds: Sequence[SocketKind],
        connections: ConnectionStore,
        poster: Poster,
        *,
        clock: Callable[[], float],
        choose_language: Callable[[str], Language],
    ) -> None:
        """The first of ``kinds`` that serves a handshake gets it. ``choose_language`` reads Accept-Language."""
        self._kinds = tuple(kinds)
        self._by_name = {kind.name: kind for kind in kinds}
        self._noticed = {kind.name: kind for kind in kinds if isinstance(kind, NoticesEnd)}
        self._connections = connections
        self._poster = poster
        self._clock = clock
        self._choose_language = choose_language

    def handle(self, event: Mapping[str, Any]) -> dict[str, Any]:
        """Answer one event of the WebSocket API. Bad input and our own failures become answers, never exceptions."""
        context = event["requestContext"]
        route, connection_id = context["routeKey"], str(context["connectionId"])
        if route == "$connect":
            return self._connect(Handshake.from_event(event))
        if route == "$disconnect":
            self._disconnect(connection_id)
        else:
            self._message(connection_id, event)
        return {"statusCode": 200}

    # --- $connect ---

    def _connect(self, handshake: Handshake) -> dict[str, Any]:
        kind = next((kind for kind in self._kinds if kind.serves(handshake)), None)
        if kind is None:
            return {"statusCode": 404}
        try:
            decision = kind.connect(handshake)
            if isinstance(decision, Refusal):
                logger.info("handshake refused", extra={"socket": kind.name, "status": decision.status})
                return {"statusCode": decision.status}
            self._connections.add(self._new_connection(handshake, kind, decision))
        except Exception as error:  # noqa: BLE001 - whatever is wrong with us, the client may try again
            logger.error("handshake failed", extra={"socket": kind.name, **_described(error)})
            return {"statusCode": 503}
        response: dict[str, Any] = {"statusCode": 200}
        if decision.subprotocol:
            response["headers"] = {"Sec-WebSocket-Protocol": decision.subprotocol}
        return response

    def _new_connection(self, handshake: Handshake, kind: SocketKind, admission: Admission) -> Connection:
        now = int(self._clock())
        return Connection(
            connection_id=handshake.connection_id,
            kind=kind.name,
            topic=admission.topic,
            principal=admission.principal,
            language=self._choose_language(handshake.headers.get("accept-language", "")),
            connected_at=now,
            expires_at=now + admission.lifetime_seconds,
        )

    # --- $default ---

    def _message(self, connection_id: str, event: Mapping[str, Any]) -> None:
        language = self._choose_language("")
        ends = False
        try:
            connection = self._connections.get(connection_id)
            if connection is None or connection.kind not in self._by_name:
                # Its time is up, or it failed to authenticate: the socket may be open, but it is nobody's.
                reply = Reply(self._error(SocketProblem.CONNECTION_ENDED, language))
            else:
                language = connection.language
                reply = self._carry_out(connection, self._by_name[connection.kind].receive(connection, _text(event)))
            messages = (*(() if reply.message is None else (reply.message,)), *reply.following)
            frames = [encode_frame(message) for message in messages]
            ends = reply.ends
        except Exception as error:  # noqa: BLE001 - a client is never left with the gateway's bare "Internal server error"
            logger.error("message failed", extra=_described(error))
            frames = [encode_frame(self._error(SocketProblem.UNAVAILABLE, language))]
        for frame in frames:
            if self._poster.post(connection_id, frame) is PostResult.GONE:
                self._disconnect(connection_id)
                return
        if ends:
            self._poster.close(connection_id)

    def _carry_out(self, connection: Connection, reply: Reply) -> Reply:
        if reply.forget:
            self._connections.remove(connection.connection_id)
        elif reply.admission is not None:
            admitted = self._connections.admit(
                connection.connection_id,
                topic=reply.admission.topic,
                principal=reply.admission.principal,
                expires_at=int(self._clock()) + reply.admission.lifetime_seconds,
            )
            if not admitted:
                return Reply(self._error(SocketProblem.CONNECTION_ENDED, connection.language))
        return reply

    def _error(self, problem: SocketProblem, language: Language) -> dict[str, Any]:
        return error_answer(problem, language, self._clock())

    # --- $disconnect ---

    def _disconnect(self, connection_id: str) -> None:
        try:
            if self._noticed:
                self._notice(connection_id)
            self._connections.remove(connection_id)
        except ConnectionsUnavailable as failure:
            # The next message to its topic finds it gone, and its row expires in any case.
            logger.warning("a connection's row stays for now", extra=_described(failure))

    def _notice(self, connection_id: str) -> None:
        connection = self._connections.get(connection_id)
        kind = None if connection is None else self._noticed.get(connection.kind)
        if connection is None or kind is None:
            return
        try:
            kind.disconnected(connection)
        except Exception as error:  # noqa: BLE001 - the connection has ended all the same
            logger.error(
                "the end of a connection was not noticed", extra={"socket": connection.kind, **_described(error)}
            )


def _described(error: Exception) -> dict[str, str]:
    """Its type, and its text only where that is known to quote nothing."""
    described = {"exception": type(error).__name__}
    return {**described, "operation": str(error)} if isinstance(error, ConnectionsUnavailable) else described


def _text(event: Mapping[str, Any]) -> str:
    body = event.get("body") or ""
    if not event.get("isBase64Encoded"):
        return str(body)
    try:
        return base64.b64decode(body, validate=True).decode("utf-8")
    except (binascii.Error, UnicodeDecodeError, ValueError):
        return ""
