"""ANY /api/v1/{proxy+}: content-platform accounts, their logins and pools (API Gateway HTTP API, payload 2.0)."""

from __future__ import annotations

import os
import threading
from typing import Any

from shared import accounts_composition
from shared.aws.logging import function_logger
from shared.web.lambda_bridge import LambdaHandler, lambda_handler

function_logger("accounts_api")

_building = threading.Lock()
_built: list[LambdaHandler] = []


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Answer one request. Safe to call from several threads at once."""
    return _application()(event, context)


def _application() -> LambdaHandler:
    with _building:
        if not _built:
            _built.append(lambda_handler(accounts_composition.accounts_api()))
        return _built[0]


if "AWS_LAMBDA_INITIALIZATION_TYPE" in os.environ:  # in Lambda, build before the first request, not in it
    _application()
