"""The live log: every delivery that ends is pushed to those who watch, a batch at a time."""

from __future__ import annotations

import datetime as dt
import logging
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Protocol, TypeAlias

from shared.push.announcer import Announcements
from shared.relay.deliveries import Closing, Delivery, NewDelivery
from shared.relay.delivery_results import EndedDelivery
from shared.relay.live_messages import RELAY_TOPIC, log_message
from shared.relay.logs import LogRow
from shared.relay.times import iso_utc

logger = logging.getLogger("kook_relay.live")

# How long the first delivery of a batch waits for the others. A slow destination further down the batch holds up
# nothing but its own line of the log.
MAX_WAIT_SECONDS = 0.3

DeliveryKey: TypeAlias = tuple[str, int]


@dataclass(frozen=True, slots=True)
class DeliveryTexts:
    """What the log shows of a delivery and its claim does not carry."""

    log_id: int
    content: str
    message_type: str
    sender_name: str
    kook_channel_name: str
    created_at: str


class TextLookup(Protocol):
    def texts(self, keys: Sequence[DeliveryKey]) -> Mapping[DeliveryKey, DeliveryTexts]:
        """Of those deliveries whose record is there, by (message id, mapping id)."""


@dataclass(frozen=True, slots=True)
class _Noted:
    delivery: Delivery
    closing: Closing
    ended_at_ms: int


class LiveLog:
    """Implements shared.relay.delivery_results.DeliveryListener."""

    def __init__(
        self, announcements: Announcements, lookup: TextLookup, clock_ms: Callable[[], int], zone: dt.tzinfo
    ) -> None:
        self._announcements = announcements
        self._lookup = lookup
        self._clock_ms = clock_ms
        self._zone = zone

    @contextmanager
    def batch(self, size: int) -> Iterator[Callable[[EndedDelivery], None]]:
        """Collects what ends and orders it to be pushed when the batch is over, or after MAX_WAIT_SECONDS."""
        collected = _Collected(self._announce, wait_seconds=MAX_WAIT_SECONDS if size > 1 else None)
        try:
            yield lambda ended: collected.add(_Noted(ended.delivery, ended.closing, self._clock_ms()))
        finally:
            collected.finish()

    def failed_at_once(self, new: NewDelivery, closing: Closing) -> None:
        """A delivery that could not even be tried."""
        row = LogRow(
            id=new.log_id,
            kook_message_id=new.message_id,
            mapping_id=new.mapping_id,
            kook_channel_id=new.kook_channel_id,
            kook_channel_name=new.kook_channel_name,
            content=new.content,
            message_type=new.message_kind,
            sender_name=new.sender_name,
            platform=new.platform,
            bot_id=new.bot_id,
            target_channel=new.target_channel_id,
            created_at=iso_utc(new.created_at_ms),
            notes=new.notes,
            **_outcome(closing),
        )
        ended_at_ms = self._clock_ms()
        self._announcements.announce(RELAY_TOPIC, lambda: [log_message(row, ended_at_ms, self._zone)])

    def failed_late(self, row: LogRow) -> None:
        """A delivery that counted as successful, as its log shows it now."""
        ended_at_ms = self._clock_ms()
        self._announcements.announce(RELAY_TOPIC, lambda: [log_message(row, ended_at_ms, self._zone)])

    def _announce(self, noted: Sequence[_Noted]) -> None:
        self._announcements.announce(RELAY_TOPIC, lambda: self._messages(noted))

    def _messages(self, noted: Sequence[_Noted]) -> list[dict[str, Any]]:
        keys = [(one.delivery.message_id, one.delivery.mapping_id) for one in noted]
        texts = self._lookup.texts(keys)
        # A record whose retention has just ended has nothing left to show.
        found = [(one, texts[key]) for one, key in zip(noted, keys, strict=True) if key in texts]
        return [log_message(_row(one, shown), one.ended_at_ms, self._zone) for one, shown in found]


class _Collected:
    """Hands over what was added when it is finished, or ``wait_seconds`` after the first was added.

    The timer's thread and the batch's own take turns, so that everything is handed over once and in order.
    """

    def __init__(self, hand_over: Callable[[Sequence[_Noted]], None], wait_seconds: float | None) -> None:
        self._hand_over = hand_over
        self._wait_seconds = wait_seconds
        self._waiting: list[_Noted] = []
        self._timer: threading.Timer | None = None
        self._lock = threading.Lock()
        self._turn = threading.Lock()

    def add(self, noted: _Noted) -> None:
        with self._lock:
            self._waiting.append(noted)
            if self._timer is not None or self._wait_seconds is None:
                return
            self._timer = threading.Timer(self._wait_seconds, self._flush)
        self._timer.daemon = True
        try:
            self._timer.start()
        except RuntimeError:  # no more threads: it goes out when the batch ends
            logger.warning("the live log waits for the end of its batch")

    def finish(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._flush()

    def _flush(self) -> None:
        with self._turn:
            with self._lock:
                waiting, self._waiting, self._timer = self._waiting, [], None
            if waiting:
                self._hand_over(waiting)


class NewDeliveries(Protocol):
    """Where routing writes: shared.relay.routing_ports.NewDeliveries."""

    def create(self, new: NewDelivery) -> bool: ...

    def create_failed(self, new: NewDelivery, closing: Closing) -> bool: ...

    def is_pending(self, message_id: str, mapping_id: int) -> bool: ...


class WatchedNewDeliveries:
    """Implements shared.relay.routing_ports.NewDeliveries: what fails at once is in the live log as well."""

    def __init__(self, deliveries: NewDeliveries, log: LiveLog) -> None:
        self._deliveries = deliveries
        self._log = log

    def create(self, new: NewDelivery) -> bool:
        return self._deliveries.create(new)

    def create_failed(self, new: NewDelivery, closing: Closing) -> bool:
        created = self._deliveries.create_failed(new, closing)
        if created:
            self._log.failed_at_once(new, closing)
        return created

    def is_pending(self, message_id: str, mapping_id: int) -> bool:
        return self._deliveries.is_pending(message_id, mapping_id)


def _row(noted: _Noted, texts: DeliveryTexts) -> LogRow:
    delivery = noted.delivery
    return LogRow(
        id=texts.log_id,
        kook_message_id=delivery.message_id,
        mapping_id=delivery.mapping_id,
        kook_channel_id=delivery.kook_channel_id,
        kook_channel_name=texts.kook_channel_name,
        content=texts.content,
        message_type=texts.message_type,
        sender_name=texts.sender_name,
        platform=delivery.platform,
        bot_id=delivery.bot_id,
        target_channel=delivery.target_channel_id,
        created_at=texts.created_at,
        notes=tuple(delivery.notes),
        **_outcome(noted.closing),
    )


def _outcome(closing: Closing) -> dict[str, Any]:
    return {
        "status": closing.status,
        "error_code": closing.error_code or None,
        "error_message": closing.error_message or None,
        "latency_ms": closing.latency_ms,
    }
