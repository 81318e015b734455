"""API tokens: making them, keeping only their digest, comparing in constant time.

A token is 256 random bits, so a plain SHA-256 is a sufficient digest: there is nothing to guess, and a slow hash
would only cost every request its time.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Iterable

TOKEN_BYTES = 32
MIN_CONFIGURED_TOKEN_LENGTH = 8

# Values from examples and tutorials that end up in production when nobody looks.
_PLACEHOLDERS = frozenset(
    {
        "admin123",
        "api-token",
        "api_token",
        "apitoken",
        "changeme",
        "changeit",
        "change-me",
        "change_me",
        "default",
        "example",
        "password",
        "secret",
        "token",
        "your-api-token",
        "your-secret-key",
        "your-token",
        "your_api_token",
        "your_secret_key",
        "your_token",
    }
)


class DefaultSecret(ValueError):
    """A configured secret is a placeholder or too short to be one. The text never holds the value."""


def new_token() -> str:
    """A fresh token, 43 URL-safe characters."""
    return secrets.token_urlsafe(TOKEN_BYTES)


def token_digest(token: str) -> str:
    """The SHA-256 of the token in lower-case hex: the only form in which a token is stored."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


def token_matches(token: str, digests: Iterable[str]) -> bool:
    """Whether the token belongs to one of the digests. Every digest is compared, each in constant time."""
    presented = token_digest(token).encode()
    matched = False
    for digest in digests:
        matched |= hmac.compare_digest(presented, digest.encode("utf-8", "surrogatepass"))
    return matched


def refuse_default_token(token: str, name: str = "the API token") -> None:
    """Raises DefaultSecret for an operator's secret that anyone could guess. ``name`` is what the text calls it."""
    if token.strip().lower() in _PLACEHOLDERS:
        raise DefaultSecret(f"{name} is a placeholder from an example; choose a random one")
    if len(token.strip()) < MIN_CONFIGURED_TOKEN_LENGTH:
        raise DefaultSecret(f"{name} is shorter than {MIN_CONFIGURED_TOKEN_LENGTH} characters")
