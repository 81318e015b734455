"""A batch of KOOK events from the events queue."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from shared.aws.batches import Defer, Quarantine, Queue, process_fifo_batch
from shared.relay.account_activity import AccountActivity
from shared.relay.queue_messages import IncomingEvent
from shared.relay.routing import ChannelHeld, RouteEvents, UnroutableEvent

logger = logging.getLogger("kook_relay.routing")

# A hold mostly ends long before its time: how soon a held event looks again.
_HELD_LOOK_SECONDS = 3.0


@dataclass(frozen=True, slots=True)
class EventBatches:
    """What the routing function needs: the use cases and the queue it serves."""

    events: RouteEvents
    activity: AccountActivity
    queue: Queue

    def process(self, event: Mapping[str, Any]) -> dict[str, list[dict[str, str]]]:
        """Route an SQS event's KOOK events; SQS's partial batch response."""

        def handle(body: str) -> None:
            try:
                incoming = IncomingEvent.from_body(body)
            except (ValueError, KeyError, TypeError) as error:
                raise Quarantine("not a KOOK event") from error
            try:
                routing = self.events.route(incoming)
            except UnroutableEvent as error:
                raise Quarantine(str(error)) from error
            except ChannelHeld as held:
                raise Defer(min(held.seconds, _HELD_LOOK_SECONDS)) from None
            self.activity.seen(incoming.account_id, incoming.received_at_ms)
            logger.info(
                "routed" if not routing.dropped else "dropped",
                extra={
                    "event_id": incoming.event_id,
                    "account_id": incoming.account_id,
                    "reason": routing.dropped,
                    "queued": routing.queued,
                    "failed": routing.failed,
                    "filtered": routing.filtered,
                },
            )

        return process_fifo_batch(event, handle, self.queue)
