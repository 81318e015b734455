"""How much waits in the queues. SQS's figures are approximate, and settle within a minute."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

_WAITING, _IN_FLIGHT, _DELAYED = (
    "ApproximateNumberOfMessages",
    "ApproximateNumberOfMessagesNotVisible",
    "ApproximateNumberOfMessagesDelayed",
)
_SIDE_BY_SIDE = 8


class QueuesUnavailable(Exception):
    """SQS did not say. ``detail`` holds no secret."""

    def __init__(self, detail: str) -> None:
        super().__init__(detail)
        self.detail = detail


@dataclass(frozen=True, slots=True)
class QueueUrls:
    """A queue and its dead letters. ``name`` is that of the platform, or ``events``."""

    name: str
    url: str
    dead_letters_url: str


@dataclass(frozen=True, slots=True)
class QueueDepth:
    """Messages: ready to be received, received and not finished, put off, and given up."""

    name: str
    waiting: int
    in_flight: int
    delayed: int
    dead_letters: int

    @property
    def size(self) -> int:
        return self.waiting + self.in_flight + self.delayed


class SqsQueueDepths:
    """``sqs`` makes or gives a low-level client, which is used from several threads."""

    def __init__(self, sqs: Callable[[], Any], queues: Sequence[QueueUrls]) -> None:
        self._sqs = sqs
        self._queues = tuple(queues)

    def depths(self) -> list[QueueDepth]:
        """All queues, in their order. Raises QueuesUnavailable."""
        urls = [url for queue in self._queues for url in (queue.url, queue.dead_letters_url)]
        if not urls:
            return []
        with ThreadPoolExecutor(_SIDE_BY_SIDE) as threads:
            counts = list(threads.map(self._counts, urls))
        pairs = zip(self._queues, counts[::2], counts[1::2], strict=True)
        return [QueueDepth(queue.name, *own, dead_letters=sum(dead)) for queue, own, dead in pairs]

    def _counts(self, url: str) -> tuple[int, int, int]:
        try:
            answer = self._sqs().get_queue_attributes(QueueUrl=url, AttributeNames=[_WAITING, _IN_FLIGHT, _DELAYED])
        except ClientError as error:
            raise QueuesUnavailable(str(error.response.get("Error", {}).get("Code", "unknown"))) from None
        except BotoCoreError as error:
            raise QueuesUnavailable(type(error).__name__) from None
        found = answer.get("Attributes", {})
        return int(found.get(_WAITING, 0)), int(found.get(_IN_FLIGHT, 0)), int(found.get(_DELAYED, 0))
