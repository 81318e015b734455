"""A gateway client between a stand-in gateway and a queue and table in memory."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import Any

from local.kook_gateway_client import GatewayAccount, GatewayClient, GatewayServices
from local.kook_gateway_socket import AiohttpDialer
from shared.kook.client.client import KookClients
from shared.platforms.http import RequestsHttpClient
from shared.security.outbound import OutboundGuard, guarded_session
from tests.fakes.gateway import FakeEventsQueue, FakeGatewayRecords
from tests.standins.kook_gateway import GatewayKookStandIn, KookGatewayStandIn
from tests.standins.kook_world import DEFAULT_BOT_TOKEN

LOOPBACK = ("127.0.0.1/32",)
DEADLINE_SECONDS = 25.0


def event(number: int, channel_id: str = "5823400000000001", **changes: Any) -> dict[str, Any]:
    return {
        "channel_type": "GROUP",
        "type": 9,
        "target_id": channel_id,
        "author_id": "2418200001",
        "content": f"message {number:04d}",
        "extra": {"type": 9, "guild_id": "1", "author": {"id": "2418200001", "username": "u", "bot": False}},
        "msg_id": f"m{number:04d}",
        "msg_timestamp": 1_790_000_000_000 + number,
        "nonce": "",
        **changes,
    }


def ids(*numbers: int) -> list[str]:
    return [f"m{number:04d}" for number in numbers]


class GatewayStage:
    """``jump`` lets time pass for the client; it notices at the next thing that arrives."""

    def __init__(self, gateway: KookGatewayStandIn, kook: GatewayKookStandIn) -> None:
        self.gateway = gateway
        self.kook = kook
        self.queue = FakeEventsQueue()
        self.records = FakeGatewayRecords()
        self.missed: list[int] = []
        self.allowed: tuple[str, ...] = LOOPBACK
        self._ahead_seconds = 0.0
        self._clients = KookClients(RequestsHttpClient(guarded_session(OutboundGuard(LOOPBACK))), kook.api_base)

    def jump(self, seconds: float) -> None:
        self._ahead_seconds += seconds

    def services(self, dialer: AiohttpDialer) -> GatewayServices:
        return GatewayServices(
            find_gateway=lambda token: self._clients.of_bot(token).gateway_index(),
            dialer=dialer,
            enqueue=self.queue,
            records=self.records,
            events_missed=self.missed.append,
            clock_ms=lambda: time.time_ns() // 1_000_000,
            monotonic=lambda: time.monotonic() + self._ahead_seconds,
            random=lambda: 0.0,
        )

    def play(
        self,
        scene: Callable[[], Awaitable[None]],
        *,
        bot_token: str = DEFAULT_BOT_TOKEN,
        holder: str = "holder-1",
    ) -> None:
        """Run a client for as long as the scene lasts, and stop it."""

        async def run() -> None:
            dialer = AiohttpDialer(OutboundGuard(self.allowed))
            client = GatewayClient(GatewayAccount(1, bot_token, holder), self.services(dialer))
            running = asyncio.create_task(client.run())
            try:
                await scene()
            finally:
                client.stop()
                await asyncio.wait_for(running, DEADLINE_SECONDS)
                await dialer.close()

        asyncio.run(run())

    def played(self, scene: Callable[[], None], **options: Any) -> None:
        """The same for a scene that blocks: it runs in a thread of its own."""
        self.play(lambda: asyncio.to_thread(scene), **options)

    def wait(self, condition: Callable[[], Any], deadline_seconds: float = DEADLINE_SECONDS) -> None:
        assert self.gateway.wait_until(lambda: bool(condition()), deadline_seconds), self.state()

    def wait_connected(self) -> None:
        self.wait(lambda: self.gateway.is_connected)

    def wait_for_events(self, *numbers: int) -> None:
        self.wait(lambda: len(self.queue.ids) >= len(numbers))
        assert self.queue.ids == ids(*numbers)

    def state(self) -> str:
        return f"queue {len(self.queue.ids)}, states {self.records.states_seen}, status {self.records.statuses.get(1)}"


@contextmanager
def gateway_stage() -> Iterator[GatewayStage]:
    with KookGatewayStandIn() as gateway, GatewayKookStandIn(gateway) as kook:
        yield GatewayStage(gateway, kook)
        assert gateway.violations == []
        assert gateway.most_open_at_once <= 1
