"""From the bytes of a KOOK webhook request to its frame.

KOOK posts a JSON frame, by default as a zlib stream (RFC 1950) and without Content-Encoding; in 2020 challenges came
as raw deflate. With an Encrypt Key set, the JSON is ``{"encrypt": "…"}`` instead, compressed or not, and the frame is
inside:

    encrypt = base64( IV of 16 bytes ‖ base64( AES-256-CBC( frame JSON, PKCS#7 ) ) )
    key     = Encrypt Key in UTF-8, cut to 32 bytes or padded with NUL to 32

Sources: KOOK's webhook documentation and its official PHP and Go samples.

Reading is done in two steps so that only the second needs to know the account: ``open_body`` inflates, parses and
checks the outer form; ``read_frame`` decrypts. Whatever the first step finds wrong is found wrong for every account
alike, so the answer tells a stranger nothing about which accounts exist or have a key.

Standard library, pycryptodome and msgspec only: this is on the cold path of a request KOOK gives one second.
"""

from __future__ import annotations

import binascii
import json
import math
import zlib
from dataclasses import dataclass
from typing import Any, NoReturn, TypeAlias

import msgspec
from Crypto.Cipher import AES
from Crypto.Util.Padding import unpad

MAX_BODY_BYTES = 1_048_576
MAX_INFLATED_BYTES = 1_048_576
# Real frames are fewer than ten levels deep. What json reads at the edge of the recursion limit, a later reader a few
# calls further down the stack could not read again.
MAX_JSON_DEPTH = 64

# Real frames take one step. In one go, a bomb would be held twice before it is refused: in blocks, and joined.
_INFLATE_STEP_BYTES = 65_536
_KEY_BYTES = 32
_BLOCK_BYTES = 16
# A carriage return is missing on purpose: 0x0D also opens a raw deflate stream (final block, dynamic codes).
_JSON_LEADING_SPACE = b" \t\n"
_OPENING_BRACE = ord("{")

Frame: TypeAlias = dict[str, Any]


class BodyRefused(Exception):
    """A body that is no acceptable KOOK frame. The message is fixed text without any of the content."""


class Malformed(BodyRefused):
    """Not a KOOK frame: broken compression, JSON, envelope or shape."""


class Oversized(BodyRefused):
    """Larger than a frame may be, as posted or once inflated."""


class Unverifiable(BodyRefused):
    """Well formed, but not provably from KOOK: wrong or missing encryption, or a wrong token."""


@dataclass(frozen=True, slots=True, repr=False)
class Envelope:
    """An encrypted frame whose outer form has been checked: a 16-byte IV and whole cipher blocks."""

    initialization_vector: bytes
    ciphertext: bytes


@dataclass(frozen=True, slots=True, repr=False)
class PlainFrame:
    """A frame that came unencrypted."""

    frame: Frame


OpenedBody: TypeAlias = Envelope | PlainFrame


def decode_body(raw: bytes, encrypt_key: str | bytes | None) -> Frame:
    """The frame ``{"s": …, "d": {…}, "sn": …}`` inside a request body; ``d`` is always an object.

    The frame is not verified yet: its ``d.verify_token`` must still be compared.

    Args:
        raw: the request body, byte for byte.
        encrypt_key: the account's Encrypt Key; None or empty when it has none.

    Raises:
        Malformed, Oversized, Unverifiable: and nothing else, whatever the bytes.
    """
    return read_frame(open_body(raw), encrypt_key)


def open_body(raw: bytes) -> OpenedBody:
    """Inflate, parse and check the outer form. Raises Malformed or Oversized."""
    parsed = read_json_object(raw)
    if "encrypt" in parsed:
        return _open_envelope(parsed["encrypt"])
    return PlainFrame(_checked_frame(parsed))


def read_json_object(raw: bytes) -> dict[str, Any]:
    """The JSON object in these bytes, compressed or not, within the bounds of size and depth.

    Raises:
        Malformed, Oversized: and nothing else, whatever the bytes.
    """
    if len(raw) > MAX_BODY_BYTES:
        raise Oversized(f"the body is larger than {MAX_BODY_BYTES} bytes")
    if not raw:
        raise Malformed("the body is empty")
    is_json = raw[0] == _OPENING_BRACE or raw.lstrip(_JSON_LEADING_SPACE).startswith(b"{")
    return _parse_json_object(raw if is_json else _inflate(raw))


def read_frame(opened: OpenedBody, encrypt_key: str | bytes | None) -> Frame:
    """The frame, decrypted when it came in an envelope.

    Plaintext is refused when there is a key (it would let anybody who knows the URL skip the encryption), and an
    envelope when there is none.

    Raises:
        Unverifiable: a key and no envelope, an envelope and no key, or the envelope does not open with this key.
        Malformed: it does open, and holds no frame.
    """
    if isinstance(opened, PlainFrame):
        if encrypt_key:
            raise Unverifiable("the account has an Encrypt Key and the frame is not encrypted")
        return opened.frame
    if not encrypt_key:
        raise Unverifiable("the frame is encrypted and the account has no Encrypt Key")
    return _checked_frame(_decrypt(opened, encrypt_key))


