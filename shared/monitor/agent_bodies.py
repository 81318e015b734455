"""What agents send, from bytes to a JSON object: inflated within a bound, read strictly, never trusted."""

from __future__ import annotations

import json
import zlib
from collections.abc import Mapping
from typing import Any, NoReturn

# A report is about 1 KB; one with the detail of eight graphics cards stays under 8 KB.
MAX_BODY_BYTES = 64 * 1024
MAX_INFLATED_BYTES = 256 * 1024
# The output of a command, of which only the beginning is kept.
MAX_OUTPUT_BODY_BYTES = 1024 * 1024
_GZIP_WINDOW_BITS = 16 + zlib.MAX_WBITS


class UnreadableBody(ValueError):
    """The text says what is wrong with the body and quotes nothing of it. ``too_large``: it is over the cap."""

    def __init__(self, reason: str, *, too_large: bool = False) -> None:
        super().__init__(reason)
        self.too_large = too_large


def inflated(body: bytes, content_encoding: str, max_bytes: int = MAX_BODY_BYTES) -> bytes:
    """The body without its Content-Encoding: ``gzip`` (the official agent's default) or none. Raises UnreadableBody."""
    if len(body) > max_bytes:
        raise UnreadableBody(f"the body is over {max_bytes} bytes", too_large=True)
    encoding = content_encoding.strip().lower()
    if encoding in ("", "identity"):
        return body
    if encoding not in ("gzip", "x-gzip"):
        raise UnreadableBody("the only supported Content-Encoding is gzip")
    unpacker = zlib.decompressobj(wbits=_GZIP_WINDOW_BITS)
    try:
        # One byte more than allowed tells a body that is too large from one that just fits.
        data = unpacker.decompress(body, MAX_INFLATED_BYTES + 1)
    except zlib.error:
        raise UnreadableBody("the body is not gzip") from None
    if len(data) > MAX_INFLATED_BYTES:
        raise UnreadableBody(f"the body inflates to over {MAX_INFLATED_BYTES} bytes", too_large=True)
    if not unpacker.eof or unpacker.unused_data:
        raise UnreadableBody("the gzip stream is cut off or has something after it")
    return data


def json_object(text: str | bytes) -> Mapping[str, Any]:
    """A JSON object without NaN and Infinity, which no store takes. Raises UnreadableBody."""
    try:
        value = json.loads(text, parse_constant=_refuse)
        # Lone surrogates and integers of a thousand digits are JSON, but nothing that can be kept.
        json.dumps(value, ensure_ascii=False).encode("utf-8")
    except (ValueError, RecursionError):
        raise UnreadableBody("the body is not valid JSON") from None
    if not isinstance(value, dict):
        raise UnreadableBody("the body is not a JSON object")
    return value


def _refuse(name: str) -> NoReturn:
    raise ValueError(name)
