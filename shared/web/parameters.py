"""Path and query parameters, checked. Every refusal is a 400 that names the parameter."""

from __future__ import annotations

import re
from collections.abc import Collection

from flask import request

from shared.web.errors import ApiError, invalid_parameter

_INTEGER = re.compile(r"[+-]?[0-9]{1,18}\Z")
MAX_ID = 2**53 - 1  # what a JSON number carries exactly
MAX_QUERY_TEXT_CHARACTERS = 200


def path_id(name: str, text: str) -> int:
    """A record's id in a path. What is no integer is a malformed parameter (400), not a missing record."""
    if not _INTEGER.match(text):
        raise invalid_parameter(name, "int_type")
    value = int(text)
    if not 1 <= value <= MAX_ID:
        raise invalid_parameter(name, "out_of_range", minimum=1, maximum=MAX_ID)
    return value


def query_text(name: str, *, max_length: int = MAX_QUERY_TEXT_CHARACTERS) -> str | None:
    """A query parameter; absent and empty are the same."""
    value = request.args.get(name, "").strip()
    if len(value) > max_length:
        raise invalid_parameter(name, "string_too_long", max_length=max_length)
    return value or None


def query_integer(name: str, *, minimum: int, maximum: int) -> int | None:
    """A query parameter within a range, None when absent."""
    text = query_text(name)
    if text is None:
        return None
    if not _INTEGER.match(text):
        raise invalid_parameter(name, "int_type")
    value = int(text)
    if not minimum <= value <= maximum:
        raise invalid_parameter(name, "out_of_range", minimum=minimum, maximum=maximum)
    return value


def query_choice(name: str, choices: Collection[str]) -> str | None:
    """One of a fixed set, None when absent."""
    value = query_text(name)
    if value is not None and value not in choices:
        raise invalid_parameter(name, "choice", expected=", ".join(choices))
    return value


def exclusive(first: str, second: str) -> ApiError:
    """For two query parameters that cannot be given together."""
    return invalid_parameter(first, "exclusive", other=second)
