"""Backfill: what was said in the mapped channels while no event came through is read from KOOK's history and relayed.

KOOK gives up on an event after some two minutes (facts of its webhook.md), so an outage leaves a gap that only
message/list can fill. The history is read backwards to the last moment known to be complete, and relayed forwards.
A message that has a record already is left alone, so nothing is delivered twice however often this is done.
"""

from __future__ import annotations

import logging
import math
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any, Protocol

from shared.kook.client.results import Message
from shared.kook.listed_messages import event_of_listed, is_relayable
from shared.relay.backfill_orders import BackfillOrder, Walk
from shared.relay.models import Account
from shared.relay.models import Mapping as ChannelMapping
from shared.relay.queue_messages import IncomingEvent
from shared.relay.routing import Routing, UnroutableEvent
from shared.tasks.handlers import Continued, SecondsLeft

logger = logging.getLogger("kook_relay.backfill")

# Clocks differ, and messages are not listed in the instant they are said: a little is looked at again.
OVERLAP_MS = 120_000
# An event that is younger may still be on its way (KOOK tries for about two minutes). Only a run that holds live
# events back may relay it from the history without overtaking.
GRACE_MS = 150_000
# Renewed with every page. Live events wait no longer than this for a run that died.
HOLD_SECONDS = 300
MAX_PAGES = 400
_SECONDS_FOR_A_PAGE = 20.0
# KOOK's history may be out of reach while its events come in: they are not kept waiting for it any longer.
_HELD_FAILURES = 3
_MAX_FAILURES = 30
_FIRST_RETRY_SECONDS = 5
_LAST_RETRY_SECONDS = 900


class HistoryUnavailable(Exception):
    """KOOK does not answer now. ``retry_after_seconds`` is what it asked for, None for nothing said."""

    def __init__(self, detail: str, retry_after_seconds: float | None = None) -> None:
        super().__init__(detail)
        self.detail = detail
        self.retry_after_seconds = retry_after_seconds


class HistoryRefused(Exception):
    """KOOK does not show this channel to this bot."""

    def __init__(self, detail: str) -> None:
        super().__init__(detail)
        self.detail = detail


class History(Protocol):
    def page(self, account: Account, channel_id: str, before: str | None) -> Sequence[Message]:
        """Up to 50 messages, oldest first: the newest of the channel, or those before a message.

        Raises HistoryUnavailable, HistoryRefused.
        """


class Progress(Protocol):
    """How far each channel is known to be complete. Every method may raise StoreUnavailable."""

    def verified_ms(self, account_id: int, channel_id: str) -> int | None: ...

    def finished(self, account_id: int, channel_id: str, verified_ms: int, filled: int, reason: str) -> None: ...

    def failed(self, account_id: int, channel_id: str, problem: str) -> None: ...


class Holds(Protocol):
    """Live events of an account that wait for a backfill. Every method may raise StoreUnavailable."""

    def hold(self, account_id: int, run_id: str, until_ms: int) -> None: ...

    def release(self, account_id: int, run_id: str) -> None:
        """Let them go, unless another run holds them by now."""


class Configuration(Protocol):
    def account(self, account_id: int) -> Account | None: ...

    def mappings(self) -> Sequence[ChannelMapping]: ...


class KnownDeliveries(Protocol):
    def closed(self, keys: Collection[tuple[str, int]]) -> Collection[tuple[str, int]]:
        """Those (message id, mapping id) whose delivery has ended (strongly consistent)."""


class Router(Protocol):
    def route(self, incoming: IncomingEvent) -> Routing: ...


