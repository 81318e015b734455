"""How an API contract words its errors. One envelope per contract; the relay's is here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from shared.web.catalogue import Catalogue
from shared.web.errors import ApiError, FieldProblem
from shared.web.language import Language


@dataclass(frozen=True, slots=True)
class ErrorAnswer:
    """An error ready to send."""

    status: int
    body: Mapping[str, Any]
    headers: Mapping[str, str] = field(default_factory=dict)


class Envelope(Protocol):
    """Turns an error into the body a contract prescribes."""

    def answer(self, error: ApiError, language: Language, timestamp: str) -> ErrorAnswer:
        """``timestamp`` is the moment of the answer in the form the contract shows."""


def problem_clause(problem: FieldProblem, catalogue: Catalogue, language: Language) -> str:
    """What is wrong, behind the field it is about, if it is about one."""
    return f"{problem.field} {catalogue.problem(problem, language)}".strip()


def error_params(error: ApiError, catalogue: Catalogue, language: Language) -> dict[str, Any]:
    """What the error's texts are filled with: ``problem`` is the first of its problems."""
    params = dict(error.params)
    if error.problems:
        params.setdefault("problem", problem_clause(error.problems[0], catalogue, language))
    return params


def field_errors(error: ApiError, catalogue: Catalogue, language: Language) -> list[dict[str, Any]]:
    """``{field, reason, message}`` of each problem; none unless one of them is about a field."""
    if not any(problem.field for problem in error.problems):
        return []
    return [
        {"field": problem.field, "reason": problem.kind, "message": catalogue.problem(problem, language)}
        for problem in error.problems
    ]


class RelayEnvelope:
    """``{success:false, error_code, error_message, solution, timestamp}``.

    An error about fields also carries ``field`` (the first) and ``errors``, one ``{field, reason, message}`` each.
    """

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue

    def answer(self, error: ApiError, language: Language, timestamp: str) -> ErrorAnswer:
        text = self._catalogue.error(error.code)
        params = error_params(error, self._catalogue, language)
        body: dict[str, Any] = {
            "success": False,
            "error_code": error.code,
            "error_message": text.message.fill(language, params),
            "solution": text.solution.fill(language, params),
            "timestamp": timestamp,
        }
        if errors := field_errors(error, self._catalogue, language):
            body |= {"field": error.problems[0].field, "errors": errors}
        body.update(error.extra)
        return ErrorAnswer(error.status or text.status, body, error.headers)


class CodeEnvelope:
    """``{code, message, data}`` of the robots contract: ``code`` is the HTTP status, ``data`` null unless the error has
    fields of its own. What to do about it stands behind the message."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue

    def answer(self, error: ApiError, language: Language, timestamp: str) -> ErrorAnswer:
        text = self._catalogue.error(error.code)
        params = dict(error.params)
        if error.problems:
            params.setdefault("problem", self._clauses(error.problems, language))
        status = error.status or text.status
        sentences = (text.message.fill(language, params), text.solution.fill(language, params))
        message = ("；" if language == "zh" else "; ").join(filter(None, sentences))
        return ErrorAnswer(status, {"code": status, "message": message, "data": error.extra or None}, error.headers)

    def _clauses(self, problems: Sequence[FieldProblem], language: Language) -> str:
        worded = (problem_clause(problem, self._catalogue, language) for problem in problems)
        return ("、" if language == "zh" else ", ").join(worded)
