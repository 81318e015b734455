"""A relay on the embedded stack, between stand-ins, configured over its own HTTP API."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import requests

from local.demo.stage import StandIns, configure_destinations, stand_ins
from tests.embedded import WAIT_SECONDS, EmbeddedStack, eventually
from tests.standins.server import ReceivedMessage

CHANNEL_ID = "5823400000000001"
OTHER_CHANNEL_ID = "5823400000000009"
VERIFY_TOKEN = "vt-EXAMPLE"
ENCRYPT_KEY = "test-encrypt-key-123"
BODIES = Path(__file__).parents[1] / "data" / "kook" / "bodies"


class Relay:
    """The running relay as KOOK and an operator see it."""

    def __init__(self, stack: EmbeddedStack, stage: StandIns) -> None:
        self.stack = stack
        self.stage = stage
        self.http = requests.Session()
        self.http.trust_env = False

    def call(self, method: str, path: str, body: Any = None, **options: Any) -> requests.Response:
        return self.http.request(
            method, self.stack.base_url + path, json=body, headers=self.stack.headers, timeout=30, **options
        )

    def post(self, path: str, body: bytes, content_type: str = "application/json") -> requests.Response:
        """As KOOK posts."""
        return self.http.post(self.stack.base_url + path, data=body, headers={"Content-Type": content_type}, timeout=30)

    def add_account(self, email: str, **fields: str) -> dict[str, Any]:
        answer = self.call("POST", "/api/accounts", {"email": email, "verify_token": VERIFY_TOKEN, **fields})
        assert answer.status_code == 201, answer.text
        account: dict[str, Any] = answer.json()
        return account

    def received(self, platform: str) -> list[ReceivedMessage]:
        return self.stage.platforms[platform].received()

    def wait_for(self, platform: str, count: int, deadline_seconds: float = WAIT_SECONDS) -> list[ReceivedMessage]:
        """The messages of a platform once there are so many. More than that fails."""
        eventually(lambda: len(self.received(platform)) >= count, deadline_seconds)
        messages = self.received(platform)
        assert len(messages) == count, [message.text for message in messages]
        return messages

    def logs(self, **query: Any) -> dict[str, Any]:
        answer = self.call("GET", "/api/logs", params=query)
        assert answer.status_code == 200, answer.text
        page: dict[str, Any] = answer.json()
        return page

    def wait_until_idle(self, closed: int, deadline_seconds: float = WAIT_SECONDS) -> list[dict[str, Any]]:
        """The log once that many deliveries are closed and none is open."""

        def idle() -> bool:
            # First that all of them exist, then that none is open: read the other way round, one could slip between.
            return self.logs(limit=1)["total"] == closed and self.logs(limit=1, status="pending")["total"] == 0

        eventually(idle, deadline_seconds)
        rows: list[dict[str, Any]] = self.logs(limit=500)["data"]
        return rows

    def configure_destinations(self, channel_id: str = CHANNEL_ID) -> dict[str, int]:
        """A bot and a mapping of every platform; bot ids by platform."""
        return configure_destinations(lambda method, path, body: self.call(method, path, body).json(), channel_id)


@contextmanager
def running_relay(tmp_path: Path, environment: Mapping[str, str] | None = None) -> Iterator[Relay]:
    with (
        stand_ins() as stage,
        EmbeddedStack(tmp_path / "data", environment={**stage.environment(), **(environment or {})}) as stack,
    ):
        yield Relay(stack, stage)
