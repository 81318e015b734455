"""The base of every pynamodb model: names are bound at composition, not at import."""

from __future__ import annotations

from typing import Any

from pynamodb.models import Model


def bind(model: type[Model], table_name: str) -> None:
    """Point a model (and its indexes) at a table. Called once per process by the composition root.

    Endpoint, region and credentials come from botocore's own environment variables, so the same code talks to AWS
    and to the embedded engines.
    """
    meta: Any = model.Meta
    meta.table_name = table_name
    model._connection = None


def is_conditional_failure(error: Any) -> bool:
    """Whether a pynamodb error says that the write's own condition did not hold."""
    return getattr(error, "cause_response_code", None) == "ConditionalCheckFailedException"
