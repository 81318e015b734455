from __future__ import annotations

from typing import Any

import pytest

from shared.aws.queues import EnqueueFailed, SqsQueue
from shared.relay.queue_messages import Outgoing


class FakeSqs:
    def __init__(self, failed: list[dict[str, str]] | None = None) -> None:
        self.calls: list[tuple[str, dict[str, Any]]] = []
        self.failed = failed or []

    def send_message_batch(self, **request: Any) -> dict[str, Any]:
        self.calls.append(("batch", request))
        return {"Failed": self.failed}

    def send_message(self, **request: Any) -> None:
        self.calls.append(("send", request))

    def change_message_visibility(self, **request: Any) -> None:
        self.calls.append(("visibility", request))


def test_messages_go_in_order_ten_a_request() -> None:
    sqs = FakeSqs()
    SqsQueue(sqs, "url").send([Outgoing(f"b{number}", "g", f"d{number}") for number in range(23)])
    bodies = [[entry["MessageBody"] for entry in request["Entries"]] for _, request in sqs.calls]
    assert [len(batch) for batch in bodies] == [10, 10, 3]
    assert [body for batch in bodies for body in batch] == [f"b{number}" for number in range(23)]
    assert sqs.calls[0][1]["Entries"][1] == {
        "Id": "1",
        "MessageBody": "b1",
        "MessageGroupId": "g",
        "MessageDeduplicationId": "d1",
    }


def test_a_message_sqs_refuses_is_not_taken_for_sent() -> None:
    sqs = FakeSqs(failed=[{"Id": "0", "Code": "InternalError"}])
    with pytest.raises(EnqueueFailed, match="InternalError"):
        SqsQueue(sqs, "url").send([Outgoing("b", "g", "d")])


def test_a_record_put_aside_keeps_its_group_and_a_second_try_is_the_same_message() -> None:
    sqs = FakeSqs()
    queue = SqsQueue(sqs, "url", "dead")
    queue.put_aside("body", "", "sqs-1")
    queue.put_aside("body", "g", "sqs-1")
    first, second = (request for _, request in sqs.calls)
    assert (first["QueueUrl"], first["MessageGroupId"], second["MessageGroupId"]) == ("dead", "quarantine", "g")
    assert first["MessageDeduplicationId"] == second["MessageDeduplicationId"]
