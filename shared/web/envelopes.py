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


class RelayEnvelope:
    """``{success:false, error_code, error_message, solution, timestamp}``.

    An error about fields also carries ``field`` (the first) and ``errors``, one ``{field, reason, message}`` each.
    """

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue

    def answer(self, error: ApiError, language: Language, timestamp: str) -> ErrorAnswer:
        text = self._catalogue.error(error.code)
        params = dict(error.params)
        if error.problems:
            params.setdefault("problem", self._clause(error.problems[0], language))
        body: dict[str, Any] = {
            "success": False,
            "error_code": error.code,
            "error_message": text.message.fill(language, params),
            "solution": text.solution.fill(language, params),
            "timestamp": timestamp,
        }
        if any(problem.field for problem in error.problems):
            body["field"] = error.problems[0].field
            body["errors"] = [
                {
                    "field": problem.field,
                    "reason": problem.kind,
                    "message": self._catalogue.problem(problem, language),
                }
                for problem in error.problems
            ]
        body.update(error.extra)
        return ErrorAnswer(error.status or text.status, body, error.headers)

    def _clause(self, problem: FieldProblem, language: Language) -> str:
        wording = self._catalogue.problem(problem, language)
        return f"{problem.field} {wording}" if problem.field else wording


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
        worded = (f"{problem.field} {self._catalogue.problem(problem, language)}".strip() for problem in problems)
        return ("、" if language == "zh" else ", ").join(worded)
