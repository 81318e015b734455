"""The sending half of KOOK's webhook: turns a frame into a request body the way KOOK does.

Written from the protocol's description and sharing no code with the receiver, so that the two check each other.
"""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
import zlib
from typing import Any

from Crypto.Cipher import AES

WIRES = ("plain", "zlib", "enc", "enczlib")


def encode(
    frame: Any,
    wire: str,
    encrypt_key: str = "",
    *,
    raw_deflate: bool = False,
    initialization_vector: bytes | None = None,
) -> bytes:
    """The request body for a frame.

    Args:
        frame: what to send, JSON-ready; bytes are taken as the JSON itself, valid or not.
        wire: plain (callback URL with ``compress=0``), zlib, enc (encrypted), enczlib (encrypted, then compressed).
        encrypt_key: the Encrypt Key, for enc and enczlib.
        raw_deflate: compress without the zlib header, as KOOK's challenges of 2020 came.
        initialization_vector: 16 bytes; like KOOK's PHP, half of an MD5 in hex when not given.
    """
    if wire not in WIRES:
        raise ValueError(f"wire must be one of {WIRES}")
    body = frame if isinstance(frame, bytes) else to_json(frame)
    if wire.startswith("enc"):
        body = to_json({"encrypt": encrypt(body, encrypt_key, initialization_vector)})
    if wire.endswith("zlib"):
        body = deflate(body) if raw_deflate else zlib.compress(body)
    return body


def to_json(value: Any) -> bytes:
    """As PHP's json_encode writes it: compact, non-ASCII escaped, slashes escaped."""
    return json.dumps(value, separators=(",", ":")).replace("/", "\\/").encode("ascii")


def deflate(body: bytes, level: int = -1) -> bytes:
    """A raw deflate stream (RFC 1951)."""
    compressor = zlib.compressobj(level, wbits=-zlib.MAX_WBITS)
    return compressor.compress(body) + compressor.flush()


def encrypt(plaintext: bytes, encrypt_key: str, initialization_vector: bytes | None = None) -> str:
    """The value of ``encrypt``: base64 of the IV and of the base64 of AES-256-CBC with PKCS#7."""
    if initialization_vector is None:
        initialization_vector = hashlib.md5(secrets.token_bytes(16)).hexdigest()[:16].encode("ascii")
    pad_length = 16 - len(plaintext) % 16
    key = (encrypt_key.encode("utf-8") + bytes(32))[:32]
    cipher = AES.new(key, AES.MODE_CBC, iv=initialization_vector)
    ciphertext = cipher.encrypt(plaintext + bytes([pad_length]) * pad_length)
    return base64.b64encode(initialization_vector + base64.b64encode(ciphertext)).decode("ascii")
