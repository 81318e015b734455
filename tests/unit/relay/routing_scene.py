"""An event on its way to its deliveries, with stand-ins for everything around it: for the tests of routing."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

from shared.message.model import RelayMessage
from shared.message.render_plain import render_plain
from shared.platforms.base import Ability, Destination, InvalidConfig, Limits, Part, SendContext
from shared.platforms.outcomes import Delivered, Outcome
from shared.platforms.registry import PlatformRegistry
from shared.relay.deliveries import Closing, KnownDelivery, NewDelivery, PartsTooLarge
from shared.relay.errors import SecretsUnreadable
from shared.relay.models import Account, Bot
from shared.relay.models import Mapping as ChannelMapping
from shared.relay.queue_messages import IncomingEvent, Outgoing
from shared.relay.routing import RouteEvents, Routing
from shared.relay.routing_ports import LoopJudge
from tests.fakes.clock import FakeClock

FRAMES = Path(__file__).parents[2] / "data" / "kook" / "expected"
CHANNEL = "5823400000000001"


class RenderingPlatform:
    """Renders as plain text; ``explode`` makes rendering anything but plain text fail, ``explode_always`` that too."""

    secret_fields: ClassVar[frozenset[str]] = frozenset()
    made_fields: ClassVar[frozenset[str]] = frozenset()

    def __init__(self, name: str) -> None:
        self.name = name
        self.explode = False
        self.explode_always = False
        self.can: frozenset[Ability] = frozenset()
        self.composed: list[bool] = []  # whether with a quote

    def validate_config(self, config: Mapping[str, Any]) -> dict[str, Any]:
        return dict(config)

    def destination(self, bot_id: int, config: Mapping[str, Any], target_channel_id: str) -> Destination:
        if "broken" in config:
            raise InvalidConfig("webhook_url", "malformed", "is not a webhook address")
        key = f"{self.name}:{bot_id}:{target_channel_id}"
        return Destination(self.name, bot_id, config, target_channel_id, key, key)

    def limits(self, destination: Destination) -> Limits:
        return Limits(())

    def compose(self, message: RelayMessage, destination: Destination, author_label: str) -> Sequence[Part]:
        if self.explode_always or (self.explode and message.quote is not None):
            raise ValueError(f"cannot render {message.plain_text}")
        self.composed.append(message.quote is not None)
        return [Part("text", f"{author_label}: {render_plain(message.body)}", media=message.media)]

    def abilities(self, destination: Destination) -> frozenset[Ability]:
        return self.can

    def send(self, part: Part, destination: Destination, context: SendContext) -> Outcome:
        return Delivered()

    def test(self, destination: Destination) -> Outcome:
        return Delivered()


class Records:
    def __init__(self) -> None:
        self.created: dict[tuple[str, int], NewDelivery] = {}
        self.failed: dict[tuple[str, int], Closing] = {}
        self.failed_parts: dict[tuple[str, int], Sequence[Part]] = {}
        self.closed: set[tuple[str, int]] = set()
        self.too_large = 0

    def create(self, new: NewDelivery) -> bool:
        if self.too_large:
            self.too_large -= 1
            raise PartsTooLarge
        key = (new.message_id, new.mapping_id)
        if key in self.created or key in self.failed:
            return False
        self.created[key] = new
        return True

    def create_failed(self, new: NewDelivery, closing: Closing) -> bool:
        self.failed[new.message_id, new.mapping_id] = closing
        self.failed_parts[new.message_id, new.mapping_id] = new.parts
        return True

    def is_pending(self, message_id: str, mapping_id: int) -> bool:
        key = (message_id, mapping_id)
        return key in self.created and key not in self.closed


class Scene:
    def __init__(self) -> None:
        self.clock = FakeClock()
        self.known: dict[str, list[KnownDelivery]] = {}
        self.accounts_by_id = {
            1: Account(id=1, email="a@example.com", bot_token="t", kook_user_id="2862900001", created_at="")
        }
        self.bots = {
            1: Bot(id=1, platform="discord", name="d", config={}, created_at=""),
            2: Bot(id=2, platform="telegram", name="t", config={}, created_at=""),
        }
        self.mappings = [self.mapping(1, "discord", 1), self.mapping(2, "telegram", 2)]
        self.records = Records()
        self.queued: list[tuple[str, Outgoing]] = []
        self.queue_down = False
        self.unreadable_bots: set[int] = set()
        self.looked_up: list[str] = []
        self.asked: list[int] = []
        self.own_id = ""
        self.discord = RenderingPlatform("discord")
        self.loops: LoopJudge = self
        self.known_reads: list[str] = []

    @staticmethod
    def mapping(mapping_id: int, platform: str, bot_id: int, **changes: Any) -> ChannelMapping:
        return ChannelMapping(
            id=mapping_id,
            kook_server_id="g",
            kook_channel_id=CHANNEL,
            kook_channel_name="大厅",
            target_platform=platform,
            target_bot_id=bot_id,
            target_channel_id="chat",
            **changes,
        )

    # the ports
    def account(self, account_id: int, received_at_ms: int) -> Account | None:
        return self.accounts_by_id.get(account_id)

    def accounts(self) -> Sequence[Account]:
        return list(self.accounts_by_id.values())

    def bot(self, bot_id: int) -> Bot | None:
        if bot_id in self.unreadable_bots:
            raise SecretsUnreadable("bot", bot_id, ("webhook_url",))
        return self.bots.get(bot_id)

    def mappings_for_channel(self, channel_id: str, received_at_ms: int) -> Sequence[ChannelMapping]:
        self.looked_up.append(channel_id)
        return [one for one in self.mappings if one.kook_channel_id == channel_id]

    def send(self, platform: str, messages: Sequence[Outgoing]) -> None:
        if self.queue_down:
            raise ConnectionError("queue down")
        self.queued += [(platform, message) for message in messages]

    def deliveries_of(self, message_id: str) -> Sequence[KnownDelivery]:
        self.known_reads.append(message_id)
        return self.known.get(message_id, [])

    def judge(self, message: RelayMessage, mappings: Sequence[ChannelMapping]) -> dict[int, Closing]:
        return {}

    def kook_user_id(self, account: Account) -> str:
        self.asked.append(account.id)
        return self.own_id

    def route(self, name: str = "text", *, account_id: int = 1, backfilled: bool = False, **changes: Any) -> Routing:
        event = json.loads((FRAMES / f"{name}.json").read_text())["d"]
        event.update(changes)
        incoming = IncomingEvent(account_id, event["msg_id"], self.clock.ms(), event, backfilled)
        return RouteEvents(
            configuration=self,
            deliveries=self.records,
            queues=self,
            identities=self,
            platforms=PlatformRegistry([self.discord, RenderingPlatform("telegram")]),
            clock_ms=self.clock.ms,
            random_bits=lambda: 5,
            delivered=self,
            loops=self.loops,
        ).route(incoming)


def replace_enabled(mapping: ChannelMapping) -> ChannelMapping:
    return mapping.model_copy(update={"enabled": 0})


def replace_target(mapping: ChannelMapping, target: str) -> ChannelMapping:
    return mapping.model_copy(update={"target_channel_id": target})
