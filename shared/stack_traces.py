"""Where an exception came from, for the log, without what it says."""

from __future__ import annotations

import traceback
from typing import Any


def stack_of(error: BaseException) -> list[str]:
    """``file:line function`` of every frame, outermost first. An exception's text is left out on purpose: that of a
    library can quote a URL with a token in it, that of a parser somebody's message."""
    return [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in traceback.extract_tb(error.__traceback__)]


def failure_fields(error: BaseException, **fields: Any) -> dict[str, Any]:
    """``extra`` for a log entry about ``error``: its type and where it came from, with ``fields``."""
    return {"exception": type(error).__qualname__, "stack": stack_of(error), **fields}
