from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from local.invoke import InvocationFailed
from local.pollers import Deletions, QueuePoller, split_batch, sqs_event, successful
from local.queue_client import QueueUnavailable, ReceivedMessage
from local.template import Queue, QueueSource

EVENTS = Path(__file__).resolve().parents[2] / "data/aws-events"
FIFO = Queue("Work", "work.fifo", {"FifoQueue": "true"})
STANDARD = Queue("Work", "work", {})


def message(name: str, group: str = "") -> ReceivedMessage:
    attributes = {"ApproximateReceiveCount": "1", "SentTimestamp": "1", "SenderId": "0"}
    if group:
        attributes["MessageGroupId"] = group
    return ReceivedMessage(name, f"handle-{name}", name, "md5", attributes)


class FakeQueue:
    """A FIFO queue in memory: a group is held back while one of its messages is in flight."""

    def __init__(self, messages: Sequence[ReceivedMessage], *, per_group: int = 1) -> None:
        self.waiting = list(messages)
        self.in_flight: dict[str, ReceivedMessage] = {}
        self.deleted: list[str] = []
        self.outages = 0
        self._per_group = per_group
        self._changed = asyncio.Event()

    async def receive(self, queue_url: str, limit: int, wait_seconds: int) -> list[ReceivedMessage]:
        while True:
            if self.outages:
                self.outages -= 1
                raise QueueUnavailable("down")
            taken = self._take(limit)
            if taken:
                return taken
            self._changed.clear()
            await self._changed.wait()

    def _take(self, limit: int) -> list[ReceivedMessage]:
        locked = {held.group for held in self.in_flight.values()}
        taken: list[ReceivedMessage] = []
        for candidate in list(self.waiting):
            of_group = sum(one.group == candidate.group for one in taken)
            if len(taken) < limit and candidate.group not in locked and of_group < self._per_group:
                self.waiting.remove(candidate)
                self.in_flight[candidate.receipt_handle] = candidate
                taken.append(candidate)
        return taken

    async def delete(self, queue_url: str, receipt_handles: Sequence[str]) -> None:
        if self.outages:
            self.outages -= 1
            raise QueueUnavailable("down")
        for handle in receipt_handles:
            self.deleted.append(self.in_flight.pop(handle).message_id)
        self._changed.set()


Invocation = Callable[[Any], Awaitable[Any]]


def poll(
    queue: FakeQueue, invoke: Invocation, until: Callable[[], bool], *, concurrency: int = 4, reports: bool = True
) -> QueuePoller:
    """Run a poller until the condition holds, then drain it."""

    async def main() -> QueuePoller:
        source = QueueSource("Work", 10, concurrency, reports_item_failures=reports)
        poller = QueuePoller(source, FIFO, "http://queue", queue, invoke)
        task = asyncio.create_task(poller.run())
        async with asyncio.timeout(10):
            while not until():
                await asyncio.sleep(0.001)
        await poller.drain(1)
        await task
        return poller

    return asyncio.run(main())


def names(event: Any) -> list[str]:
    return [record["messageId"] for record in event["Records"]]


def test_every_group_is_handled_in_order_and_groups_side_by_side() -> None:
    queue = FakeQueue([message(f"{group}{number}", group) for number in range(20) for group in "abcdef"])
    handled: list[str] = []
    at_once: set[str] = set()
    most_at_once = 0

    async def invoke(event: Any) -> Any:
        nonlocal most_at_once
        for name in names(event):
            assert name[0] not in at_once, "two messages of one group at a time"
            at_once.add(name[0])
        most_at_once = max(most_at_once, len(at_once))
        await asyncio.sleep(0.001)
        for name in names(event):
            handled.append(name)
            at_once.remove(name[0])
        return {"batchItemFailures": []}

    poller = poll(queue, invoke, lambda: len(queue.deleted) == 120)
    for group in "abcdef":
        assert [name for name in handled if name[0] == group] == [f"{group}{number}" for number in range(20)]
    assert most_at_once > 1
    assert poller.counters.succeeded == 120


def test_no_more_batches_run_at_once_than_the_mapping_allows() -> None:
    queue = FakeQueue([message(f"{group}{number}", group) for number in range(5) for group in "abcdefgh"])
    running = most = 0

    async def invoke(event: Any) -> Any:
        nonlocal running, most
        running += 1
        most = max(most, running)
        await asyncio.sleep(0.002)
        running -= 1

    poll(queue, invoke, lambda: len(queue.deleted) == 40, concurrency=2)
    assert most == 2


