"""SQS events.fifo: finds the mappings of each KOOK event and queues its deliveries."""

from __future__ import annotations

from typing import Any

from shared import composition
from shared.aws.logging import function_logger

function_logger("route_event")


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    return composition.event_batches().process(event)
