"""Making answers fit into what carries them. Pure."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from typing import Any

# A WebSocket frame holds 128 KB; the rest is room for what is around a result.
MAX_SOCKET_RESULT_BYTES = 127 * 1024


def encoded_bytes(value: Any) -> int:
    """The size as compact JSON in UTF-8."""
    return len(json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode())


def as_many_as_fit(shown: Mapping[str, Any], first: Collection[str], max_bytes: int) -> dict[str, Any]:
    """Entries of an object, those named ``first`` before the others, each kind in its order, as long as they fit."""
    kept: dict[str, Any] = {}
    used = 2  # the braces
    for name in sorted(shown, key=lambda name: name not in first):  # stable: the order within stays
        used += encoded_bytes({name: shown[name]})
        if used > max_bytes:
            break
        kept[name] = shown[name]
    return kept
