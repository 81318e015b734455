"""SQS wecom.fifo: hands what waits for WeCom groups to their robots."""

from __future__ import annotations

from typing import Any

from shared import composition
from shared.aws.logging import function_logger

function_logger("deliver_wecom")


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    return composition.order_batches("wecom").process(event, context.get_remaining_time_in_millis)
