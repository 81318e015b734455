"""The groups of a batch side by side: one that waits delays no other, and within each the order stays."""

from __future__ import annotations

import threading
from collections import defaultdict

from shared.aws.batches import Defer, Quarantine, process_fifo_batch
from tests.unit.aws.test_batches import RecordingQueue, failed_ids, sqs_event

# Reached only by a test that fails.
DEADLINE_SECONDS = 10.0


def test_a_group_that_stalls_delays_no_other() -> None:
    others_done = threading.Event()
    handled: list[str] = []

    def handle(body: str) -> None:
        if body == "slow1":
            # Comes first in the batch, and goes on only once everything of the other groups is done.
            assert others_done.wait(DEADLINE_SECONDS)
        handled.append(body)
        if {"b1", "b2", "c1"} <= set(handled):
            others_done.set()

    event = sqs_event(("slow1", "a"), ("slow2", "a"), ("b1", "b"), ("b2", "b"), ("c1", "c"))
    response = process_fifo_batch(event, handle, RecordingQueue(), max_parallel_groups=10)
    assert failed_ids(response) == []
    assert handled[-2:] == ["slow1", "slow2"]
    assert [body for body in handled if body.startswith("b")] == ["b1", "b2"]


def test_a_deferred_group_is_hidden_while_another_is_still_at_work() -> None:
    hidden = threading.Event()

    class TellingQueue(RecordingQueue):
        def set_visibility(self, receipt_handle: str, seconds: int) -> None:
            super().set_visibility(receipt_handle, seconds)
            if len(self.visibility) == 2:
                hidden.set()

    def handle(body: str) -> None:
        if body == "slow":
            assert hidden.wait(DEADLINE_SECONDS)
        else:
            raise Defer(7.0)

    queue = TellingQueue()
    response = process_fifo_batch(
        sqs_event(("slow", "a"), ("b1", "b"), ("b2", "b")), handle, queue, max_parallel_groups=2
    )
    assert failed_ids(response) == ["m1", "m2"]
    assert queue.visibility == {"r1": 7, "r2": 7}
    assert list(queue.visibility) == ["r2", "r1"]


def test_the_order_within_every_group_stays_and_a_failure_holds_back_the_rest_of_its_group_alone() -> None:
    handled: dict[str, list[str]] = defaultdict(list)
    lock = threading.Lock()

    def handle(body: str) -> None:
        if body == "a2":
            raise Defer(9.0)
        if body == "b1":
            raise Quarantine("no order")
        if body == "d1":
            raise ValueError
        with lock:
            handled[body[0]].append(body)

    bodies = ["a1", "b1", "c1", "d1", "a2", "b2", "c2", "d2", "a3", "c3"]
    queue = RecordingQueue()
    event = sqs_event(*((body, body[0]) for body in bodies))
    response = process_fifo_batch(event, handle, queue, max_parallel_groups=3)
    assert dict(handled) == {"a": ["a1"], "b": ["b2"], "c": ["c1", "c2", "c3"]}
    # In the order of the batch, whichever group was done first.
    assert [item["itemIdentifier"] for item in response["batchItemFailures"]] == ["m3", "m4", "m7", "m8"]
    assert queue.visibility == {"r4": 9, "r8": 9, "r3": 5, "r7": 5}
    assert [body for body, _, _ in queue.aside] == ["b1"]


def test_no_more_threads_than_wanted() -> None:
    threads: set[str] = set()

    def handle(body: str) -> None:
        threads.add(threading.current_thread().name)

    process_fifo_batch(
        sqs_event(*((str(number), str(number)) for number in range(10))),
        handle,
        RecordingQueue(),
        max_parallel_groups=2,
    )
    assert 1 <= len(threads) <= 2
    assert all(name.startswith("fifo-group") for name in threads)
