"""The receiving side of the relay's benchmarks: Discord's stand-in in a process of its own, with many webhooks.

    python -m benchmarks.receiver [--webhooks 20] [--latency 0.1] [--error-share 0.05] [--limited-share 0.02]

The first line on stdout is its base URL. What arrived is at ``/_standin/messages``; ``/_standin/clear`` forgets it;
``/_standin/outage?seconds=2`` makes every webhook answer 503 for that long, from now on. Errors and 429s are answers
to requests that it has not acted on, drawn with a fixed seed.
"""

from __future__ import annotations

import argparse
import json
import random
import threading
import time
from dataclasses import replace

from tests.standins.discord import DiscordStandIn, StandInWebhook, rate_limited_answer
from tests.standins.server import CONTROL_PREFIX, Answer, RecordedRequest, run_stand_in

_FIRST_WEBHOOK_ID = 1_300_000_000_000_000_000
_FIRST_CHANNEL_ID = 1_310_000_000_000_000_000
TOKEN = "benchmark-token_mZ4qk8sW2xVt0pLr7aBc9dEf"
SEED = 20261121
_SETTINGS_OF_PEERS = frozenset({"wait", "rate_limit_retry"})
RETRY_AFTER_SECONDS = 0.5


def webhook_url(number: int) -> str:
    """The URL, as Discord shows it, of the receiver's webhook with that number, from 0."""
    return f"https://discord.com/api/webhooks/{webhook_id(number)}/{TOKEN}"


def webhook_id(number: int) -> str:
    return str(_FIRST_WEBHOOK_ID + number)


def webhook_path(number: int) -> str:
    """Where that webhook is at the receiver itself."""
    return f"/api/v10/webhooks/{webhook_id(number)}/{TOKEN}"


def channel_id(number: int) -> str:
    """What ``ReceivedMessage.target`` says of that webhook's messages."""
    return str(_FIRST_CHANNEL_ID + number)


class Receiver(DiscordStandIn):
    """``latency_seconds`` passes before each answer of a webhook; the shares are of all posts."""

    def __init__(
        self,
        host: str = "127.0.0.1",
        port: int = 0,
        *,
        webhooks: int = 20,
        latency_seconds: float = 0.0,
        error_share: float = 0.0,
        limited_share: float = 0.0,
    ) -> None:
        super().__init__(host, port)
        for number in range(webhooks):
            self.add_webhook(StandInWebhook(webhook_id(number), TOKEN, channel_id(number)))
        self._latency_seconds = latency_seconds
        self._error_share = error_share
        self._limited_share = limited_share
        self._dice = random.Random(SEED)
        self._dice_lock = threading.Lock()
        self._out_until = 0.0

    def respond(self, request: RecordedRequest) -> Answer:
        if self._latency_seconds:
            self.stopping.wait(self._latency_seconds)
        if time.monotonic() < self._out_until:
            return Answer(503, b"upstream connect error", {"Content-Type": "text/plain"})
        if request.method == "POST":
            with self._dice_lock:
                thrown = self._dice.random()
            if thrown < self._error_share:
                return Answer(500, b"<html>internal error</html>", {"Content-Type": "text/html"})
            if thrown < self._error_share + self._limited_share:
                limited = rate_limited_answer(RETRY_AFTER_SECONDS)
                # What a library takes for the sign that it was Discord itself that answered.
                return replace(limited, headers={**limited.headers, "Via": "1.1 google"})
        return super().respond(_without_peculiarities(request))

    def control_answer(self, request: RecordedRequest) -> Answer:
        if request.path == CONTROL_PREFIX + "outage":
            self._out_until = time.monotonic() + float(request.query["seconds"][0])
            return Answer.of_json({})
        if request.path == CONTROL_PREFIX + "clear":
            self.clear()
            with self.lock:
                self._messages.clear()
            return Answer.of_json({})
        return super().control_answer(request)


def _without_peculiarities(request: RecordedRequest) -> RecordedRequest:
    """The stand-in is stricter than Discord, so that our own mistakes show. The peers name themselves and put settings
    of their own into the body, both of which Discord lets pass."""
    del request.headers["User-Agent"]
    request.headers["User-Agent"] = "DiscordBot (https://example.com, 1)"
    if request.method != "POST" or request.headers.get_content_type() != "application/json":
        return request
    body = {name: value for name, value in request.json().items() if name not in _SETTINGS_OF_PEERS}
    return replace(request, body=json.dumps(body).encode())


def main() -> None:
    parser = argparse.ArgumentParser(add_help=False)
    parser.add_argument("--webhooks", type=int, default=20)
    parser.add_argument("--latency", type=float, default=0.0)
    parser.add_argument("--error-share", type=float, default=0.0)
    parser.add_argument("--limited-share", type=float, default=0.0)
    options, rest = parser.parse_known_args()
    run_stand_in(
        lambda host, port: Receiver(
            host,
            port,
            webhooks=options.webhooks,
            latency_seconds=options.latency,
            error_share=options.error_share,
            limited_share=options.limited_share,
        ),
        rest,
    )


if __name__ == "__main__":
    main()