def test_only_what_succeeded_is_deleted() -> None:
    queue = FakeQueue([message("a0", "a"), message("b0", "b"), message("c0", "c")], per_group=10)

    async def invoke(event: Any) -> Any:
        return {"batchItemFailures": [{"itemIdentifier": name} for name in names(event) if name == "b0"]}

    poller = poll(queue, invoke, lambda: len(queue.deleted) == 2)
    assert sorted(queue.deleted) == ["a0", "c0"]
    assert list(queue.in_flight) == ["handle-b0"]
    assert (poller.counters.succeeded, poller.counters.failed) == (2, 1)


def test_a_poller_knows_what_it_has_in_hand_until_it_is_deleted() -> None:
    in_hand: list[frozenset[str]] = []
    pollers: list[QueuePoller] = []

    class WatchedQueue(FakeQueue):
        async def delete(self, queue_url: str, receipt_handles: Sequence[str]) -> None:
            in_hand.append(pollers[0].receipt_handles_in_hand)
            await super().delete(queue_url, receipt_handles)

    watched = WatchedQueue([message("one", "a"), message("two", "b")])

    async def main() -> None:
        async def invoke(event: Any) -> Any:
            in_hand.append(pollers[0].receipt_handles_in_hand)

        pollers.append(QueuePoller(QueueSource("Work", 10, 1), FIFO, "http://queue", watched, invoke))
        running = asyncio.create_task(pollers[0].run())
        while len(watched.deleted) < 2:
            await asyncio.sleep(0.001)
        await pollers[0].drain(1)
        await running
        in_hand.append(pollers[0].receipt_handles_in_hand)

    asyncio.run(asyncio.wait_for(main(), 20))
    assert in_hand == [{"handle-one", "handle-two"}, {"handle-one", "handle-two"}, frozenset()]


@pytest.mark.parametrize("error_type", ["KeyError", "Sandbox.Timedout"])
def test_a_failed_or_timed_out_batch_is_left_to_reappear(error_type: str) -> None:
    queue = FakeQueue([message("a0", "a"), message("b0", "b")])
    calls = 0

    async def invoke(event: Any) -> Any:
        nonlocal calls
        calls += 1
        if names(event) == ["a0"]:
            raise InvocationFailed("f", error_type)
        return None

    poll(queue, invoke, lambda: calls == 2 and queue.deleted == ["b0"])
    assert list(queue.in_flight) == ["handle-a0"]


def test_an_engine_outage_is_waited_out_for_receives_and_deletes() -> None:
    queue = FakeQueue([message("a0", "a")])
    queue.outages = 2
    calls = 0

    async def invoke(event: Any) -> Any:
        nonlocal calls
        calls += 1
        queue.outages = 2
        return None

    poll(queue, invoke, lambda: queue.deleted == ["a0"])
    assert calls == 1


def test_draining_waits_for_what_runs_and_takes_nothing_new() -> None:
    async def main() -> tuple[list[str], list[ReceivedMessage]]:
        queue = FakeQueue([message("a0", "a"), message("a1", "a")])
        started, release = asyncio.Event(), asyncio.Event()

        async def invoke(event: Any) -> Any:
            started.set()
            await release.wait()

        poller = QueuePoller(QueueSource("Work", 10), FIFO, "http://queue", queue, invoke)
        task = asyncio.create_task(poller.run())
        await started.wait()
        draining = asyncio.create_task(poller.drain(5))
        await asyncio.sleep(0)
        release.set()
        await asyncio.gather(draining, task)
        return queue.deleted, queue.waiting

    deleted, waiting = asyncio.run(main())
    assert deleted == ["a0"]
    assert [left.message_id for left in waiting] == ["a1"]


def test_a_paused_poller_receives_nothing_and_goes_on_in_order() -> None:
    async def main() -> tuple[list[str], list[str]]:
        queue = FakeQueue([message("a0", "a"), message("a1", "a"), message("a2", "a")])
        started, release = asyncio.Event(), asyncio.Event()

        async def invoke(event: Any) -> Any:
            started.set()
            await release.wait()

        poller = QueuePoller(QueueSource("Work", 10, 2), FIFO, "http://queue", queue, invoke)
        poller.pause()
        task = asyncio.create_task(poller.run())
        for _ in range(20):
            await asyncio.sleep(0)
        assert poller.at_rest
        assert len(queue.waiting) == 3

        poller.resume()
        await started.wait()
        poller.pause()
        assert not poller.at_rest  # a batch is still running
        release.set()
        async with asyncio.timeout(10):
            while not poller.at_rest:
                await asyncio.sleep(0.001)
        while_paused = [left.message_id for left in queue.waiting]

        poller.resume()
        async with asyncio.timeout(10):
            while len(queue.deleted) < 3:
                await asyncio.sleep(0.001)
        await poller.drain(1)
        await task
        return while_paused, queue.deleted

    while_paused, deleted = asyncio.run(main())
    assert while_paused, "everything was read although the poller was paused"
    assert deleted == ["a0", "a1", "a2"]


