"""Stopping and starting the relay as a whole.

While it is stopped, what KOOK sends is still taken in, and everything waits in its queue unread: nothing is received,
so nothing is lost, out of order, or a receive nearer to the dead letters. What is wanted is a record of its own; the
event sources follow it, and whoever comes by every minute makes them follow when they could not at once.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal, Protocol, TypeAlias

from shared.relay.errors import Refusal, RelayError

logger = logging.getLogger("kook_relay.service")

ServiceWord: TypeAlias = Literal["running", "stopping", "stopped", "starting"]


class EventSourcesUnavailable(Exception):
    """The event sources could not be asked or switched. ``detail`` holds no secret."""

    def __init__(self, detail: str) -> None:
        super().__init__(detail)
        self.detail = detail


class EventSources(Protocol):
    """What reads the queues and calls the functions."""

    def request(self, enabled: bool) -> None:
        """Ask all of them to read or not to read; those that are on their way already are left alone. It takes effect
        a little later: ``follow`` tells. Raises EventSourcesUnavailable."""

    def follow(self, enabled: bool) -> bool:
        """Whether all of them are as asked. Raises EventSourcesUnavailable."""


@dataclass(frozen=True, slots=True)
class ServiceRecord:
    """What the operator wants. ``settled`` is False until the event sources were seen to follow."""

    running: bool
    started_at_ms: int
    changed_at_ms: int
    settled: bool


class ServiceStore(Protocol):
    """Every method may raise StoreUnavailable."""

    def service(self) -> ServiceRecord | None: ...

    def add_service(self, record: ServiceRecord) -> None:
        """Does nothing when there is one already."""

    def save_service(self, record: ServiceRecord) -> None: ...

    def settle_service(self, record: ServiceRecord) -> None:
        """Mark that record as settled; does nothing when it was changed meanwhile."""


@dataclass(frozen=True, slots=True)
class ServiceState:
    """``uptime_seconds`` counts from the last start; 0 while stopped."""

    running: bool
    word: ServiceWord
    uptime_seconds: int


class ServiceSwitch:
    """``changed`` is told of every change ("running", "stopped"), ``clear_caches`` called by a restart."""

    def __init__(
        self,
        store: ServiceStore,
        sources: EventSources,
        clock_ms: Callable[[], int],
        *,
        changed: Callable[[str], None] = lambda word: None,
        clear_caches: Callable[[], None] = lambda: None,
    ) -> None:
        self._store = store
        self._sources = sources
        self._clock_ms = clock_ms
        self._changed = changed
        self._clear_caches = clear_caches

    def is_running(self) -> bool:
        """What the operator wants; a relay that was never stopped runs."""
        record = self._store.service()
        return record is None or record.running

    def state(self) -> ServiceState:
        """Raises StoreUnavailable. Event sources that do not answer count as not there yet."""
        record = self._record()
        uptime_ms = max(0, self._clock_ms() - record.started_at_ms) if record.running else 0
        word: ServiceWord = "running" if record.running else "stopped"
        if not self._follows(record):
            word = "starting" if record.running else "stopping"
        return ServiceState(record.running, word, uptime_ms // 1000)

    def start(self) -> ServiceState:
        """Read the queues again. Starting what runs keeps its uptime.

        Raises:
            RelayError: SERVICE_SWITCH_FAILED; what is wanted is noted all the same
        """
        return self._switch(running=True)

    def stop(self) -> ServiceState:
        """Leave the queues unread. Raises RelayError (SERVICE_SWITCH_FAILED), noted all the same."""
        return self._switch(running=False)

    def restart(self) -> ServiceState:
        """Stop, start, and read the configuration afresh. Raises RelayError (SERVICE_SWITCH_FAILED)."""
        self._switch(running=False)
        self._clear_caches()
        return self._switch(running=True)

    def began(self) -> None:
        """Note that what reads the queues has just come up, as after a reboot: a relay that runs does so since now.
        Raises StoreUnavailable."""
        record, now_ms = self._record(), self._clock_ms()
        if record.running:
            self._store.save_service(replace(record, started_at_ms=now_ms))

    def settle(self) -> int:
        """Make the event sources follow a change they have not followed yet; 1 when there was something to do."""
        record = self._record()  # the first look of all is what the uptime counts from
        if record.settled:
            return 0
        if self._follows(record):
            self._store.settle_service(record)
        else:
            self._sources.request(record.running)
        return 1

    def _switch(self, *, running: bool) -> ServiceState:
        before = self._record()
        now_ms = self._clock_ms()
        if before.running != running or not before.settled:
            started_at_ms = now_ms if running and not before.running else before.started_at_ms
            self._store.save_service(ServiceRecord(running, started_at_ms, now_ms, settled=False))
        try:
            self._sources.request(running)
        except EventSourcesUnavailable as error:
            logger.error("event sources not switched", extra={"running": running, "detail": error.detail})
            raise RelayError(Refusal.SERVICE_SWITCH_FAILED, reason=error.detail) from None
        if before.running != running:
            logger.warning("service started" if running else "service stopped")
            self._changed("running" if running else "stopped")
        return self.state()

    def _record(self) -> ServiceRecord:
        record = self._store.service()
        if record is not None:
            return record
        now_ms = self._clock_ms()
        first = ServiceRecord(running=True, started_at_ms=now_ms, changed_at_ms=now_ms, settled=True)
        self._store.add_service(first)
        return self._store.service() or first

    def _follows(self, record: ServiceRecord) -> bool:
        if record.settled:
            return True
        try:
            return self._sources.follow(record.running)
        except EventSourcesUnavailable as error:
            logger.warning("event sources not seen", extra={"detail": error.detail})
            return False
