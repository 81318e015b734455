"""A delivery on its way, with stand-ins for everything around it: for the tests of carrying out orders."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, ClassVar

from shared.aws.store_failures import StoreUnavailable
from shared.message.model import RelayMessage
from shared.platforms.base import (
    Ability,
    Destination,
    InvalidConfig,
    Limits,
    Mark,
    Part,
    RateLimit,
    SendContext,
    SentPart,
)
from shared.platforms.circuit import CircuitChange
from shared.platforms.outcomes import (
    REPLY_NOT_FOUND,
    ChangeOutcome,
    Delivered,
    Outcome,
    Permanent,
)
from shared.platforms.pacing import Pacer, PacingBatch
from shared.platforms.registry import PlatformRegistry
from shared.relay.deliveries import (
    Claimed,
    ClaimLost,
    ClaimResult,
    Closing,
    Delivery,
    Subject,
)
from shared.relay.delivering import DeliverMessages
from shared.relay.delivery_results import Deferred, Done
from shared.relay.models import Bot
from shared.relay.models import Mapping as ChannelMapping
from shared.relay.queue_messages import DeliveryOrder
from shared.relay.retrying import RetryPolicy
from tests.fakes.clock import FakeClock
from tests.unit.platforms.test_pacing import MemoryPacingStore

ORDER = DeliveryOrder("msg-1", 7, 1)


class ScriptedPlatform:
    name: ClassVar[str] = "discord"
    secret_fields: ClassVar[frozenset[str]] = frozenset()
    made_fields: ClassVar[frozenset[str]] = frozenset()

    def __init__(self) -> None:
        self.script: list[Outcome | Exception] = []
        self.sent: list[tuple[str, str, str]] = []
        self.can: frozenset[Ability] = frozenset({"edit", "delete"})
        self.changes: list[str] = []
        self.replies: list[tuple[str, str]] = []
        self.reply_gone = False
        self.change_script: list[ChangeOutcome] = []
        self.limit = Limits(destination=(RateLimit(1000, 1),))

    def validate_config(self, config: Mapping[str, Any]) -> dict[str, Any]:
        return dict(config)

    def destination(self, bot_id: int, config: Mapping[str, Any], target_channel_id: str) -> Destination:
        if "broken" in config:
            raise InvalidConfig("webhook_url", "malformed", "is not a Discord webhook address")
        target = target_channel_id or str(config.get("own_target", "t"))
        key = "discord:1" if target == "t" else f"discord:{target}"
        return Destination("discord", bot_id, config, target, key, "channel:1")

    def limits(self, destination: Destination) -> Limits:
        return self.limit

    def compose(self, message: RelayMessage, destination: Destination, author_label: str) -> Sequence[Part]:
        return [Part("text", message.plain_text)]

    def abilities(self, destination: Destination) -> frozenset[Ability]:
        return self.can

    def edit(self, sent: SentPart, part: Part, destination: Destination, context: SendContext) -> ChangeOutcome:
        self.changes.append(f"edit {sent.message_ids[0]} to {part.text}")
        assert context.message_id == "original"
        return self.change_script.pop(0) if self.change_script else Delivered(sent.message_ids)

    def delete(self, sent: SentPart, destination: Destination, context: SendContext) -> ChangeOutcome:
        self.changes.append(f"delete {sent.message_ids[0]}")
        return self.change_script.pop(0) if self.change_script else Delivered()

    def mark(self, sent: SentPart, mark: Mark, destination: Destination, context: SendContext) -> ChangeOutcome:
        self.changes.append(f"{mark.kind} {sent.message_ids[0]} {mark.emoji}".rstrip())
        assert context.message_id == "original"
        return self.change_script.pop(0) if self.change_script else Delivered()

    def send(self, part: Part, destination: Destination, context: SendContext) -> Outcome:
        if context.reply_to:
            self.replies.append((context.reply_to, part.text))
            if self.reply_gone:
                return Permanent(REPLY_NOT_FOUND, "gone")
        self.sent.append((part.text, destination.target_id, context.idempotency_key))
        outcome = self.script.pop(0) if self.script else Delivered((f"id-{len(self.sent)}",))
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    def test(self, destination: Destination) -> Outcome:
        return Delivered()


class RecordingDeliveries:
    """The store's promises, without a database: one claim, then releases, parts and one closing."""

    def __init__(self, delivery: Delivery) -> None:
        self.delivery = delivery
        self.claim_result: ClaimResult = Claimed(delivery)
        self.parts_sent: list[tuple[str, ...]] = []
        self.released: list[dict[str, Any]] = []
        self.closed: list[Closing] = []
        self.lost = False

    def claim(self, order: DeliveryOrder) -> ClaimResult:
        assert order == ORDER
        return self.claim_result

    def part_sent(self, delivery: Delivery, part_ids: Sequence[str]) -> None:
        if self.lost:
            raise ClaimLost
        self.parts_sent.append(tuple(part_ids))
        delivery.sent_parts += 1
        delivery.platform_message_ids.append(list(part_ids))

    def release(self, delivery: Delivery, *, next_attempt_ms: int, error_code: str, error_message: str) -> None:
        self.released.append({"next": next_attempt_ms, "code": error_code, "message": error_message})

    def close(self, delivery: Delivery, closing: Closing) -> None:
        if self.lost:
            raise ClaimLost
        self.closed.append(closing)


