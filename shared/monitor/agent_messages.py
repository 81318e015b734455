"""What passes between a node's agent and the server besides reports, in the words of protocol v1 and v2 alike."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

# What the reference server's task list can hold; also what a DynamoDB key of fixed width can.
_MAX_TASK_ID = 2**53 - 1
_MAX_PING_MILLISECONDS = 3_600_000
LOST = -1


class UnusableMessage(ValueError):
    """A known field is missing or out of its range. The text names the field, its place and what is expected."""


@dataclass(frozen=True, slots=True)
class PingOrder:
    """One ping that a node is to make now. ``round_number`` counts the task's intervals since the epoch."""

    task_id: int
    ping_type: str
    target: str
    round_number: int

    def fields(self) -> dict[str, Any]:
        return {"ping_task_id": self.task_id, "ping_type": self.ping_type, "ping_target": self.target}

    def message(self) -> dict[str, Any]:
        """As protocol v1 pushes it over a socket."""
        return {"message": "ping", **self.fields()}


@dataclass(frozen=True, slots=True)
class PingResult:
    """``value_ms`` is in whole milliseconds, -1 for lost. An agent's own clock is not kept: the C agent sends Unix
    seconds where the others send RFC 3339, and a wrong clock would put the record where nobody looks for it."""

    task_id: int
    value_ms: int


def read_ping_result(fields: Mapping[str, Any]) -> PingResult:
    """``{"task_id", "value", …}``; unknown fields are ignored. Raises UnusableMessage."""
    task_id = _whole_number(fields, "task_id")
    if not 1 <= task_id <= _MAX_TASK_ID:
        raise UnusableMessage("task_id must be a positive integer")
    value = _whole_number(fields, "value")
    if value > _MAX_PING_MILLISECONDS:
        raise UnusableMessage(f"value must be at most {_MAX_PING_MILLISECONDS} milliseconds")
    return PingResult(task_id, value if value >= 0 else LOST)


def is_ping_result(message: Mapping[str, Any]) -> bool:
    """Whether a message of a v1 socket is one; a report has no type, or "report"."""
    return message.get("type") == "ping_result"


def _whole_number(fields: Mapping[str, Any], name: str) -> int:
    value = fields.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise UnusableMessage(f"{name} must be a number")
    return round(value)
