"""Passwords of people: scrypt with a random salt, the parameters kept beside the hash so that they can be raised."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import secrets
from dataclasses import dataclass

MAX_PASSWORD_BYTES = 1024
_SALT_BYTES = 16
_HASH_BYTES = 32
_SCHEME = "scrypt"


@dataclass(frozen=True, slots=True)
class ScryptCost:
    """scrypt's parameters: N = 2 ** ``log2_n``, block size ``r``, parallelism ``p``. Memory is 128 * N * r bytes."""

    log2_n: int
    r: int
    p: int

    @property
    def memory_bytes(self) -> int:
        return 128 * (1 << self.log2_n) * self.r


# One of the equivalent settings of OWASP's Password Storage Cheat Sheet; 32 MiB fits the smallest function.
DEFAULT_COST = ScryptCost(log2_n=15, r=8, p=3)
# A stored hash asking for more than this was not written by this module.
_MAX_STORED_MEMORY_BYTES = 256 * 1024 * 1024


class PasswordTooLong(ValueError):
    """More bytes than are hashed; refusing is better than hashing megabytes for a stranger."""


def hash_password(password: str, cost: ScryptCost = DEFAULT_COST) -> str:
    """``scrypt$log2_n$r$p$salt$hash`` with salt and hash in base64. Raises PasswordTooLong."""
    salt = secrets.token_bytes(_SALT_BYTES)
    derived = _derive(_password_bytes(password), salt, cost)
    fields = (_SCHEME, str(cost.log2_n), str(cost.r), str(cost.p), _encode(salt), _encode(derived))
    return "$".join(fields)


def password_matches(password: str, stored: str) -> bool:
    """Whether the password is the one hashed. A stored value this module did not write matches nothing."""
    parsed = _parse(stored)
    if parsed is None:
        return False
    cost, salt, expected = parsed
    try:
        derived = _derive(_password_bytes(password), salt, cost)
    except PasswordTooLong:
        return False
    return hmac.compare_digest(derived, expected)


def needs_rehash(stored: str, cost: ScryptCost = DEFAULT_COST) -> bool:
    """Whether the hash was made with other parameters than today's (re-hash at the next successful login)."""
    parsed = _parse(stored)
    return parsed is None or parsed[0] != cost


def _password_bytes(password: str) -> bytes:
    encoded = password.encode("utf-8", "surrogatepass")
    if len(encoded) > MAX_PASSWORD_BYTES:
        raise PasswordTooLong(f"a password has at most {MAX_PASSWORD_BYTES} bytes")
    return encoded


def _derive(password: bytes, salt: bytes, cost: ScryptCost) -> bytes:
    return hashlib.scrypt(
        password,
        salt=salt,
        n=2**cost.log2_n,
        r=cost.r,
        p=cost.p,
        maxmem=cost.memory_bytes + 1024 * 1024 * (1 + cost.p),
        dklen=_HASH_BYTES,
    )


def _parse(stored: str) -> tuple[ScryptCost, bytes, bytes] | None:
    fields = stored.split("$")
    if len(fields) != 6 or fields[0] != _SCHEME:
        return None
    try:
        cost = ScryptCost(int(fields[1]), int(fields[2]), int(fields[3]))
        salt, expected = base64.b64decode(fields[4], validate=True), base64.b64decode(fields[5], validate=True)
    except (ValueError, binascii.Error):
        return None
    sane = 1 <= cost.log2_n <= 24 and 1 <= cost.r <= 64 and 1 <= cost.p <= 16
    if not sane or cost.memory_bytes > _MAX_STORED_MEMORY_BYTES or len(expected) != _HASH_BYTES:
        return None
    return cost, salt, expected


def _encode(raw: bytes) -> str:
    return base64.b64encode(raw).decode("ascii")
