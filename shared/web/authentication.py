"""Who is calling: a token in ``X-API-Token`` or ``Authorization: Bearer``, checked before any view runs."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

from flask import Request

from shared.security.tokens import token_digest, token_matches
from shared.web.errors import ApiError

MAX_TOKEN_CHARACTERS = 4096
_OPEN_ROUTE = "_kook_relay_open_route"

View = TypeVar("View", bound=Callable[..., Any])


def open_route(view: View) -> View:
    """Marks a view that answers without a token (health, login). Everything else asks for one."""
    setattr(view, _OPEN_ROUTE, True)
    return view


def is_open(view: Callable[..., Any] | None) -> bool:
    return bool(getattr(view, _OPEN_ROUTE, False))


@dataclass(frozen=True, slots=True)
class Principal:
    """Who a request speaks for, and by which kind of credential (``api_token``, later ``session``)."""

    name: str
    credential: str


class TokenVerifier(Protocol):
    """One kind of token. Answers None for a token that is not (or no longer) of its kind."""

    def verify(self, token: str) -> Principal | None: ...


class ApiTokenVerifier:
    """The operator's API token: set in the environment, or made at the first start and stored as a digest.

    ``stored_digests`` reads the store; its answer is kept for ``ttl_seconds``. With neither a configured nor a
    stored token nothing is let in.
    """

    def __init__(
        self,
        configured_token: str,
        stored_digests: Callable[[], Sequence[str]],
        *,
        ttl_seconds: float = 5.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._configured = (token_digest(configured_token),) if configured_token else ()
        self._read_stored = stored_digests
        self._ttl_seconds = ttl_seconds
        self._clock = clock
        self._lock = threading.Lock()
        self._cached: tuple[str, ...] = ()
        self._expires_at = float("-inf")

    def verify(self, token: str) -> Principal | None:
        # A configured token replaces the stored one: setting API_TOKEN is how an operator revokes a leaked one.
        digests = self._configured or self._stored()
        return Principal("administrator", "api_token") if token_matches(token, digests) else None

    def _stored(self) -> tuple[str, ...]:
        with self._lock:
            if self._clock() < self._expires_at:
                return self._cached
        digests = tuple(self._read_stored())
        with self._lock:
            self._cached, self._expires_at = digests, self._clock() + self._ttl_seconds
        return digests


class Authenticator:
    """Finds the token in a request and asks each verifier in turn."""

    def __init__(self, verifiers: Sequence[TokenVerifier]) -> None:
        self._verifiers = tuple(verifiers)

    def authenticate(self, request: Request) -> Principal:
        """Raises ApiError (401) when there is no token or none of the verifiers knows it."""
        token = presented_token(request)
        if not token:
            raise ApiError("UNAUTHORIZED", headers={"WWW-Authenticate": "Bearer"})
        if len(token) <= MAX_TOKEN_CHARACTERS:
            for verifier in self._verifiers:
                principal = verifier.verify(token)
                if principal is not None:
                    return principal
        raise ApiError("INVALID_TOKEN", headers={"WWW-Authenticate": 'Bearer error="invalid_token"'})


def presented_token(request: Request) -> str:
    """The token of a request, "" when it carries none. ``X-API-Token`` goes before ``Authorization``."""
    token = request.headers.get("X-API-Token", "").strip()
    if token:
        return token
    scheme, _, credential = request.headers.get("Authorization", "").strip().partition(" ")
    return credential.strip() if scheme.lower() == "bearer" else ""
