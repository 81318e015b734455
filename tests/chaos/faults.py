"""The faults that stand-in platforms play at random: each platform's own way of failing."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass

from tests.standins.server import Answer, Fault, RecordedRequest, StandInServer

FOR_EVER = 10**9
STALL_SECONDS = 10.0


@dataclass(frozen=True)
class Shares:
    """Which share of the sends goes wrong how."""

    server_error: float = 0.01
    rate_limited: float = 0.02
    reset_mid_answer: float = 0.005
    reset_before_answer: float = 0.005
    stalled: float = 0.001


SENDS: dict[str, Callable[[RecordedRequest], bool]] = {
    "discord": lambda request: request.method == "POST" and "/webhooks/" in request.path,
    "telegram": lambda request: "/send" in request.path,
    "feishu": lambda request: request.method == "POST" and request.path.startswith("/open-apis/im/v1/messages"),
    "kook": lambda request: request.path.endswith("/message/create"),
    "webhook": lambda request: request.method == "POST",
}
RATE_LIMITED = {
    "discord": Answer.of_json(
        {"message": "You are being rate limited.", "retry_after": 1.0, "global": False}, 429, {"Retry-After": "1"}
    ),
    "telegram": Answer.of_json(
        {
            "ok": False,
            "error_code": 429,
            "description": "Too Many Requests: retry after 1",
            "parameters": {"retry_after": 1},
        },
        429,
    ),
    "feishu": Answer.of_json(
        {"code": 99991400, "msg": "request trigger frequency limit"}, 429, {"x-ogw-ratelimit-reset": "1"}
    ),
    "kook": Answer.of_json(
        {"code": 429, "message": "too fast", "data": []},
        429,
        {
            "X-Rate-Limit-Limit": "120",
            "X-Rate-Limit-Remaining": "0",
            "X-Rate-Limit-Reset": "1",
            "X-Rate-Limit-Bucket": "message/create",
        },
    ),
    "webhook": Answer(429, b"slow down", {"Retry-After": "1"}),
}


def play_at_random(platform: str, stand_in: StandInServer, seed: int, shares: Shares = Shares()) -> None:
    """From now on, by dice of its own for each platform. Half of the errors are answers to messages that were taken."""
    dice = random.Random(f"{seed} {platform}")
    is_send = SENDS[platform]

    def one_in(share: float) -> Callable[[RecordedRequest], bool]:
        return lambda request: is_send(request) and dice.random() < share

    error = Answer(500, b"<html>internal error</html>", {"Content-Type": "text/html"})
    for fault, share in (
        (Fault(answer=error), shares.server_error / 2),
        (Fault(answer=error, processed=True), shares.server_error / 2),
        (Fault(answer=RATE_LIMITED[platform]), shares.rate_limited),
        (Fault(reset="mid_answer", processed=True), shares.reset_mid_answer),
        (Fault(reset="before_answer"), shares.reset_before_answer),
        (Fault(delay_seconds=STALL_SECONDS), shares.stalled),
    ):
        stand_in.script(fault, matching=one_in(share), times=FOR_EVER)
