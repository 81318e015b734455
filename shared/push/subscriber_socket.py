"""A socket that is listened to: whoever proves who they are gets what is published to one topic."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Protocol

from shared.push.answers import (
    MessageRefused,
    SocketProblem,
    auth_answer,
    error_answer,
    pong_answer,
    read_message,
)
from shared.push.connections import AUTHENTICATE_WITHIN_SECONDS, CONNECTION_LIFETIME_SECONDS, Connection
from shared.push.handshake import Handshake, presented_credential
from shared.push.sockets import Admission, Refusal, Reply
from shared.push.tickets import Tickets

MAX_TOKEN_CHARACTERS = 4096


class VerifiedPrincipal(Protocol):
    @property
    def name(self) -> str: ...


class TokenVerifier(Protocol):
    """One kind of token. Answers None for a token that is not (or no longer) of its kind; raises when it
    cannot tell."""

    def verify(self, token: str) -> VerifiedPrincipal | None: ...


class SubscriberSocket:
    """Implements shared.push.sockets.SocketKind.

    A handshake with a wrong credential is refused. One without any is accepted, because a client that cannot set
    headers may send its token as the first message; until then, and for no longer than ten seconds, it gets nothing.
    """

    def __init__(
        self,
        name: str,
        topic: str,
        *,
        serves: Callable[[Handshake], bool],
        verifiers: Sequence[TokenVerifier],
        tickets: Tickets,
        clock: Callable[[], float],
    ) -> None:
        """``clock`` gives epoch seconds."""
        self._name = name
        self._topic = topic
        self._serves = serves
        self._verifiers = tuple(verifiers)
        self._tickets = tickets
        self._clock = clock

    @property
    def name(self) -> str:
        return self._name

    def serves(self, handshake: Handshake) -> bool:
        return self._serves(handshake)

    def connect(self, handshake: Handshake) -> Admission | Refusal:
        credential = presented_credential(handshake)
        subprotocol = handshake.answered_subprotocol
        if credential is None:
            return Admission(AUTHENTICATE_WITHIN_SECONDS, subprotocol=subprotocol)
        if credential.kind == "ticket":
            principal = self._tickets.redeem(credential.values[0])
        else:
            principal = next(filter(None, map(self._principal, credential.values)), None)
        if principal is None:
            return Refusal(401)
        return Admission(CONNECTION_LIFETIME_SECONDS, self._topic, principal, subprotocol)

    def receive(self, connection: Connection, text: str) -> Reply:
        try:
            message = read_message(text)
        except MessageRefused as refused:
            return self._refuse(connection, refused.problem)
        if message["type"] == "auth":
            return self._authenticate(connection, message)
        if not connection.is_authenticated:
            return self._refuse(connection, SocketProblem.UNAUTHORIZED)
        if message["type"] == "ping":
            return Reply(pong_answer(self._clock()))
        return self._refuse(connection, SocketProblem.UNKNOWN_TYPE)

    def _authenticate(self, connection: Connection, message: dict[str, Any]) -> Reply:
        token = message.get("token")
        if not isinstance(token, str):
            return self._refuse(connection, SocketProblem.INVALID_MESSAGE)
        principal = self._principal(token.strip())
        if principal is None:
            # One try a connection: guessing costs a handshake each.
            refusal = self._refuse(connection, SocketProblem.INVALID_TOKEN)
            return refusal if connection.is_authenticated else Reply(refusal.message, forget=True)
        if connection.is_authenticated:
            return Reply(auth_answer(self._clock()))
        return Reply(auth_answer(self._clock()), Admission(CONNECTION_LIFETIME_SECONDS, self._topic, principal))

    def _principal(self, token: str) -> str | None:
        if not token or len(token) > MAX_TOKEN_CHARACTERS:
            return None
        verified = (verifier.verify(token) for verifier in self._verifiers)
        return next((principal.name for principal in verified if principal is not None), None)

    def _refuse(self, connection: Connection, problem: SocketProblem) -> Reply:
        return Reply(error_answer(problem, connection.language, self._clock()))
