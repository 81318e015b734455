"""SQS tasks queue: work that takes longer than a request may."""

from __future__ import annotations

from typing import Any

from shared import control_composition
from shared.aws.logging import function_logger

function_logger("run_task")


def handler(event: dict[str, Any], context: Any) -> dict[str, list[dict[str, str]]]:
    return control_composition.task_batches().process(event, context.get_remaining_time_in_millis)
