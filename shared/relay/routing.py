"""From one KOOK event to the deliveries it causes.

An event that was taken off the queue is either routed (a record for every mapping, and every open record on its
platform's queue) or comes back. Routing the same event again changes nothing: records are created once, and an order
for a record already delivered is a no-op.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

from shared.kook.changes import MessageChange, message_change
from shared.kook.echo import is_own_nonce
from shared.kook.events import KookEvent, parse_event
from shared.kook.messages import relay_message
from shared.message.model import RelayMessage
from shared.platforms.base import Destination, InvalidConfig, Part, Platform
from shared.platforms.registry import PlatformRegistry, UnknownPlatform
from shared.relay.change_routing import ChangeToMake, changes_to_make
from shared.relay.composing import CannotRoute, compose, compose_plain
from shared.relay.deliveries import Closing, KnownDelivery, NewDelivery, PartsTooLarge, excerpt_for_log, new_log_id
from shared.relay.filtering import author_label, passes, with_media_policy
from shared.relay.models import Account, Bot, Mapping
from shared.relay.queue_messages import DeliveryOrder, IncomingEvent, Outgoing, group_id
from shared.relay.quoted_deliveries import DeliveredMessages, QuotedDeliveries
from shared.relay.routing_ports import Configuration, IdentityLookup, LoopJudge, NewDeliveries, PlatformQueues

logger = logging.getLogger("kook_relay.routing")

# A mapping names a channel of no more (shared/relay/requests.py), and no index takes a key of any length.
MAX_CHANNEL_ID_CHARACTERS = 128
_FALLBACK_CHARACTERS = 20_000
# For the log alone. KOOK's names are far shorter; what is longer must not make a record too large to be written.
_MAX_NAME_CHARACTERS = 200


_Wanted = TypeVar("_Wanted")


class UnroutableEvent(Exception):
    """The event cannot be read by this version and never will be: it belongs into quarantine."""


class ChannelHeld(Exception):
    """The event has to wait for what was missed before it, at most ``seconds`` more."""

    def __init__(self, seconds: float) -> None:
        super().__init__(f"held for up to {seconds:.0f} s")
        self.seconds = seconds


@dataclass(slots=True)
class Routing:
    """What became of one event. ``dropped`` says why nothing was to be done."""

    dropped: str = ""
    queued: list[int] = field(default_factory=list)
    failed: list[int] = field(default_factory=list)
    filtered: list[int] = field(default_factory=list)


class RouteEvents:
    def __init__(
        self,
        *,
        configuration: Configuration,
        deliveries: NewDeliveries,
        queues: PlatformQueues,
        platforms: PlatformRegistry,
        identities: IdentityLookup,
        clock_ms: Callable[[], int],
        random_bits: Callable[[], int],
        delivered: DeliveredMessages,
        loops: LoopJudge,
    ) -> None:
        self._loops = loops
        self._delivered = delivered
        self._configuration = configuration
        self._deliveries = deliveries
        self._queues = queues
        self._platforms = platforms
        self._identities = identities
        self._clock_ms = clock_ms
        self._random_bits = random_bits

    def route(self, incoming: IncomingEvent) -> Routing:
        """Route one event.

        Raises:
            UnroutableEvent: for quarantine.
            ChannelHeld: a backfill is at work on what came before; the event has to come back.
            Exception: records or orders could not be written; the event has to come back.
        """
        event = parse_event(incoming.event)
        mappings = self._mappings_of(event, incoming)
        dropped = self._reason_to_drop(incoming, event, mappings)
        if dropped:
            return Routing(dropped=dropped)
        routing = Routing()
        change = message_change(event)
        if change is not None:
            return self._route_change(change, event, incoming, mappings, routing)
        message = _readable(event)
        wanted = [mapping for mapping in mappings if passes(message, mapping.filters)]
        routing.filtered = [mapping.id for mapping in mappings if mapping not in wanted]
        held_back = self._loops.judge(message, wanted)
        quoted = QuotedDeliveries(self._delivered, message.quote)
        self._route_each(
            wanted,
            lambda mapping: self._route_to(mapping, message, incoming, routing, quoted, held_back.get(mapping.id)),
        )
        return routing

    def _route_each(self, wanted: Iterable[_Wanted], route_one: Callable[[_Wanted], NewDelivery | None]) -> None:
        """Route one after another and queue what is to be sent. What fails is raised at the end: the other destinations
        do not wait for it."""
        orders: dict[str, list[Outgoing]] = {}
        problems: list[Exception] = []
        for one in wanted:
            try:
                new = route_one(one)
            except Exception as problem:  # noqa: BLE001 - see above
                problems.append(problem)
                continue
            if new is not None:
                order = DeliveryOrder(new.message_id, new.mapping_id, generation=1)
                outgoing = Outgoing(order.to_body(), group_id(new.destination_key), order.deduplication_id)
                orders.setdefault(new.platform, []).append(outgoing)
        for platform_name, messages in orders.items():
            self._queues.send(platform_name, messages)
        if problems:
            raise problems[0]

    def _mappings_of(self, event: KookEvent, incoming: IncomingEvent) -> list[Mapping]:
        """The mappings that are switched on; not even looked for where there can be none. What was said before one
        was there is not fetched for it from the history."""
        if _is_unrelated(event) or len(event.channel_key) > MAX_CHANNEL_ID_CHARACTERS:
            return []
        return [
            one
            for one in self._configuration.mappings_for_channel(event.channel_key, incoming.received_at_ms)
            if one.enabled and not (incoming.backfilled and incoming.received_at_ms < one.starts_at_ms)
        ]

    def _reason_to_drop(self, incoming: IncomingEvent, event: KookEvent, mappings: Sequence[Mapping]) -> str:
        """Why the event concerns nobody; "" when it does."""
        if _is_unrelated(event):
            return "system event"
        if not mappings:
            return "channel not mapped"
        account = self._configuration.account(incoming.account_id, incoming.received_at_ms)
        if account is None:
            return "account deleted"
        if not account.relays_event_received_at(incoming.received_at_ms):
            return "account stopped"
        held_ms = account.held_until_ms - self._clock_ms()
        if held_ms > 0 and not incoming.backfilled:
            raise ChannelHeld(held_ms / 1000)
        return "own echo" if self._is_echo(account, event) else ""

    def _route_change(
        self,
        change: MessageChange,
        event: KookEvent,
        incoming: IncomingEvent,
        mappings: Sequence[Mapping],
        routing: Routing,
    ) -> Routing:
        """A change of each delivery the message has caused; in a destination's queue it comes after the message."""
        subjects = self._delivered.deliveries_of(change.subject_id)
        self._route_each(
            _to_make(change, event, subjects, mappings),
            lambda wanted: self._route_one_change(change, wanted, event, incoming, routing),
        )
        if not routing.queued and not routing.failed:
            routing.dropped = "nothing to change"
        return routing

    def _route_one_change(
        self,
        change: MessageChange,
        wanted: ChangeToMake,
        event: KookEvent,
        incoming: IncomingEvent,
        routing: Routing,
    ) -> NewDelivery | None:
        subject, mapping = wanted.subject, wanted.mapping
        bot = self._configuration.bot(subject.bot_id)
        here = mapping.model_copy(
            update={
                "target_bot_id": subject.bot_id,
                "target_platform": subject.platform,
                "target_channel_id": subject.target_channel_id,
            }
        )
        shown = wanted.logged
        fields: dict[str, Any] = {
            "message_id": event.event_id,
            "destination_key": subject.destination_key,
            "message_kind": change.kind,
            "action": change.kind,
            "subject_id": change.subject_id,
        }
        try:
            platform, destination = self._destination(here, bot)
            # A mark has no parts of its own: what is put on the message travels in their place.
            parts: list[Part] = [Part("mark", change.emoji)] if change.emoji else []
            if wanted.message is not None:
                label = author_label(wanted.message, mapping.name_format)
                parts, _ = compose(platform, wanted.message, destination, label)
            note = []
            if wanted.note is not None:
                note = compose(platform, wanted.note, destination, author_label(wanted.note, mapping.name_format))[0][
                    :1
                ]
            new = replace(self._new_delivery(here, shown, incoming, destination, parts), note_parts=note, **fields)
            created = self._create(new, platform, shown, destination, _switched_off(bot))
        except CannotRoute as cannot:
            failed = replace(self._new_delivery(here, shown, incoming, None, []), **fields)
            self._deliveries.create_failed(failed, Closing("failed", cannot.code, cannot.detail))
            routing.failed.append(mapping.id)
            return None
        return self._to_queue(new, created, _switched_off(bot), routing)

    def _is_echo(self, account: Account, event: KookEvent) -> bool:
        if is_own_nonce(event.nonce):
            return True
        own_ids = {one.kook_user_id for one in self._configuration.accounts()} - {""}
        if event.author_id in own_ids:
            return True
        if not event.author.is_bot or account.kook_user_id or not account.bot_token:
            return False
        # A bot spoke and it is not known yet whether it is ours: ask KOOK; while it cannot say, take no risk of a loop.
        own_id = self._identities.kook_user_id(account)
        return own_id in ("", event.author_id)

    def _route_to(
        self,
        mapping: Mapping,
        message: RelayMessage,
        incoming: IncomingEvent,
        routing: Routing,
        quoted: QuotedDeliveries,
        held_back: Closing | None,
    ) -> NewDelivery | None:
        """Write the delivery's record; give it back when it is to be queued. One that is ``held_back`` is written as
        failed, with all that is needed to send it by hand."""
        bot = self._configuration.bot(mapping.target_bot_id)
        try:
            platform, destination = self._destination(mapping, bot)
            message = with_media_policy(message, mapping.media_policy)
            label = author_label(message, mapping.name_format)
            parts, notes = compose(platform, message, destination, label)
            if incoming.backfilled:
                notes = (*notes, "backfilled")
            new = replace(self._new_delivery(mapping, message, incoming, destination, parts), notes=notes)
            if "reply" in platform.abilities(destination) and quoted.went_through(mapping):
                bare, _ = compose(platform, replace(message, quote=None), destination, label)
                new = replace(new, parts=bare, note_parts=parts, subject_id=quoted.message_id)
            switched_off = held_back or _switched_off(bot)
            created = self._create(new, platform, message, destination, switched_off)
        except CannotRoute as cannot:
            new = self._new_delivery(mapping, message, incoming, None, [])
            self._deliveries.create_failed(new, Closing("failed", cannot.code, cannot.detail))
            routing.failed.append(mapping.id)
            return None
        return self._to_queue(new, created, switched_off, routing)

    def _to_queue(
        self, new: NewDelivery, created: bool, switched_off: Closing | None, routing: Routing
    ) -> NewDelivery | None:
        """The delivery when it is to be queued."""
        if switched_off is not None:
            routing.failed.append(new.mapping_id)
            return None
        # Found already there and still open, it may be that we died between writing it and queueing it: queue again.
        if not created and not self._deliveries.is_pending(new.message_id, new.mapping_id):
            return None
        routing.queued.append(new.mapping_id)
        return new

    def _create(
        self,
        new: NewDelivery,
        platform: Platform,
        message: RelayMessage,
        destination: Destination,
        switched_off: Closing | None,
    ) -> bool:
        """Write the record, with the beginning of the message where all of it does not fit. For a destination that is
        switched off it is written as failed, with all that is needed to send it once that is on again."""

        def create(wanted: NewDelivery) -> bool:
            if switched_off is not None:
                return self._deliveries.create_failed(wanted, switched_off)
            return self._deliveries.create(wanted)

        try:
            return create(new)
        except PartsTooLarge:
            shortened = compose_plain(platform, message, destination, _FALLBACK_CHARACTERS)
        try:
            about = new.subject_id if new.action != "send" else ""
            notes = (*new.notes, "shortened: too large")
            return create(replace(new, parts=shortened, note_parts=(), subject_id=about, notes=notes))
        except PartsTooLarge as error:
            raise CannotRoute("message_too_large", str(error)) from error

    def _destination(self, mapping: Mapping, bot: Bot | None) -> tuple[Platform, Destination]:
        if bot is None:
            raise CannotRoute("bot_deleted", f"bot {mapping.target_bot_id} of mapping {mapping.id} does not exist")
        if bot.platform != mapping.target_platform:
            raise CannotRoute("bot_misconfigured", f"bot {bot.id} is for {bot.platform}, the mapping is not")
        try:
            platform = self._platforms.get(bot.platform)
            return platform, platform.destination(bot.id, bot.config, mapping.target_channel_id)
        except (InvalidConfig, UnknownPlatform) as error:
            raise CannotRoute("bot_misconfigured", str(error)) from error

    def _new_delivery(
        self,
        mapping: Mapping,
        message: RelayMessage,
        incoming: IncomingEvent,
        destination: Destination | None,
        parts: Sequence[Part],
    ) -> NewDelivery:
        now_ms = self._clock_ms()
        return NewDelivery(
            message_id=message.message_id,
            mapping_id=mapping.id,
            platform=mapping.target_platform,
            bot_id=mapping.target_bot_id,
            destination_key=destination.key if destination else f"{mapping.target_platform}:none",
            target_channel_id=mapping.target_channel_id,
            parts=parts,
            kook_channel_id=message.channel_id,
            kook_channel_name=(message.channel_name or mapping.kook_channel_name)[:_MAX_NAME_CHARACTERS],
            content=excerpt_for_log(message.plain_text),
            message_kind=message.kind,
            sender_name=message.author.name[:_MAX_NAME_CHARACTERS],
            sender_id=message.author.id[:_MAX_NAME_CHARACTERS],
            account_id=incoming.account_id,
            received_at_ms=incoming.received_at_ms,
            created_at_ms=now_ms,
            log_id=new_log_id(now_ms, self._random_bits()),
        )


def _is_unrelated(event: KookEvent) -> bool:
    return event.is_system and message_change(event) is None


def _to_make(
    change: MessageChange, event: KookEvent, subjects: Sequence[KnownDelivery], mappings: Sequence[Mapping]
) -> list[ChangeToMake]:
    try:
        return changes_to_make(change, event, subjects, mappings)
    except Exception as error:
        raise UnroutableEvent(f"{type(error).__name__} while reading a {event.system_type} event") from error


def _switched_off(bot: Bot | None) -> Closing | None:
    if bot is None or bot.status != "disabled":
        return None
    return Closing("failed", "destination_disabled", bot.disabled_reason or "the bot is switched off")


def _readable(event: KookEvent) -> RelayMessage:
    try:
        return relay_message(event)
    except Exception as error:
        # It falls back to plain text by itself, so this is a bug: set the event aside rather than hold up its channel.
        raise UnroutableEvent(f"{type(error).__name__} while reading a type {event.type} event") from error
