"""FIFO batches: a deferred record holds back its own group and nobody else's."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from shared.aws.batches import Defer, Quarantine, process_fifo_batch


class RecordingQueue:
    def __init__(self, *, broken: bool = False) -> None:
        self.visibility: dict[str, int] = {}
        self.aside: list[tuple[str, str, str]] = []
        self.broken = broken

    def set_visibility(self, receipt_handle: str, seconds: int) -> None:
        if self.broken:
            raise ConnectionError("no queue")
        self.visibility[receipt_handle] = seconds

    def put_aside(self, body: str, group: str, message_id: str) -> None:
        if self.broken:
            raise ConnectionError("no queue")
        self.aside.append((body, group, message_id))


def sqs_event(*records: tuple[str, str]) -> dict[str, Any]:
    return {
        "Records": [
            {
                "messageId": f"m{number}",
                "receiptHandle": f"r{number}",
                "body": body,
                "attributes": {"MessageGroupId": group, "ApproximateReceiveCount": "1"},
                "messageAttributes": {},
                "eventSource": "aws:sqs",
                "eventSourceARN": "arn:aws:sqs:us-east-1:000000000000:q.fifo",
                "awsRegion": "us-east-1",
            }
            for number, (body, group) in enumerate(records)
        ]
    }


def failed_ids(response: dict[str, list[dict[str, str]]]) -> list[str]:
    return sorted(item["itemIdentifier"] for item in response["batchItemFailures"])


def test_ten_records_with_one_deferred_hold_back_the_rest_of_its_group_alone() -> None:
    handled: list[str] = []

    def handle(body: str) -> None:
        if body == "a2":
            raise Defer(7.2)
        handled.append(body)

    bodies = ["a1", "b1", "a2", "b2", "a3", "c1", "a4", "b3", "a5", "c2"]
    queue = RecordingQueue()
    response = process_fifo_batch(sqs_event(*((body, body[0]) for body in bodies)), handle, queue)

    assert handled == ["a1", "b1", "b2", "c1", "b3", "c2"]
    assert failed_ids(response) == ["m2", "m4", "m6", "m8"]
    assert queue.visibility == {"r2": 8, "r4": 8, "r6": 8, "r8": 8}
    # Last first, so that being cut short in between lets none come back before those ahead of it.
    assert list(queue.visibility) == ["r8", "r6", "r4", "r2"]


def test_a_short_deferral_is_never_zero_seconds() -> None:
    def handle(body: str) -> None:
        raise Defer(0.0)

    queue = RecordingQueue()
    process_fifo_batch(sqs_event(("x", "a"), ("y", "a")), handle, queue)
    assert queue.visibility == {"r0": 1, "r1": 1}


def test_an_error_brings_the_record_and_its_group_back_and_the_batch_does_not_raise() -> None:
    def handle(body: str) -> None:
        if body == "boom":
            raise KeyError("bug")

    queue = RecordingQueue()
    response = process_fifo_batch(sqs_event(("boom", "a"), ("fine", "a"), ("fine", "b")), handle, queue)
    assert failed_ids(response) == ["m0", "m1"]
    assert queue.visibility == {"r0": 5, "r1": 5}


@pytest.mark.parametrize(("receives", "seconds"), [("1", 5), ("2", 10), ("4", 40), ("6", 120), ("99", 120), ("?", 5)])
def test_an_error_that_goes_on_waits_longer_each_time(receives: str, seconds: int) -> None:
    def handle(body: str) -> None:
        raise ConnectionError("the table cannot be reached")

    event = sqs_event(("x", "a"), ("y", "a"))
    event["Records"][0]["attributes"]["ApproximateReceiveCount"] = receives
    queue = RecordingQueue()
    process_fifo_batch(event, handle, queue)
    assert queue.visibility == {"r0": seconds, "r1": seconds}


def test_an_outage_of_hours_does_not_use_up_the_receives_of_the_events_queue() -> None:
    def handle(body: str) -> None:
        raise ConnectionError("the table cannot be reached")

    lasted = 0
    for receives in range(1, 100):
        event = sqs_event(("x", "a"))
        event["Records"][0]["attributes"]["ApproximateReceiveCount"] = str(receives)
        queue = RecordingQueue()
        process_fifo_batch(event, handle, queue)
        lasted += queue.visibility["r0"]
    assert lasted > 3 * 3600


def test_a_long_deferral_stays_within_the_twelve_hours_sqs_counts_from_the_receive() -> None:
    def handle(body: str) -> None:
        raise Defer(86_400)

    queue = RecordingQueue()
    process_fifo_batch(sqs_event(("x", "a")), handle, queue)
    assert 40_000 < queue.visibility["r0"] <= 43_200 - 900


def test_a_whole_batch_of_errors_is_still_an_answer() -> None:
    def handle(body: str) -> None:
        raise KeyError("bug")

    response = process_fifo_batch(sqs_event(("x", "a"), ("y", "b")), handle, RecordingQueue())
    assert failed_ids(response) == ["m0", "m1"]


def test_a_poison_record_is_put_aside_in_one_receive_and_its_neighbours_go_on() -> None:
    handled: list[str] = []

    def handle(body: str) -> None:
        if body == "poison":
            raise Quarantine("unreadable")
        handled.append(body)

    queue = RecordingQueue()
    response = process_fifo_batch(sqs_event(("one", "a"), ("poison", "a"), ("two", "a")), handle, queue)
    assert response == {"batchItemFailures": []}
    assert handled == ["one", "two"]
    assert queue.aside == [("poison", "a", "m1")]


@pytest.mark.parametrize("failure", [Defer(3), Quarantine("unreadable")])
def test_a_queue_that_cannot_be_reached_loses_nothing(failure: Exception) -> None:
    def handle(body: str) -> None:
        raise failure

    pauses: list[float] = []
    event = sqs_event(*((name, "a") for name in "tuvwxyz"))
    response = process_fifo_batch(event, handle, RecordingQueue(broken=True), pauses.append)
    assert failed_ids(response) == [f"m{number}" for number in range(7)]
    # However many records there are: the function's time is not spent waiting.
    assert sum(pauses) < 5


def test_a_queue_that_is_back_after_a_moment_is_told_when_the_group_comes_back() -> None:
    class RestartedQueue(RecordingQueue):
        def __init__(self) -> None:
            super().__init__(broken=True)
            self.pauses = 0

        def pause(self, seconds: float) -> None:
            self.pauses += 1
            self.broken = self.pauses < 3

    def handle(body: str) -> None:
        raise Defer(3)

    queue = RestartedQueue()
    process_fifo_batch(sqs_event(("x", "a"), ("y", "a")), handle, queue, queue.pause)
    assert queue.visibility == {"r0": 3, "r1": 3}


def test_the_log_of_a_failure_says_where_and_what_kind_and_not_its_text(caplog: pytest.LogCaptureFixture) -> None:
    def handle(body: str) -> None:
        raise KeyError("https://example.com/bot123:SECRET")

    process_fifo_batch(sqs_event(("x", "a")), handle, RecordingQueue())
    (entry,) = [record for record in caplog.records if record.getMessage() == "record failed"]
    assert "SECRET" not in caplog.text + repr(entry.__dict__)
    assert entry.__dict__["exception"] == "KeyError"
    assert any("test_batches.py" in frame for frame in entry.__dict__["stack"])


def test_a_group_that_takes_its_time_holds_up_no_other_of_the_batch() -> None:
    others_done = threading.Event()
    handled: list[str] = []

    def handle(body: str) -> None:
        if body == "slow1":
            assert others_done.wait(30), "the other groups waited for this one"
        handled.append(body)
        if len(handled) == 3:
            others_done.set()

    records = [("slow1", "slow"), ("a1", "a"), ("slow2", "slow"), ("b1", "b"), ("a2", "a")]
    response = process_fifo_batch(sqs_event(*records), handle, RecordingQueue(), groups_at_once=10)
    assert failed_ids(response) == []
    assert [body for body in handled if body.startswith("slow")] == ["slow1", "slow2"]
    assert [body for body in handled if body.startswith("a")] == ["a1", "a2"]


def test_groups_side_by_side_are_reported_one_by_one() -> None:
    def handle(body: str) -> None:
        if body == "a1":
            raise Defer(20)
        if body == "b2":
            raise ConnectionError("no table")

    queue = RecordingQueue()
    records = [("a1", "a"), ("b1", "b"), ("a2", "a"), ("b2", "b"), ("c1", "c")]
    response = process_fifo_batch(sqs_event(*records), handle, queue, groups_at_once=10)
    assert failed_ids(response) == ["m0", "m2", "m3"]
    assert queue.visibility == {"r0": 20, "r2": 20, "r3": 5}
