"""A message as it goes over the wire: compact JSON in UTF-8, never larger than API Gateway takes."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator, Mapping
from typing import Any, TypeAlias

# https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-execution-service-websocket-limits-table.html
MAX_FRAME_BYTES = 128 * 1024
_CUT_MARK = "…"
_CUT_MARK_BYTES = len(_CUT_MARK.encode())

# Where a text is: the object or list that holds it, and its key in there.
_Place: TypeAlias = tuple[Any, Any]


def encode_frame(message: Mapping[str, Any], max_bytes: int = MAX_FRAME_BYTES) -> bytes:
    """The message as JSON. Its longest texts are cut until it fits, and ``truncated`` is set to say so.

    Raises:
        ValueError: it holds a number that JSON does not have (NaN, Infinity)
        TypeError: it holds something that is no JSON value
    """
    frame = _encode(message)
    if len(frame) <= max_bytes:
        return frame
    shortened: dict[str, Any] = copy.deepcopy(dict(message))
    shortened["truncated"] = True
    frame = _encode(shortened)
    for place in sorted(_texts(shortened), key=_text_bytes, reverse=True):
        if len(frame) <= max_bytes:
            return frame
        _shorten(place, by_bytes=len(frame) - max_bytes)
        frame = _encode(shortened)
    if len(frame) <= max_bytes:
        return frame
    # Thousands of keys or numbers: nothing of it can be shown, but the client learns that there was something.
    return _encode({"type": str(message.get("type", ""))[:100], "truncated": True})


def _encode(message: Mapping[str, Any]) -> bytes:
    text = json.dumps(message, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return text.encode("utf-8", "replace")  # half a surrogate pair becomes a question mark


def _texts(value: Any) -> Iterator[_Place]:
    """The place of every text below ``value``, except the message's own type."""
    pending = [value]
    while pending:
        holder = pending.pop()
        for key, held in list(holder.items() if isinstance(holder, dict) else enumerate(holder)):
            if isinstance(held, str) and not (holder is value and key == "type"):
                yield holder, key
            elif isinstance(held, (dict, list)):
                pending.append(held)


def _text_bytes(place: _Place) -> int:
    holder, key = place
    return len(holder[key].encode("utf-8", "replace"))


def _shorten(place: _Place, *, by_bytes: int) -> None:
    """Every byte taken off a text takes at least one off its JSON, where it may be written as an escape."""
    holder, key = place
    text = holder[key].encode("utf-8", "replace")
    kept = max(0, len(text) - by_bytes - _CUT_MARK_BYTES)
    holder[key] = text[:kept].decode("utf-8", "ignore") + _CUT_MARK
