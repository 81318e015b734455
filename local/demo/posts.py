"""What the demo posts: every kind of message of events/kook in every wire form, each post with fresh ids."""

from __future__ import annotations

import copy
import itertools
import json
import secrets
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.standins.kook_wire import WIRES, encode

FRAMES = Path(__file__).parents[2] / "events" / "kook"
KINDS = ("text", "kmarkdown", "image", "file", "card", "reply")
VERIFY_TOKEN = "vt-DEMO"  # noqa: S105 - invented, for the demo's own account
ENCRYPT_KEY = "demo-encrypt-key"


@dataclass(frozen=True, slots=True)
class Post:
    """One request of KOOK's. ``number`` is in the author's name, so that an arrival can be told."""

    number: int
    kind: str
    wire: str
    body: bytes

    @property
    def is_encrypted(self) -> bool:
        return self.wire.startswith("enc")


def marker(number: int) -> str:
    return f"#{number:02d}"


def all_posts(first_number: int = 1) -> Iterator[Post]:
    """Made one by one, so that each carries the time at which it is posted."""
    numbers = itertools.count(first_number)
    for wire in WIRES:
        for kind in KINDS:
            number = next(numbers)
            yield Post(number, kind, wire, encode(_fresh_frame(kind, number), wire, ENCRYPT_KEY))


def challenge(wire: str) -> tuple[str, bytes]:
    """A challenge's text, and the request that brings it."""
    text = secrets.token_urlsafe(9)
    data = {"type": 255, "channel_type": "WEBHOOK_CHALLENGE", "challenge": text, "verify_token": VERIFY_TOKEN}
    return text, encode({"s": 0, "d": data}, wire, ENCRYPT_KEY)


def _fresh_frame(kind: str, number: int) -> dict[str, Any]:
    frame: dict[str, Any] = copy.deepcopy(json.loads((FRAMES / f"{kind}.json").read_text(encoding="utf-8")))
    data = frame["d"]
    data["msg_id"] = str(uuid.uuid4())
    data["nonce"] = secrets.token_hex(8)
    data["msg_timestamp"] = time.time_ns() // 1_000_000
    data["verify_token"] = VERIFY_TOKEN
    data["extra"]["author"]["nickname"] = f"小红 {marker(number)}"
    frame["sn"] = number
    return frame
