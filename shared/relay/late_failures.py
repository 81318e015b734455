"""Messages that were delivered as far as their platform could say, and turned out not to have arrived.

A WeCom message counts as delivered when its robot took the command. When the command fails in the end, minutes or a day
later, the delivery's record is put right: failed, with the reason, and replayed from the part that is missing.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, Protocol, TypeAlias

from shared.relay.logs import LogRow
from shared.relay.part_references import PartReference
from shared.tasks.handlers import Continued, SecondsLeft
from shared.tasks.orders import TaskOrder

logger = logging.getLogger("kook_relay.delivering")

TASK_KIND = "relay.late_failure"
# A message of several parts may still be on its way when the first of them has failed.
LOOK_AGAIN_SECONDS = 30
MAX_LOOKS = 40

NoLateFailure: TypeAlias = Literal["still_pending", "nothing_to_change"]


@dataclass(frozen=True, slots=True)
class LateFailure:
    reference: PartReference
    error_code: str
    error_message: str


class LateFailureStore(Protocol):
    def fail(self, failure: LateFailure) -> LogRow | NoLateFailure:
        """Turn a successful delivery into a failed one: its record, counters and log at once. What the log shows then.

        Raises StoreUnavailable.
        """


def late_failure_order(reference: str, error_code: str, error_message: str, looks: int = 1) -> TaskOrder:
    """The task that puts a delivery right."""
    payload = {"reference": reference, "error_code": error_code, "error_message": error_message, "looks": looks}
    return TaskOrder(TASK_KIND, payload)


class LateFailures:
    """The task ``relay.late_failure``. ``announce`` shows a row to those who watch the live log, and never raises."""

    def __init__(self, store: LateFailureStore, announce: Callable[[LogRow], None]) -> None:
        self._store = store
        self._announce = announce

    def __call__(self, payload: Mapping[str, Any], seconds_left: SecondsLeft) -> Continued | None:
        reference, code, message = (str(payload[name]) for name in ("reference", "error_code", "error_message"))
        looks = int(payload["looks"])
        outcome = self._store.fail(LateFailure(PartReference.from_text(reference), code, message))
        if isinstance(outcome, LogRow):
            self._announce(outcome)
        elif outcome == "still_pending" and looks < MAX_LOOKS:
            return Continued(late_failure_order(reference, code, message, looks + 1), LOOK_AGAIN_SECONDS)
        elif outcome == "still_pending":
            logger.error("a part that failed late is not in its delivery's record", extra={"error_code": code})
        return None
