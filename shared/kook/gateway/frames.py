"""Frames of KOOK's gateway: ``{"s": signal, "d": data, "sn": number}`` (KOOK's WebSocket documentation).

What the server sends comes as a zlib stream in a binary message when the connection was made with ``compress=1``, else
as text; both are read. What the client sends is never compressed. A frame can hold the console's secrets beside ``d``
(``extra``): frames have no repr, and nobody logs them.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

from shared.kook.codec import read_json_object

_MAX_SAFE_INTEGER = 2**53


class Signal(IntEnum):
    """The documented values of ``s``. 2 and 4 go to the server, the others come from it."""

    EVENT = 0
    HELLO = 1
    PING = 2
    PONG = 3
    RESUME = 4
    RECONNECT = 5
    RESUMED = 6


@dataclass(frozen=True, slots=True, repr=False)
class GatewayFrame:
    """One frame from the server, read leniently.

    ``signal`` and ``sn`` are None where they are missing or no whole number, ``data`` where ``d`` is no object.
    ``size_bytes`` is the size of the JSON as it travelled.
    """

    signal: int | None
    data: Mapping[str, Any] | None
    sn: int | None
    received_at_ms: int
    size_bytes: int

    @property
    def code(self) -> int:
        """``d.code``, 0 where there is none."""
        return _whole_number((self.data or {}).get("code")) or 0

    @property
    def session_id(self) -> str:
        """``d.session_id`` or, as part of the documentation spells it, ``d.sessionId``; "" where there is none."""
        data = self.data or {}
        found = data.get("session_id") or data.get("sessionId")
        return found if isinstance(found, str) else ""


def read_frame(message: bytes | str, received_at_ms: int) -> GatewayFrame:
    """A message of the gateway, inflated within bounds where it is compressed.

    Raises:
        shared.kook.codec.Malformed, shared.kook.codec.Oversized
    """
    raw = message.encode("utf-8", "surrogatepass") if isinstance(message, str) else message
    parsed = read_json_object(raw)
    data = parsed.get("d")
    sn = _whole_number(parsed.get("sn"))
    return GatewayFrame(
        signal=_whole_number(parsed.get("s")),
        data=data if isinstance(data, dict) else None,
        sn=sn if sn is not None and sn > 0 else None,
        received_at_ms=received_at_ms,
        size_bytes=len(raw),
    )


def ping(sn: int) -> str:
    """The heartbeat; ``sn`` is the highest processed one, 0 for none."""
    return json.dumps({"s": int(Signal.PING), "sn": sn}, separators=(",", ":"))


def resend_after(sn: int) -> str:
    """Asks, on a connection that stands, for every event after ``sn``."""
    return json.dumps({"s": int(Signal.RESUME), "sn": sn}, separators=(",", ":"))


def _whole_number(value: Any) -> int | None:
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) <= 16:
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < _MAX_SAFE_INTEGER:
        return None
    return value