def test_a_paused_poller_can_be_drained() -> None:
    async def main() -> None:
        poller = QueuePoller(QueueSource("Work", 10), FIFO, "http://queue", FakeQueue([]), None)  # type: ignore[arg-type]
        poller.pause()
        task = asyncio.create_task(poller.run())
        await asyncio.sleep(0)
        await poller.drain(1)
        async with asyncio.timeout(10):
            await task

    asyncio.run(main())


def test_a_drain_does_not_wait_for_ever() -> None:
    async def main() -> list[str]:
        queue = FakeQueue([message("a0", "a")])
        started = asyncio.Event()

        async def invoke(event: Any) -> Any:
            started.set()
            await asyncio.Event().wait()

        poller = QueuePoller(QueueSource("Work", 10), FIFO, "http://queue", queue, invoke)
        task = asyncio.create_task(poller.run())
        await started.wait()
        await poller.drain(0.01)
        await task
        return queue.deleted

    assert asyncio.run(main()) == []


def test_a_batch_is_spread_over_free_slots_by_whole_groups() -> None:
    batch = [message("a0", "a"), message("b0", "b"), message("a1", "a"), message("c0", "c")]

    def spread(free: int, *, fifo: bool = True) -> list[list[str]]:
        return [[one.message_id for one in part] for part in split_batch(batch, free, fifo=fifo)]

    assert spread(10) == [["a0", "a1"], ["b0"], ["c0"]]
    assert spread(2) == [["a0", "a1", "c0"], ["b0"]]
    assert spread(1) == [["a0", "a1", "b0", "c0"]]
    assert spread(10, fifo=False) == [["a0", "b0", "a1", "c0"]]
    assert split_batch([], 3, fifo=True) == []


BATCH = [message("a"), message("b")]


@pytest.mark.parametrize(
    ("result", "reports", "kept"),
    [
        (None, True, ["a", "b"]),
        ({}, True, ["a", "b"]),
        ({"batchItemFailures": None}, True, ["a", "b"]),
        ({"batchItemFailures": []}, True, ["a", "b"]),
        ({"batchItemFailures": [{"itemIdentifier": "a"}]}, True, ["b"]),
        ({"batchItemFailures": [{"itemIdentifier": "a"}]}, False, ["a", "b"]),
        ({"batchItemFailures": [{"itemIdentifier": ""}]}, True, []),
        ({"batchItemFailures": [{"itemIdentifier": "other"}]}, True, []),
        ({"batchItemFailures": [{"wrong": "a"}]}, True, []),
        ({"batchItemFailures": "a"}, True, []),
        ("nonsense", True, []),
    ],
)
def test_a_report_that_cannot_be_understood_fails_the_whole_batch(result: Any, reports: bool, kept: list[str]) -> None:
    done = successful(BATCH, result, reports_item_failures=reports)
    assert [one.message_id for one in done] == kept


def test_the_event_has_the_shape_of_a_recorded_one() -> None:
    recorded = json.loads((EVENTS / "sqs_receive_message.json").read_text("utf-8"))["Records"][0]
    typed = {"tenant": {"StringValue": "t", "DataType": "String"}}
    with_attribute = ReceivedMessage("id", "handle", "body", "md5", {"MessageGroupId": "g"}, typed)
    record = sqs_event([with_attribute], FIFO)["Records"][0]
    assert set(record) == set(recorded)
    assert record["eventSourceARN"].endswith(":work.fifo")
    assert record["attributes"] == {"MessageGroupId": "g"}
    attribute = {"stringValue": "t", "dataType": "String", "stringListValues": [], "binaryListValues": []}
    assert record["messageAttributes"] == {"tenant": attribute}


class SlowDeletes:
    """A queue whose deletes take until they are let go."""

    def __init__(self) -> None:
        self.requests: list[list[str]] = []
        self.let_go = asyncio.Event()

    async def receive(self, queue_url: str, limit: int, wait_seconds: int) -> list[ReceivedMessage]:
        raise AssertionError("nothing is received here")

    async def delete(self, queue_url: str, receipt_handles: Sequence[str]) -> None:
        self.requests.append(list(receipt_handles))
        await self.let_go.wait()


def test_what_ends_while_a_delete_is_under_way_goes_out_with_the_next_one() -> None:
    async def main() -> list[list[str]]:
        queue = SlowDeletes()
        deletions = Deletions("work", "url", queue)
        first = asyncio.create_task(deletions.delete(["a"]))
        while not queue.requests:
            await asyncio.sleep(0)
        others = [asyncio.create_task(deletions.delete([name])) for name in "bcd"]
        await asyncio.sleep(0)
        assert queue.requests == [["a"]]
        assert not any(other.done() for other in others)
        queue.let_go.set()
        await asyncio.gather(first, *others)
        return queue.requests

    assert asyncio.run(main()) == [["a"], ["b", "c", "d"]]
