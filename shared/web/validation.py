"""From pydantic's verdict to an error answer that names each field, without repeating what was sent."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from shared.web.errors import ApiError, FieldProblem

MAX_PROBLEMS_SHOWN = 20

Model = TypeVar("Model", bound=BaseModel)


def validated(model: type[Model], data: Mapping[str, Any]) -> Model:
    """The data as an instance of the model. Raises ApiError (400) naming every field that does not fit."""
    try:
        return model.model_validate(data)
    except ValidationError as error:
        raise api_error(error) from None


def api_error(error: ValidationError) -> ApiError:
    """MISSING_PARAMETER when all that is wrong is fields left out, else INVALID_PARAMETER."""
    problems = field_problems(error)
    code = "MISSING_PARAMETER" if all(problem.kind == "missing" for problem in problems) else "INVALID_PARAMETER"
    return ApiError(code, problems=problems[:MAX_PROBLEMS_SHOWN])


def field_problems(error: ValidationError) -> list[FieldProblem]:
    """Pydantic's errors in our terms. Inputs are left out: they may be secrets."""
    return [
        FieldProblem(
            field=".".join(str(step) for step in detail["loc"]),
            kind=detail["type"],
            context=detail.get("ctx", {}),
        )
        for detail in error.errors(include_url=False, include_input=False)
    ]
