"""The robots' HTTP API: /api/user, /api/robot, /api/robots, /api/robot-ids and the robots' part of /api/admin
(API Gateway HTTP API, payload 2.0)."""

from __future__ import annotations

import os
import threading
from typing import Any

from shared import robots_composition
from shared.aws.logging import function_logger
from shared.web.lambda_bridge import LambdaHandler

function_logger("robots_api")

_building = threading.Lock()
_built: list[LambdaHandler] = []


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Answer one request. Safe to call from several threads at once."""
    return _application()(event, context)


def _application() -> LambdaHandler:
    with _building:
        if not _built:
            _built.append(robots_composition.robots_api_handler())
        return _built[0]


if "AWS_LAMBDA_INITIALIZATION_TYPE" in os.environ:  # in Lambda, build before the first request, not in it
    _application()
