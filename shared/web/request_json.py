"""Reading a JSON object from a request body."""

from __future__ import annotations

import json
from typing import Any, NoReturn

from flask import request

from shared.web.errors import ApiError, FieldProblem


def json_object(*, optional: bool = False) -> dict[str, Any]:
    """The current request's body. With ``optional`` an empty body counts as ``{}``.

    Any Content-Type is taken: the parameters are JSON whatever the header claims. Raises ApiError (400, 413).
    """
    raw = request.get_data(cache=True)
    if optional and not raw.strip():
        return {}
    return parse_json_object(raw)


def parse_json_object(raw: bytes) -> dict[str, Any]:
    """Strict RFC 8259 JSON in UTF-8, an object at the top. Raises ApiError (400)."""
    if not raw.strip():
        raise ApiError("BODY_MISSING")
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise _not_json("json_encoding") from None
    try:
        value = json.loads(text, parse_constant=_refuse_constant)
    except json.JSONDecodeError as error:
        raise _not_json("json_syntax", line=error.lineno, column=error.colno) from None
    except RecursionError:
        raise _not_json("json_depth") from None
    except ValueError:  # an integer of thousands of digits, NaN or Infinity
        raise _not_json("json_number") from None
    if not isinstance(value, dict):
        raise ApiError("BODY_NOT_OBJECT", {"found": _json_type(value)})
    if "\\ud" in text.lower():
        _refuse_lone_surrogates(value)
    return value


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(name)


def _refuse_lone_surrogates(value: dict[str, Any]) -> None:
    """``"\\ud800"`` is JSON but no text: no store and no platform would take it."""
    try:
        json.dumps(value, ensure_ascii=False).encode("utf-8")
    except UnicodeEncodeError:
        raise _not_json("json_surrogate") from None
    except RecursionError:
        raise _not_json("json_depth") from None


def _not_json(kind: str, **context: int) -> ApiError:
    return ApiError("BODY_NOT_JSON", problems=[FieldProblem("", kind, context)])


def _json_type(value: object) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "boolean"
    return {list: "array", str: "string", int: "number", float: "number"}.get(type(value), "value")
