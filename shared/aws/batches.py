"""SQS FIFO batches: one record after another, deferring by visibility, reporting failures one by one.

Powertools' processor keeps the order within a group: once a record of a group fails, the later ones of that group in
the batch are failed unseen. What it does not do is say *when* they come back, so their visibility is set here: equal
to the deferred one's, or else the next message of a group would overtake the one that waits.
"""

from __future__ import annotations

import functools
import logging
import math
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Protocol

from shared.stack_traces import failure_fields

logger = logging.getLogger("kook_relay.batches")

# The embedded queue engine loses a message whose visibility is set to 0, and SQS counts in whole seconds.
MIN_VISIBILITY_SECONDS = 1
# SQS refuses more than 12 hours, and counts them from the receive: what a function can have spent since then is off.
MAX_VISIBILITY_SECONDS = 43_200 - 900
_FIRST_ERROR_VISIBILITY_SECONDS = 5.0
# Receives are counted by the queue, which has a bound: an outage of our own must not use them up within minutes.
_MAX_ERROR_VISIBILITY_SECONDS = 120.0
_PAUSES_SECONDS = (0.5, 1.0, 2.0)


class Defer(Exception):
    """Raised by a record handler: this record and its group come back in ``seconds``."""

    def __init__(self, seconds: float) -> None:
        super().__init__(f"deferred for {seconds:.1f} s")
        self.seconds = seconds


class Quarantine(Exception):
    """Raised by a record handler: this record can never be handled; put it aside and go on with its neighbours."""


class Queue(Protocol):
    """The queue a batch came from."""

    def set_visibility(self, receipt_handle: str, seconds: int) -> None: ...

    def put_aside(self, body: str, group: str, message_id: str) -> None:
        """Move a record to the dead-letter queue. Raises when that fails: the record then stays where it is."""


def process_fifo_batch(
    event: Mapping[str, Any],
    handle: Callable[[str], None],
    queue: Queue,
    pause: Callable[[float], None] = time.sleep,
    groups_at_once: int = 1,
) -> dict[str, list[dict[str, str]]]:
    """Handle each record's body in order; answer with SQS's partial batch response.

    ``handle`` returns when the record is finished with, raises Defer to have it back later and Quarantine to have it
    put aside; any other exception is logged and the record comes back: after a few seconds the first time, later
    after up to two minutes. With ``groups_at_once`` above 1, ``handle`` is called from as many threads: one group that
    takes its time does not hold up the others of the batch.
    """
    groups: dict[str, list[Any]] = {}
    for record in event["Records"]:
        groups.setdefault(record.get("attributes", {}).get("MessageGroupId", ""), []).append(record)
    if groups_at_once > 1 and len(groups) > 1:
        with ThreadPoolExecutor(min(groups_at_once, len(groups))) as threads:
            answers = list(
                threads.map(lambda records: _process({"Records": records}, handle, queue, pause), groups.values())
            )
        return {"batchItemFailures": [failure for answer in answers for failure in answer["batchItemFailures"]]}
    return _process(event, handle, queue, pause)


def _process(
    event: Mapping[str, Any],
    handle: Callable[[str], None],
    queue: Queue,
    pause: Callable[[float], None],
) -> dict[str, list[dict[str, str]]]:
    # Imported here: what only sends to a queue uses this module too, and the library costs a cold start.
    from aws_lambda_powertools.utilities.batch import SqsFifoPartialProcessor

    deferrals: dict[str, float] = {}

    def handle_record(record: Any) -> None:
        group = record.attributes.message_group_id or ""
        try:
            handle(record.body)
        except Defer as defer:
            deferrals[group] = defer.seconds
            raise
        except Quarantine as quarantine:
            logger.error("record put aside", extra={"reason": str(quarantine), "sqs_message_id": record.message_id})
            queue.put_aside(record.body, group, record.message_id)
        except Exception as error:
            logger.error("record failed", extra=failure_fields(error, sqs_message_id=record.message_id))
            deferrals[group] = _error_visibility_seconds(record.attributes.approximate_receive_count)
            raise

    processor = SqsFifoPartialProcessor(skip_group_on_error=True)
    processor.raise_on_entire_batch_failure = False
    with processor(list(event["Records"]), handle_record):
        processor.process()
    response = processor.response()
    _hide_failed(event, response, deferrals, queue, pause)
    failures = [{"itemIdentifier": str(item["itemIdentifier"])} for item in response["batchItemFailures"]]
    return {"batchItemFailures": failures}


def _error_visibility_seconds(receive_count: str | None) -> float:
    receives = int(receive_count) if receive_count and receive_count.isdecimal() else 1
    return min(_FIRST_ERROR_VISIBILITY_SECONDS * 2.0 ** min(max(receives - 1, 0), 10), _MAX_ERROR_VISIBILITY_SECONDS)


def _hide_failed(
    event: Mapping[str, Any],
    response: Mapping[str, Any],
    deferrals: Mapping[str, float],
    queue: Queue,
    pause: Callable[[float], None],
) -> None:
    failed = {item["itemIdentifier"] for item in response["batchItemFailures"]}
    # The only pauses there are in a batch, some seconds in all: a queue that is being restarted is back by then, while
    # the visibility timeout of its own would hold the group back for minutes.
    pauses = iter([functools.partial(pause, seconds) for seconds in _PAUSES_SECONDS])
    # Last first: were this cut short, no later record could come back before an earlier one.
    for record in reversed(event["Records"]):
        if record["messageId"] not in failed:
            continue
        group = record.get("attributes", {}).get("MessageGroupId", "")
        seconds = math.ceil(deferrals.get(group, _FIRST_ERROR_VISIBILITY_SECONDS))
        seconds = min(max(seconds, MIN_VISIBILITY_SECONDS), MAX_VISIBILITY_SECONDS)
        _hide(record, seconds, queue, pauses)


def _hide(record: Mapping[str, Any], seconds: int, queue: Queue, pauses: Iterator[Callable[[], None]]) -> None:
    while True:
        try:
            queue.set_visibility(record["receiptHandle"], seconds)
        except Exception as error:  # noqa: BLE001 - the queue's own visibility timeout brings it back
            wait = next(pauses, None)
            if wait is None:
                # Later than wanted, never sooner.
                fields = failure_fields(error, sqs_message_id=record["messageId"])
                logger.error("could not set a visibility", extra=fields)
                return
            logger.warning("visibility not set, trying again", extra={"exception": type(error).__name__})
            wait()
        else:
            return
