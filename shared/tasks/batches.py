"""A batch of tasks from the tasks queue.

Every task may be done more than once (a standard queue delivers at least once) and side by side with itself: who does
it makes that harmless. A task that failed comes back later and later; after a hundred times it is a dead letter.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from typing import Any, Protocol

from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType

from shared.stack_traces import failure_fields
from shared.tasks.handlers import SecondsLeft, TaskHandler
from shared.tasks.orders import TaskOrder, TaskQueue

logger = logging.getLogger("kook_relay.tasks")

FIRST_RETRY_SECONDS = 5
LAST_RETRY_SECONDS = 900
# Left for handing over what is not finished.
RESERVE_SECONDS = 5.0


class Retries(Protocol):
    """The queue a batch came from."""

    def set_visibility(self, receipt_handle: str, seconds: int) -> None: ...


class TaskBatches:
    def __init__(self, handlers: Mapping[str, TaskHandler], queue: TaskQueue, retries: Retries) -> None:
        self._handlers = dict(handlers)
        self._queue = queue
        self._retries = retries

    def process(self, event: Mapping[str, Any], remaining_ms: Callable[[], int]) -> dict[str, list[dict[str, str]]]:
        """Carry out an SQS event's tasks; SQS's partial batch response.

        ``remaining_ms`` is the Lambda context's get_remaining_time_in_millis.
        """

        def handle_record(record: Any) -> None:
            try:
                self._do(TaskOrder.from_body(record.body), lambda: remaining_ms() / 1000 - RESERVE_SECONDS)
            except Exception as error:
                logger.error("task failed", extra=failure_fields(error, sqs_message_id=record.message_id))
                self._put_off(record, error)
                raise

        processor = BatchProcessor(event_type=EventType.SQS, raise_on_entire_batch_failure=False)
        with processor(list(event["Records"]), handle_record):
            processor.process()
        failures = processor.response()["batchItemFailures"]
        return {"batchItemFailures": [{"itemIdentifier": str(item["itemIdentifier"])} for item in failures]}

    def _do(self, order: TaskOrder, seconds_left: SecondsLeft) -> None:
        handler = self._handlers.get(order.kind)
        if handler is None:
            raise LookupError(f"no task of kind {order.kind!r}")
        continued = handler(order.payload, seconds_left)
        if continued is not None:
            # Ordered before this one is deleted: killed in between, the task is done twice, never not at all.
            self._queue.order(continued.order, delay_seconds=continued.delay_seconds)

    def _put_off(self, record: Any, failure: Exception) -> None:
        receives = int(record.attributes.approximate_receive_count or 1)
        seconds = min(LAST_RETRY_SECONDS, FIRST_RETRY_SECONDS * 2 ** min(receives - 1, 10))
        try:
            self._retries.set_visibility(record.receipt_handle, seconds)
        except Exception as error:  # noqa: BLE001 - the queue's own visibility timeout brings it back
            fields = failure_fields(error, failure=type(failure).__name__)
            logger.error("could not set a visibility", extra=fields)
