"""``startDate`` and ``endDate`` of a query: days of the operator, both part of the period."""

from __future__ import annotations

import datetime as dt
import re

from shared.robots.statistics import Period
from shared.web.errors import ApiError, FieldProblem, invalid_parameter
from shared.web.parameters import query_text

_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}\Z")


def wanted_period() -> Period:
    """Raises ApiError (400) and PeriodInvalid."""
    return Period(_date("startDate"), _date("endDate"))


def _date(name: str) -> dt.date:
    text = query_text(name)
    if text is None:
        raise ApiError("MISSING_PARAMETER", problems=[FieldProblem(name, "missing")])
    try:
        if _DATE.match(text):
            return dt.date.fromisoformat(text)
    except ValueError:
        pass
    raise invalid_parameter(name, "date")
