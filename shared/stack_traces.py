"""Where an exception came from, for the log, without what it says."""

from __future__ import annotations

import traceback
from typing import Any


def stack_of(error: BaseException) -> list[str]:
    """``file:line function`` of every frame, outermost first. An exception's text is left out on purpose: that of a
    library can quote a URL with a token in it, that of a parser somebody's message."""
    return [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in traceback.extract_tb(error.__traceback__)]


def failure_fields(error: BaseException, **fields: Any) -> dict[str, Any]:
    """``extra`` for a log entry about ``error``: its type and where it came from, with ``fields``. For a refusal by AWS
    also which call it was and the error's code, such as ``AccessDeniedException``: neither quotes anything."""
    return {"exception": type(error).__qualname__, "stack": stack_of(error), **_aws_refusal(error), **fields}


def _aws_refusal(error: BaseException) -> dict[str, str]:
    response, operation = getattr(error, "response", None), getattr(error, "operation_name", None)
    if not isinstance(response, dict) or not isinstance(operation, str):
        return {}
    return {"aws_call": operation, "aws_error": str(response.get("Error", {}).get("Code", ""))}
