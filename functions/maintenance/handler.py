"""Every minute: what nobody else would notice is overdue. An event may name the ``chores`` it is for."""

from __future__ import annotations

from typing import Any

from shared import control_composition
from shared.aws.logging import function_logger

function_logger("maintenance")


def handler(event: dict[str, Any], context: Any) -> dict[str, int]:
    return control_composition.chores().run(event.get("chores"))
