"""Signed tokens (JWT, RFC 7519): HS256 and nothing else, with issuer, audience and expiry always asked for.

A token says who it is for and under which version it was made. The version is compared with the stored one by whoever
knows the record, so that counting it up there revokes every token made before.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import jwt

ALGORITHM = "HS256"
ISSUER = "kook-relay"
MIN_KEY_BYTES = 32  # RFC 7518, section 3.2
_REQUIRED = ["iss", "aud", "sub", "exp", "iat", "kind", "ver"]


class TokenInvalid(Exception):
    """No token of ours, one for another use, or one that is over. Which of them is not told."""


@dataclass(frozen=True, slots=True)
class Claims:
    """Whom a token is for: ``subject`` is an id of the ``kind``, ``version`` the one its record had."""

    kind: str
    subject: str
    version: int


@dataclass(frozen=True, slots=True)
class SignedToken:
    """``text`` is given out and kept nowhere. ``expires_at`` is in seconds since the epoch."""

    text: str = field(repr=False)
    expires_at: int


class JwtTokens:
    """Makes and opens the tokens of one key. ``clock`` gives seconds since the epoch.

    Raises:
        ValueError: the key is too short for the algorithm.
    """

    def __init__(self, key: bytes, clock: Callable[[], float]) -> None:
        if len(key) < MIN_KEY_BYTES:
            raise ValueError(f"the key must have {MIN_KEY_BYTES} bytes")
        self._key = key
        self._clock = clock

    def sign(self, claims: Claims, audience: str, expires_at: int) -> SignedToken:
        payload = {
            "iss": ISSUER,
            "aud": audience,
            "sub": claims.subject,
            "iat": int(self._clock()),
            "exp": expires_at,
            "kind": claims.kind,
            "ver": claims.version,
        }
        return SignedToken(jwt.encode(payload, self._key, algorithm=ALGORITHM), expires_at)

    def open(self, token: str, audience: str) -> Claims:
        """What a token of this audience says. Raises TokenInvalid."""
        try:
            payload = jwt.decode(
                token,
                self._key,
                algorithms=[ALGORITHM],
                audience=audience,
                issuer=ISSUER,
                # The times are compared below, with the clock that was given.
                options={"require": _REQUIRED, "verify_exp": False, "verify_iat": False, "verify_nbf": False},
            )
        except (jwt.InvalidTokenError, ValueError):
            raise TokenInvalid from None
        expires_at, kind, subject, version = payload["exp"], payload["kind"], payload["sub"], payload["ver"]
        well_formed = type(expires_at) is int and type(version) is int and isinstance(kind, str)
        if not well_formed or not isinstance(subject, str) or expires_at <= self._clock():
            raise TokenInvalid
        return Claims(kind, subject, version)
