"""A stand-in receiver of signed webhooks that keeps the receiver's half of Standard Webhooks 1.0.0.

It checks the three headers, the age of the timestamp and the signature with code of its own (it shares none with the
sender), takes an event once however often it comes (by ``webhook-id``), and reads ``message.created`` events.
``violations`` lists what no receiver should have to put up with. ``python -m tests.standins.webhook_receiver --port 0``
runs it in a process of its own.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
import time
from collections.abc import Sequence
from typing import Any, ClassVar

from tests.standins.server import Answer, ReceivedMessage, RecordedRequest, StandInServer, run_stand_in

DEFAULT_SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
HOOK_PATH = "/hooks/5f1c0c4e-stand-in-path-token"
MAX_BODY_BYTES = 20_000
TOLERANCE_SECONDS = 300

_EVENT_TYPE = re.compile(r"[a-zA-Z0-9_]+(\.[a-zA-Z0-9_]+)*")
_ISO_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")


class WebhookReceiverStandIn(StandInServer):
    """Verifies with any of ``secrets``, as a receiver does while its secret changes."""

    name: ClassVar[str] = "webhook-receiver"

    def __init__(self, host: str = "127.0.0.1", port: int = 0, *, secrets: Sequence[str] = (DEFAULT_SECRET,)) -> None:
        super().__init__(host, port)
        self._keys = [base64.b64decode(secret.removeprefix("whsec_")) for secret in secrets]
        self._events: dict[str, tuple[dict[str, Any], float]] = {}
        self.repeats: list[str] = []
        self.violations: list[str] = []

    @property
    def url(self) -> str:
        return self.base_url + HOOK_PATH

    def events(self) -> list[dict[str, Any]]:
        """Every event taken, once each, oldest first."""
        with self.lock:
            return [event for event, _ in self._events.values()]

    def received(self) -> list[ReceivedMessage]:
        with self.lock:
            return [_as_message(webhook_id, *entry) for webhook_id, entry in self._events.items()]

    def respond(self, request: RecordedRequest) -> Answer:
        if request.path != HOOK_PATH:
            return Answer(404, b"no such hook", {"Content-Type": "text/plain"})
        if request.method != "POST":
            return Answer(405)
        problem = self._signature_problem(request)
        if problem:
            return Answer.of_json({"error": problem}, 401)
        with self.lock:
            webhook_id = str(request.headers["webhook-id"])
            if webhook_id in self._events:
                self.repeats.append(webhook_id)
            else:
                event = self._read(request)
                if event is None:
                    return Answer.of_json({"error": "not an event"}, 400)
                self._events[webhook_id] = (event, request.arrived_at)
            self.lock.notify_all()
        return Answer.of_json({"received": True})

    def _signature_problem(self, request: RecordedRequest) -> str:
        """Why the request cannot be trusted; "" when it can."""
        webhook_id, timestamp, signatures = (
            str(request.headers.get(f"webhook-{name}", "")) for name in ("id", "timestamp", "signature")
        )
        if not webhook_id or not timestamp.isdigit() or not signatures:
            return "a webhook header is missing"
        if abs(time.time() - int(timestamp)) > TOLERANCE_SECONDS:
            return "the timestamp is too old or too new"
        signed = b".".join([webhook_id.encode(), timestamp.encode(), request.body])
        expected = {base64.b64encode(hmac.digest(key, signed, hashlib.sha256)).decode() for key in self._keys}
        given = [version_and_value.split(",", 1) for version_and_value in signatures.split(" ")]
        if not any(version == "v1" and value in expected for version, value in given):
            return "no signature matches"
        return ""

    def _read(self, request: RecordedRequest) -> dict[str, Any] | None:
        if len(request.body) >= MAX_BODY_BYTES:
            self.violations.append(f"a body of {len(request.body)} bytes")
        if "." in str(request.headers["webhook-id"]):
            self.violations.append("a dot in webhook-id")
        if request.headers.get_content_type() != "application/json":
            self.violations.append("not application/json")
        try:
            event = json.loads(request.body.decode("utf-8", "strict"))
        except ValueError:
            return None
        if not isinstance(event, dict) or set(event) != {"type", "timestamp", "data"}:
            return None
        if not _EVENT_TYPE.fullmatch(event["type"]) or not _ISO_TIME.fullmatch(event["timestamp"]):
            self.violations.append("a malformed type or timestamp")
        return event


def _as_message(webhook_id: str, event: dict[str, Any], arrived_at: float) -> ReceivedMessage:
    """A message as a reader would be shown it: the quote, the text, then a line for each item of media."""
    data = event["data"]
    quote = data.get("quote")
    lines = [f"{quote['author_name']}: {quote['excerpt']}"] if quote else []
    lines += [data["text"]] if data["text"] else []
    lines += [f"{item['name']}: {item['url']}" for item in data.get("media", ())]
    author = data["author"]["display_name"] if "author" in data else ""
    target = data.get("target", "")
    return ReceivedMessage(webhook_id, target, author, "\n".join(lines), (), arrived_at)


if __name__ == "__main__":
    run_stand_in(WebhookReceiverStandIn)
