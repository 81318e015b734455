"""What the runner and its sandboxes say to each other: JSON documents over a socket pair, each behind its length."""

from __future__ import annotations

import json
import struct
from typing import Any, Final

HEADER: Final = struct.Struct(">I")


class Unmarshallable(Exception):
    """Neither an event nor a result that Lambda could carry."""


def to_frame(document: Any) -> bytes:
    """Raises Unmarshallable for what JSON does not know."""
    try:
        body = json.dumps(document, separators=(",", ":")).encode()
    except (TypeError, ValueError, RecursionError) as error:
        raise Unmarshallable(type(error).__name__) from None
    return HEADER.pack(len(body)) + body
