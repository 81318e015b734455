"""A batch of delivery orders from a platform's queue."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from shared.aws.batches import Defer, Quarantine, Queue, process_fifo_batch
from shared.platforms.pacing import Pacer
from shared.relay.delivering import DeliverMessages
from shared.relay.delivery_results import Deferred, DeliveryListener, NobodyListens
from shared.relay.queue_messages import DeliveryOrder

# As many as a batch can hold: one slow destination delays no other.
_DESTINATIONS_AT_ONCE = 10


@dataclass(frozen=True, slots=True)
class OrderBatches:
    """What a deliver function needs: the use case, the pacing of its platform, the queue it serves, and who wants to
    know what was delivered."""

    messages: DeliverMessages
    pacer: Pacer
    queue: Queue
    listener: DeliveryListener = field(default_factory=NobodyListens)

    def process(self, event: Mapping[str, Any], remaining_ms: Callable[[], int]) -> dict[str, list[dict[str, str]]]:
        """Carry out an SQS event's orders; SQS's partial batch response.

        ``remaining_ms`` is the Lambda context's get_remaining_time_in_millis.
        """
        with self.listener.batch(len(event["Records"])) as tell, self.pacer.batch() as pacing:

            def handle(body: str) -> None:
                try:
                    order = DeliveryOrder.from_body(body)
                except (ValueError, KeyError, TypeError) as error:
                    raise Quarantine("not a delivery order") from error
                result = self.messages.deliver(order, pacing, lambda: remaining_ms() / 1000)
                if isinstance(result, Deferred):
                    raise Defer(result.seconds)
                if result.ended is not None:
                    tell(result.ended)

            return process_fifo_batch(event, handle, self.queue, groups_at_once=_DESTINATIONS_AT_ONCE)