def _inflate(raw: bytes) -> bytes:
    """Inflate at most MAX_INFLATED_BYTES; anything longer is refused without being inflated further."""
    inflater = zlib.decompressobj(wbits=_window_bits(raw))
    pieces: list[bytes] = []
    left_bytes, rest, finds_more = MAX_INFLATED_BYTES, raw, True
    while finds_more:
        try:
            piece = inflater.decompress(rest, _INFLATE_STEP_BYTES)
        except zlib.error:
            raise Malformed("the body is neither JSON nor a zlib, gzip or deflate stream") from None
        left_bytes -= len(piece)
        if left_bytes < 0:
            raise Oversized(f"the body inflates to more than {MAX_INFLATED_BYTES} bytes")
        pieces.append(piece)
        rest = inflater.unconsumed_tail
        # A full step with nothing left to read may still have more to say.
        finds_more = not inflater.eof and (bool(rest) or len(piece) == _INFLATE_STEP_BYTES)
    if not inflater.eof:
        raise Malformed("the compressed body is cut short")
    if inflater.unused_data:
        raise Malformed("the compressed body is followed by something else")
    return b"".join(pieces) if len(pieces) > 1 else pieces[0]


def _window_bits(raw: bytes) -> int:
    """What zlib calls wbits: which of the three containers of a deflate stream these bytes begin."""
    if raw.startswith(b"\x1f\x8b"):
        return zlib.MAX_WBITS | 16
    # RFC 1950, 2.2: method 8, a window of at most 32 KiB, and a header divisible by 31.
    is_zlib = raw[0] & 0x8F == 8 and len(raw) >= 2 and (raw[0] << 8 | raw[1]) % 31 == 0
    return zlib.MAX_WBITS if is_zlib else -zlib.MAX_WBITS


def _parse_json_object(json_bytes: bytes) -> dict[str, Any]:
    """Strict JSON: UTF-8 without a byte order mark, finite numbers, bounded depth, an object at the top."""
    try:
        parsed = _json.decode(json_bytes)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        parsed = _parse_unusual(json_bytes)
    if not isinstance(parsed, dict):
        raise Malformed("the body is not a JSON object")
    # Most frames open fewer brackets than they might nest: counting them is quicker than walking through the frame.
    brackets = json_bytes.count(b"{") + json_bytes.count(b"[")
    if brackets > MAX_JSON_DEPTH and _is_deeper_than(parsed, MAX_JSON_DEPTH):
        raise Malformed(f"the body nests deeper than {MAX_JSON_DEPTH} levels")
    return parsed


_json = msgspec.json.Decoder()


def _parse_unusual(json_bytes: bytes) -> Any:
    """What msgspec refuses and is JSON all the same: a string with half of a surrogate pair, as one that was cut in
    the middle of an emoji. The standard library reads it, and refuses here whatever else msgspec does."""
    try:
        return json.loads(json_bytes.decode("utf-8"), parse_constant=_refuse_constant, parse_float=_finite_float)
    except (ValueError, RecursionError):  # from None: the causes hold the content
        raise Malformed("the body is not valid JSON") from None


def _refuse_constant(_name: str) -> NoReturn:
    raise ValueError("NaN and Infinity are not JSON")


def _finite_float(digits: str) -> float:
    number = float(digits)
    if not math.isfinite(number):
        raise ValueError("a number is out of range")
    return number


def _is_deeper_than(parsed: dict[str, Any], limit: int) -> bool:
    level: list[Any] = [parsed]
    for _ in range(limit):
        level = [
            child
            for container in level
            for child in (container.values() if isinstance(container, dict) else container)
            if isinstance(child, dict | list)
        ]
        if not level:
            return False
    return True


def _checked_frame(parsed: dict[str, Any]) -> Frame:
    if not isinstance(parsed.get("d"), dict):
        raise Malformed("the frame's d is not an object")
    return parsed


def _open_envelope(encrypted: Any) -> Envelope:
    """Undo both base64 layers, on bytes: a random IV is seldom valid UTF-8."""
    if not isinstance(encrypted, str):
        raise Malformed("the envelope's encrypt is not a string")
    try:
        outer = binascii.a2b_base64(encrypted, strict_mode=True)
        ciphertext = binascii.a2b_base64(outer[_BLOCK_BYTES:], strict_mode=True)
    except (binascii.Error, ValueError):
        raise Malformed("the envelope is not base64") from None
    if not ciphertext or len(ciphertext) % _BLOCK_BYTES:
        raise Malformed("the envelope does not hold an IV and whole cipher blocks")
    return Envelope(outer[:_BLOCK_BYTES], ciphertext)


def _decrypt(envelope: Envelope, encrypt_key: str | bytes) -> dict[str, Any]:
    """Decrypt and parse. Every failure is the same one: telling bad padding from bad JSON would be a padding oracle."""
    key = encrypt_key.encode("utf-8", "surrogatepass") if isinstance(encrypt_key, str) else encrypt_key
    cipher = AES.new(key[:_KEY_BYTES].ljust(_KEY_BYTES, b"\0"), AES.MODE_CBC, iv=envelope.initialization_vector)
    try:
        return _parse_json_object(unpad(cipher.decrypt(envelope.ciphertext), _BLOCK_BYTES, style="pkcs7"))
    except (ValueError, Malformed):
        raise Unverifiable("the envelope does not open with this Encrypt Key") from None
