"""SQS webhook.fifo: posts what waits for receivers of signed webhooks."""

from __future__ import annotations

from typing import Any

from shared import composition
from shared.aws.logging import function_logger

function_logger("deliver_webhook")


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    return composition.order_batches("webhook").process(event, context.get_remaining_time_in_millis)
