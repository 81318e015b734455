"""What does a task, in its time.

Apart from the batches, whose library costs an HTTP function's cold start and does nothing for it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol, TypeAlias

from shared.tasks.orders import TaskOrder

SecondsLeft: TypeAlias = Callable[[], float]


@dataclass(frozen=True, slots=True)
class Continued:
    """The time was up: this is what is left to do."""

    order: TaskOrder
    delay_seconds: int = 0


class TaskHandler(Protocol):
    def __call__(self, payload: Mapping[str, Any], seconds_left: SecondsLeft) -> Continued | None:
        """Do the task, or as much of it as the seconds allow. Raises for another try later; ValueError or KeyError of
        a payload that can never be done is a failure like any other and ends in the dead letters."""
