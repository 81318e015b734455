"""ANY /api/v1/{proxy+}: content-platform accounts, their logins and pools (API Gateway HTTP API, payload 2.0)."""

from __future__ import annotations

from typing import Any

from shared import accounts_composition
from shared.aws.logging import function_logger
from shared.cold_start import built_at_start
from shared.web.lambda_bridge import lambda_handler

function_logger("accounts_api")

_application = built_at_start(lambda: lambda_handler(accounts_composition.accounts_api()))


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Answer one request. Safe to call from several threads at once."""
    return _application()(event, context)
