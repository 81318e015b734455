"""Cookies at rest, in the form the accounts contract fixes.

Stored is the standard base64 of nonce (12 random bytes), ciphertext and tag (16 bytes): AES-256-GCM without associated
data, under the SHA-256 of a passphrase. Beside it stands the SHA-256 of the plain cookie in hex.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import secrets
from dataclasses import dataclass
from typing import Any

from Crypto.Cipher import AES

MIN_PASSPHRASE_CHARACTERS = 16
_NONCE_BYTES = 12
_TAG_BYTES = 16
# From examples and public test data: anyone can guess these.
_KNOWN_PASSPHRASES = frozenset(
    {"test-encryption-key-32-bytes-long", "default-encryption-key", "your-encryption-key-here"}
)


class CookieUnopenable(Exception):
    """A stored cookie does not open: damaged, or sealed under a passphrase that is not configured any more."""


class PassphraseRefused(ValueError):
    """The passphrase could be guessed. The text never holds it."""


@dataclass(frozen=True, slots=True)
class OpenedCookie:
    """``is_outdated``: sealed under a former passphrase, so it should be sealed again."""

    text: str
    is_outdated: bool

    def __repr__(self) -> str:
        return f"OpenedCookie(is_outdated={self.is_outdated})"


def check_passphrase(passphrase: str, name: str = "VAULT_PASSPHRASE") -> None:
    """Raises PassphraseRefused for what is short, repeats itself or is known from examples."""
    stripped = passphrase.strip()
    if len(stripped) < MIN_PASSPHRASE_CHARACTERS:
        raise PassphraseRefused(f"{name} is shorter than {MIN_PASSPHRASE_CHARACTERS} characters")
    known = stripped.lower() in _KNOWN_PASSPHRASES or "changeme" in stripped.lower()
    if known or len(set(stripped)) < MIN_PASSPHRASE_CHARACTERS // 4:
        raise PassphraseRefused(f"{name} is a placeholder from an example, or repeats itself; choose a random one")


def passphrase_from_data_key(data_key: bytes) -> str:
    """The passphrase of an installation that configured none: as secret and as lasting as its data key."""
    return hmac.new(data_key, b"kook-relay accounts vault v1", hashlib.sha256).hexdigest()


def cookie_hash(plain: str) -> str:
    """SHA-256 of the plain cookie, lower-case hex."""
    return hashlib.sha256(plain.encode("utf-8", "surrogatepass")).hexdigest()


class CookieVault:
    """Seals under ``passphrase``; opens also what was sealed under one of the ``former``, of which empty ones count for
    nothing. Safe to share between threads."""

    __slots__ = ("_keys",)

    def __init__(self, passphrase: str, *former: str) -> None:
        self._keys = tuple(hashlib.sha256(text.encode()).digest() for text in (passphrase, *former) if text)
        if not passphrase:
            raise ValueError("a vault needs a passphrase")

    def seal(self, plain: str) -> str:
        cipher = _cipher(self._keys[0], secrets.token_bytes(_NONCE_BYTES))
        ciphertext, tag = cipher.encrypt_and_digest(plain.encode("utf-8", "surrogatepass"))
        return base64.b64encode(cipher.nonce + ciphertext + tag).decode("ascii")

    def unseal(self, stored: str) -> OpenedCookie:
        """Raises CookieUnopenable."""
        try:
            sealed = base64.b64decode(stored, validate=True)
        except (binascii.Error, ValueError):
            raise CookieUnopenable("a stored cookie is damaged") from None
        if len(sealed) < _NONCE_BYTES + _TAG_BYTES:
            raise CookieUnopenable("a stored cookie is cut short")
        nonce, ciphertext, tag = sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:-_TAG_BYTES], sealed[-_TAG_BYTES:]
        for position, key in enumerate(self._keys):
            try:
                plain: bytes = _cipher(key, nonce).decrypt_and_verify(ciphertext, tag)
            except ValueError:
                continue
            return OpenedCookie(plain.decode("utf-8", "surrogatepass"), is_outdated=position > 0)
        raise CookieUnopenable("a stored cookie was changed, or sealed under a passphrase that is not configured")


def _cipher(key: bytes, nonce: bytes) -> Any:
    return AES.new(key, AES.MODE_GCM, nonce=nonce, mac_len=_TAG_BYTES)
