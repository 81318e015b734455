"""Signatures of the Standard Webhooks specification 1.0.0 (https://www.standardwebhooks.com), symmetric ``v1``.

Signed is ``id.timestamp.body``: the very bytes that are sent, and the time of this attempt, since receivers refuse
what is more than five minutes off.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import secrets
from collections.abc import Sequence

SECRET_PREFIX = "whsec_"  # noqa: S105 - how every such secret begins
MIN_SECRET_BYTES = 24
MAX_SECRET_BYTES = 64
_NEW_SECRET_BYTES = 32
_MAX_SECRET_CHARACTERS = 128


class MalformedSecret(ValueError):
    """Not ``whsec_`` followed by the base64 of 24 to 64 bytes. Never holds the value."""


def new_secret() -> str:
    return _shown(secrets.token_bytes(_NEW_SECRET_BYTES))


def canonical_secret(secret: str) -> str:
    """The secret with the padding of its base64 as it should be. Raises MalformedSecret."""
    return _shown(_key(secret))


def signature_header(message_id: str, timestamp_seconds: int, body: bytes, signing_secrets: Sequence[str]) -> str:
    """The value of ``webhook-signature``: one signature per secret, so that receivers may change theirs in between.

    Raises:
        MalformedSecret
    """
    signed = f"{message_id}.{timestamp_seconds}.".encode() + body
    return " ".join(f"v1,{_signature(_key(secret), signed)}" for secret in signing_secrets)


def _signature(key: bytes, signed: bytes) -> str:
    return base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode("ascii")


def _shown(key: bytes) -> str:
    return SECRET_PREFIX + base64.b64encode(key).decode("ascii")


def _key(secret: str) -> bytes:
    if not secret.startswith(SECRET_PREFIX) or len(secret) > _MAX_SECRET_CHARACTERS:
        raise MalformedSecret("the secret does not begin with whsec_")
    encoded = secret.removeprefix(SECRET_PREFIX).rstrip("=")
    try:
        key = base64.b64decode(encoded + "=" * (-len(encoded) % 4), validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if not MIN_SECRET_BYTES <= len(key) <= MAX_SECRET_BYTES:
        raise MalformedSecret(f"the secret is not the base64 of {MIN_SECRET_BYTES} to {MAX_SECRET_BYTES} bytes")
    return key
