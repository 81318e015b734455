"""All that lies outside the stack in these runs, behind one proxy: stand-ins under their addresses, and nothing else.

The stack gets it as OUTBOUND_PROXY. A generated request may hold any URL; none of them leaves this process.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import ExitStack
from types import TracebackType
from typing import ClassVar, Self

from tests.standins.content_platforms import PLATFORMS, ContentPlatformsStandIn
from tests.standins.discord import DiscordStandIn
from tests.standins.feishu import FeishuStandIn
from tests.standins.kook import KookStandIn
from tests.standins.server import Answer, RecordedRequest, StandInServer
from tests.standins.telegram import TelegramStandIn
from tests.standins.webhook_receiver import WebhookReceiverStandIn

_NOBODY = Answer(502, b"there is nothing outside this test")


class OutsideWorld(StandInServer):
    """A forward proxy. A host with a stand-in is answered by it, every other host and every tunnel (https) by 502."""

    name: ClassVar[str] = "outside-world"

    def __init__(self) -> None:
        super().__init__()
        self.kook = KookStandIn()
        self.kook.world.populate(messages=5)
        self.discord = DiscordStandIn()
        self.telegram = TelegramStandIn()
        self.feishu = FeishuStandIn()
        self.receiver = WebhookReceiverStandIn()
        self.content_platforms = ContentPlatformsStandIn()
        self._stand_ins: tuple[StandInServer, ...] = (
            self.kook,
            self.discord,
            self.telegram,
            self.feishu,
            self.receiver,
            self.content_platforms,
        )
        self._running = ExitStack()

    def environment(self) -> Mapping[str, str]:
        """What leads the stack here."""
        sites = self.content_platforms.base_url
        return {
            "OUTBOUND_PROXY": self.base_url,
            "OUTBOUND_ALLOW": "127.0.0.0/8",
            "KOOK_API_BASE": self.kook.api_base,
            "DISCORD_API_BASE": self.discord.api_base,
            "TELEGRAM_API_BASE": self.telegram.base_url,
            "FEISHU_API_BASE": self.feishu.base_url,
            "CONTENT_PLATFORM_BASES": ",".join(f"{name}={sites}" for name in PLATFORMS),
        }

    def strangers(self) -> list[str]:
        """Methods and hosts of plain requests that no stand-in answered. (A tunnel is asked for wherever a generated
        https URL leads: those are refused, and expected.)"""
        known = {f"127.0.0.1:{stand_in.port}" for stand_in in self._stand_ins}
        asked = [(request.method, request.headers.get("Host", "")) for request in self.requests]
        return [f"{method} {host}" for method, host in asked if method != "CONNECT" and host not in known]

    def respond(self, request: RecordedRequest) -> Answer:
        host = request.headers.get("Host", "")
        for stand_in in self._stand_ins:
            if request.method != "CONNECT" and host == f"127.0.0.1:{stand_in.port}":
                return stand_in.respond(request)
        return _NOBODY

    def __enter__(self) -> Self:
        for stand_in in self._stand_ins:
            self._running.enter_context(stand_in)
        return super().__enter__()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        super().__exit__(kind, error, trace)
        self._running.close()
