"""The platforms' queues by name."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from shared.aws.queues import SqsQueue
from shared.relay.queue_messages import Outgoing


class SqsPlatformQueues:
    """Implements shared.relay.routing_ports.PlatformQueues."""

    def __init__(self, queue_of: Callable[[str], SqsQueue]) -> None:
        self._queue_of = queue_of

    def send(self, platform: str, messages: Sequence[Outgoing]) -> None:
        """Raises EnqueueFailed."""
        self._queue_of(platform).send(messages)
