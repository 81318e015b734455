"""What a view raises to answer with an error. The words and the HTTP status come from the catalogue, by code."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any


@dataclasses.dataclass(frozen=True, slots=True)
class FieldProblem:
    """What is wrong with one field of the request.

    ``field`` is a dotted path (``mappings.3.target_bot_id``), "" for the whole body. ``kind`` is looked up in the
    catalogue of field problems; ``context`` fills its placeholders and never holds the value that was sent.
    """

    field: str
    kind: str
    context: Mapping[str, Any] = dataclasses.field(default_factory=dict)


class ApiError(Exception):
    """An error answer: a catalogue ``code``, what fills its text, and fields or headers to add to the answer."""

    def __init__(
        self,
        code: str,
        params: Mapping[str, Any] | None = None,
        *,
        problems: Sequence[FieldProblem] = (),
        extra: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
        status: int | None = None,
    ) -> None:
        super().__init__(code)
        self.code = code
        self.params = dict(params or {})
        self.problems = tuple(problems)
        self.extra = dict(extra or {})
        self.headers = dict(headers or {})
        self.status = status


def invalid_parameter(field_name: str, kind: str, **context: Any) -> ApiError:
    """A 400 that names one field and what is wrong with it."""
    return ApiError("INVALID_PARAMETER", problems=[FieldProblem(field_name, kind, context)])