class Backfill:
    """The task handler of ``relay.backfill``. ``max_age_ms`` bounds how far back it looks: shorter than records are
    kept, or else what was delivered would be delivered again."""

    def __init__(
        self,
        *,
        configuration: Configuration,
        history: History,
        progress: Progress,
        holds: Holds,
        known: KnownDeliveries,
        router: Router,
        clock_ms: Callable[[], int],
        max_age_ms: int,
    ) -> None:
        self._configuration = configuration
        self._history = history
        self._progress = progress
        self._holds = holds
        self._known = known
        self._router = router
        self._clock_ms = clock_ms
        self._max_age_ms = max_age_ms

    def __call__(self, payload: Mapping[str, Any], seconds_left: SecondsLeft) -> Continued | None:
        order = BackfillOrder.from_payload(payload)
        account = self._configuration.account(order.account_id)
        if account is None or account.status != "online" or not account.bot_token:
            self._release(order)
            return None
        by_channel = _by_channel(self._configuration.mappings())
        for channel_id in sorted(by_channel):
            if channel_id <= order.done_channel:
                continue
            mappings = by_channel[channel_id]
            try:
                walked = self._walk_channel(order, account, channel_id, mappings, seconds_left)
            except HistoryUnavailable as failure:
                return self._put_off(order, channel_id, failure)
            except HistoryRefused as refused:
                logger.warning("history not shown", extra={"account_id": account.id, "kook_channel_id": channel_id})
                self._progress.failed(account.id, channel_id, refused.detail)
                walked = order.past(channel_id)
            if walked.walk is not None:
                return Continued(walked.to_task())
            order = walked
        self._release(order)
        return None

    def _walk_channel(
        self,
        order: BackfillOrder,
        account: Account,
        channel_id: str,
        mappings: Sequence[ChannelMapping],
        seconds_left: SecondsLeft,
    ) -> BackfillOrder:
        """The run with the channel finished, or as far as the seconds allow. Raises as History.page."""
        walk = order.walk
        if walk is None or walk.channel_id != channel_id:
            walk = Walk(channel_id, self._floor_ms(account, channel_id, mappings), self._clock_ms())
        while True:
            if seconds_left() < _SECONDS_FOR_A_PAGE:
                return order.at(walk)
            if order.holds:
                self._holds.hold(account.id, order.run_id, self._clock_ms() + HOLD_SECONDS * 1000)
            page = self._history.page(account, channel_id, _next_before(walk))
            if not walk.is_forward and _goes_on(page, walk):
                walk = _one_page_back(walk, page)
                continue
            walk = self._relay_page(page, walk, order, account, mappings)
            if not walk.boundaries:
                verified_ms = walk.began_ms - (0 if order.holds else GRACE_MS)
                self._progress.finished(account.id, channel_id, verified_ms, walk.filled, order.reason)
                return order.past(channel_id)
            walk = self._one_page_forward(walk)

    def _one_page_forward(self, walk: Walk) -> Walk:
        """Where to go after a page was relayed. The newest page cannot be asked for again by its place, because the
        channel may have gone on since: from where it began, a new and short walk goes to the end."""
        left = walk.boundaries[:-1]
        if left:
            return replace(walk, boundaries=left, is_forward=True)
        return Walk(walk.channel_id, walk.newest_page_ms, self._clock_ms(), filled=walk.filled)

    def _relay_page(
        self,
        page: Sequence[Message],
        walk: Walk,
        order: BackfillOrder,
        account: Account,
        mappings: Sequence[ChannelMapping],
    ) -> Walk:
        ceiling_ms = math.inf if order.holds else walk.began_ms - GRACE_MS
        wanted = [
            message
            for message in page
            if walk.floor_ms <= message["create_at"] <= ceiling_ms
            and is_relayable(message)
            and not _may_be_an_echo(message, mappings)
        ]
        keys = {(message["id"], mapping.id) for message in wanted for mapping in mappings}
        # Of one that is open it is not known whether it was ever queued: whoever wrote it may have been killed first.
        # It is queued again, ahead of the messages after it; an order too many does no harm.
        missing = keys - set(self._known.closed(keys)) if keys else set()
        missing_ids = {message_id for message_id, _ in missing}
        filled = walk.filled
        for message in wanted:
            if message["id"] in missing_ids and self._relay(message, account, mappings):
                filled += 1
        return replace(walk, filled=filled)

    def _relay(self, message: Message, account: Account, mappings: Sequence[ChannelMapping]) -> bool:
        """Whether a delivery came of it."""
        channel = mappings[0]
        event = event_of_listed(message, channel.kook_channel_id, channel.kook_server_id)
        incoming = IncomingEvent(account.id, message["id"], message["create_at"], event, backfilled=True)
        try:
            routing = self._router.route(incoming)
        except UnroutableEvent as error:
            # Quarantine, as for an event from the queue: the log says so, and the messages after it go on.
            logger.error("listed message unreadable", extra={"event_id": message["id"], "reason": str(error)})
            return False
        return bool(routing.queued or routing.failed)

    def _floor_ms(self, account: Account, channel_id: str, mappings: Sequence[ChannelMapping]) -> int:
        verified_ms = self._progress.verified_ms(account.id, channel_id)
        since_ms = account.started_at_ms if verified_ms is None else verified_ms - OVERLAP_MS
        starts_ms = min(mapping.starts_at_ms for mapping in mappings)
        return max(since_ms, starts_ms, self._clock_ms() - self._max_age_ms)

    def _put_off(self, order: BackfillOrder, channel_id: str, failure: HistoryUnavailable) -> Continued | None:
        if failure.retry_after_seconds is not None:
            delay_seconds = min(max(math.ceil(failure.retry_after_seconds), 1), HOLD_SECONDS // 2)
            if order.holds:
                self._holds.hold(order.account_id, order.run_id, self._clock_ms() + HOLD_SECONDS * 1000)
            return Continued(order.to_task(), delay_seconds)
        failures = order.failures + 1
        logger.warning(
            "history not read",
            extra={"account_id": order.account_id, "kook_channel_id": channel_id, "failures": failures},
        )
        self._progress.failed(order.account_id, channel_id, failure.detail)
        holds = order.holds
        if holds and failures >= _HELD_FAILURES:
            self._release(order)
            holds = False
        if failures >= _MAX_FAILURES:
            return None  # the scheduled runs go on looking
        delay_seconds = min(_FIRST_RETRY_SECONDS * 2 ** (failures - 1), _LAST_RETRY_SECONDS)
        return Continued(replace(order, failures=failures, holds=holds).to_task(), delay_seconds)

    def _release(self, order: BackfillOrder) -> None:
        if order.holds:
            self._holds.release(order.account_id, order.run_id)


def _by_channel(mappings: Sequence[ChannelMapping]) -> dict[str, list[ChannelMapping]]:
    channels: dict[str, list[ChannelMapping]] = {}
    for mapping in mappings:
        if mapping.enabled:
            channels.setdefault(mapping.kook_channel_id, []).append(mapping)
    return channels


def _next_before(walk: Walk) -> str | None:
    """The message before which the next page lies, in either direction; None for the newest page."""
    return walk.boundaries[-1] if walk.boundaries else None


def _goes_on(page: Sequence[Message], walk: Walk) -> bool:
    """Whether there may be messages before this page that are wanted too."""
    if not page or page[0]["create_at"] <= walk.floor_ms:
        return False
    if len(walk.boundaries) < MAX_PAGES:
        return True
    logger.error("gap too long to be filled whole", extra={"kook_channel_id": walk.channel_id, "pages": MAX_PAGES})
    return False


def _one_page_back(walk: Walk, page: Sequence[Message]) -> Walk:
    oldest = page[0]
    newest_page_ms = walk.newest_page_ms if walk.boundaries else oldest["create_at"]
    return replace(walk, boundaries=(*walk.boundaries, oldest["id"]), newest_page_ms=newest_page_ms)


def _may_be_an_echo(message: Message, mappings: Sequence[ChannelMapping]) -> bool:
    """A listed message has lost its nonce, which marks what the relay itself said. In a channel that is a destination
    too, whatever a bot said is therefore left out."""
    is_bot = message["author"] is not None and message["author"]["bot"]
    return is_bot and any(mapping.target_platform == "kook" for mapping in mappings)