class FakeBots:
    """With ``unwritable`` set the store behind it takes no changes."""

    def __init__(self, bot: Bot | None) -> None:
        self.found = bot
        self.unwritable = False
        self.unreadable = False
        self.mended: Bot | None = None  # what an operator has made of it, seen by whoever reads afresh
        self.disabled: list[tuple[int, str]] = []
        self.moved: set[tuple[int, str, str]] = set()
        self.mappings: dict[int, ChannelMapping] = {}
        self.disabled_mappings: list[tuple[int, str]] = []
        self.circuits: list[tuple[str, str, str]] = []

    def mapping(self, mapping_id: int) -> ChannelMapping | None:
        return self.mappings.get(mapping_id)

    def disable_mapping(self, mapping_id: int, reason: str) -> None:
        self.disabled_mappings.append((mapping_id, reason))

    def bot(self, bot_id: int) -> Bot | None:
        if self.unreadable:
            raise StoreUnavailable("read bot")
        return self.found

    def was_changed(self, bot_id: int, config: Mapping[str, Any]) -> bool:
        if self.mended is not None:
            self.found, self.mended = self.mended, None
        return self.found is not None and dict(self.found.config) != dict(config)

    def disable_bot(self, bot_id: int, reason: str) -> None:
        if self.unwritable:
            raise StoreUnavailable("update bot")
        self.disabled.append((bot_id, reason))

    def circuit_changed(self, bot_id: int, target_channel_id: str, change: CircuitChange, reason: str) -> None:
        if self.unwritable:
            raise StoreUnavailable("announce")
        self.circuits.append((target_channel_id, change, reason))

    def move_target(self, bot_id: int, old_target_id: str, new_target_id: str) -> None:
        if self.unwritable:
            raise StoreUnavailable("move target")
        self.moved.add((bot_id, old_target_id, new_target_id))


class FakeSubjects:
    """Implements Subjects: the one message a change is about, and what was written down of it."""

    def __init__(self) -> None:
        self.found: Subject | None = None
        self.written: list[tuple[str, list[tuple[str, tuple[str, ...]]]]] = []
        self.unwritable = False

    def subject(self, message_id: str, mapping_id: int) -> Subject | None:
        assert (message_id, mapping_id) == ("original", 7)
        return self.found

    def write_edit(self, subject: Subject, parts: Sequence[SentPart], change: Delivery) -> None:
        self._write("edit", change, [(one.part.text, one.message_ids) for one in parts])

    def write_unsent_edit(self, subject: Subject, parts: Sequence[Part], change: Delivery) -> None:
        self._write("unsent", change, [(one.text, ()) for one in parts])

    def write_deletion(self, subject: Subject, change: Delivery) -> None:
        self._write("deletion", change, [])

    def _write(self, what: str, change: Delivery, parts: list[tuple[str, tuple[str, ...]]]) -> None:
        if self.unwritable:
            raise StoreUnavailable("write")
        assert self.found is not None
        self.written.append((what, parts))
        self.found = replace(self.found, changed_by=change.message_id)


class Scene:
    def __init__(self, texts: Sequence[str] = ("one",), *, bot: Bot | None = None, sent_parts: int = 0) -> None:
        self.clock = FakeClock()
        self.platform = ScriptedPlatform()
        self.delivery = Delivery(
            message_id="msg-1",
            mapping_id=7,
            generation=1,
            platform="discord",
            bot_id=3,
            target_channel_id="t",
            parts=[Part("text", text) for text in texts],
            sent_parts=sent_parts,
            platform_message_ids=[],
            kook_channel_id="c",
            received_at_ms=self.clock.ms() - 250,
            created_at_ms=self.clock.ms() - 200,
            first_attempt_ms=self.clock.ms(),
            attempts=0,
            unknown_attempts=0,
            possible_duplicate=False,
            claim_id="x",
        )
        self.deliveries = RecordingDeliveries(self.delivery)
        self.bots = FakeBots(bot or Bot(id=3, platform="discord", name="b", config={}, created_at=""))
        self.subjects = FakeSubjects()
        self.pacing_store = MemoryPacingStore()
        self.seconds_left: list[float] = []

    def run(self) -> Done | Deferred:
        pacing: PacingBatch
        with Pacer(self.pacing_store, self.clock).batch() as pacing:
            return DeliverMessages(
                deliveries=self.deliveries,
                bots=self.bots,
                platforms=PlatformRegistry([self.platform]),
                policy=RetryPolicy(jitter=lambda: 1.0),
                clock_ms=self.clock.ms,
                subjects=self.subjects,
            ).deliver(ORDER, pacing, lambda: self.seconds_left.pop(0) if self.seconds_left else 100.0)
