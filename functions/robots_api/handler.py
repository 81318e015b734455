"""The robots' HTTP API: /api/user, /api/robot, /api/robots, /api/robot-ids and the robots' part of /api/admin
(API Gateway HTTP API, payload 2.0)."""

from __future__ import annotations

from typing import Any

from shared import robots_composition
from shared.aws.logging import function_logger
from shared.cold_start import built_at_start

function_logger("robots_api")

_application = built_at_start(robots_composition.robots_api_handler)


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Answer one request. Safe to call from several threads at once."""
    return _application()(event, context)
