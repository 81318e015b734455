"""What travels through the tasks queue. Standard library only."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol


class TaskQueueUnavailable(Exception):
    """The queue did not take the task. ``detail`` holds no secret."""

    def __init__(self, detail: str) -> None:
        super().__init__(detail)
        self.detail = detail


@dataclass(frozen=True, slots=True)
class TaskOrder:
    """``kind`` names who does it (``logs.clear``), ``payload`` is theirs: small, JSON, without secrets."""

    kind: str
    payload: Mapping[str, Any] = field(default_factory=dict)

    def to_body(self) -> str:
        return json.dumps({"v": 1, "kind": self.kind, "payload": dict(self.payload)}, separators=(",", ":"))

    @classmethod
    def from_body(cls, body: str) -> TaskOrder:
        """Raises ValueError, KeyError or TypeError for a body this version did not write."""
        stored = json.loads(body)
        payload = stored["payload"]
        if not isinstance(payload, dict):
            raise TypeError("the payload is no object")
        return cls(str(stored["kind"]), payload)


class TaskQueue(Protocol):
    def order(self, task: TaskOrder, *, delay_seconds: int = 0) -> None:
        """Have the task done, at least once, after the delay (at most 900). Raises TaskQueueUnavailable."""
