"""$connect, $default and $disconnect of the WebSocket API."""

from __future__ import annotations

from typing import Any

from shared import composition
from shared.aws.logging import function_logger

function_logger("websocket")


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    return composition.socket_gateway().handle(event)
