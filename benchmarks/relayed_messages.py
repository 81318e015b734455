"""Messages carried through the three functions one step at a time, as Lambda would call them, in this process."""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from benchmarks.engine_stage import API_TOKEN, EngineStage
from benchmarks.open_load import Event
from benchmarks.relay_stage import configure_relay
from local.pollers import sqs_event
from local.provision import engine_client
from local.queue_client import ReceivedMessage

WEBHOOK, ROUTE, DELIVER = "KookWebhookFunction", "RouteEventFunction", "DeliverDiscordFunction"
EVENTS_QUEUE, DISCORD_QUEUE = "EventsQueue", "DiscordQueue"


@dataclass
class Spent:
    """What the calls of one function took, in seconds: by the clock, and of processor time."""

    calls: int = 0
    wall_seconds: float = 0.0
    cpu_seconds: float = 0.0


@dataclass
class RelayedMessages:
    """A relay configured with ``channels`` channels. ``spent`` is by function."""

    stage: EngineStage
    channels: int
    spent: dict[str, Spent] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._handlers = {name: self.stage.handler(name) for name in (WEBHOOK, ROUTE, DELIVER)}
        self._sqs: Any = engine_client("sqs", self.stage.sqs_url)
        configure_relay(control_api(self.stage), self.channels)

    def relay(self, events: Sequence[Event]) -> None:
        """Carry them from the webhook to the destination: each posted alone, all routed and delivered in one batch."""
        for event in events:
            body = base64.b64encode(event.body).decode()
            request = {"body": body, "isBase64Encoded": True, "pathParameters": {"account_id": "1"}}
            answer = self._call(WEBHOOK, request)
            if answer["statusCode"] != 200:
                raise AssertionError(f"the webhook answered {answer['statusCode']}")
        self._pass_on(EVENTS_QUEUE, ROUTE, len(events))
        self._pass_on(DISCORD_QUEUE, DELIVER, len(events))

    def _pass_on(self, queue: str, function: str, count: int) -> None:
        """Receive a batch, call the function with it and delete it."""
        url = self.stage.queue_urls[queue]
        received = self._sqs.receive_message(
            QueueUrl=url, MaxNumberOfMessages=10, WaitTimeSeconds=5, AttributeNames=["All"]
        )
        messages = received.get("Messages", [])
        if len(messages) != count:
            raise AssertionError(f"{queue} gave {len(messages)} of {count} messages")
        batch = [
            ReceivedMessage(one["MessageId"], one["ReceiptHandle"], one["Body"], "", one["Attributes"])
            for one in messages
        ]
        answer = self._call(function, sqs_event(batch, self.stage.template.queues[queue]))
        if answer["batchItemFailures"]:
            raise AssertionError(f"{function} gave back {len(answer['batchItemFailures'])} messages")
        entries = [{"Id": str(index), "ReceiptHandle": one.receipt_handle} for index, one in enumerate(batch)]
        self._sqs.delete_message_batch(QueueUrl=url, Entries=entries)

    def _call(self, function: str, event: Any) -> Any:
        wall, cpu = time.perf_counter(), time.process_time()
        answer = self._handlers[function](event, self.stage.context(function))
        spent = self.spent.setdefault(function, Spent())
        spent.calls += 1
        spent.wall_seconds += time.perf_counter() - wall
        spent.cpu_seconds += time.process_time() - cpu
        return answer


def control_api(stage: EngineStage) -> Callable[[str, str, Any], Any]:
    """Calls of the stage's control API: method, path and body in, the answer's body out."""
    # Not before there is a stage: making it needs the tables' names.
    stage.handler("RelayApiFunction")
    from shared import composition

    client = composition.relay_api().test_client()

    def call(method: str, path: str, body: Any = None) -> Any:
        answer = client.open(path, method=method, json=body, headers={"X-API-Token": API_TOKEN})
        if answer.status_code >= 400:
            raise RuntimeError(f"{method} {path}: {answer.status_code}")
        return json.loads(answer.data)

    return call
