"""SQS push.fifo: sends what was ordered to everyone who listens."""

from __future__ import annotations

from typing import Any

from shared import composition
from shared.aws.logging import function_logger

function_logger("push")


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    return composition.push_orders().process(event)
