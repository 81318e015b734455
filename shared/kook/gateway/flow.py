"""The way of events through a session: put into order, waiting for the queue, processed."""

from __future__ import annotations

from dataclasses import replace

from shared.kook.gateway.backlog import Backlog
from shared.kook.gateway.frames import GatewayFrame
from shared.kook.gateway.ordering import EventOrder
from shared.kook.gateway.session import GatewaySession
from shared.kook.gateway.timing import NEVER, SAVE_INTERVAL_SECONDS, GapStep, GapWatch


class EventFlow:
    """``session`` is the present one with its processed sn, None between two. ``save_at`` is when it has to be saved
    next. Sessions end; what was received in them goes on to the queue all the same."""

    def __init__(self, session: GatewaySession | None) -> None:
        self.session = session
        self.save_at = NEVER
        self._order = EventOrder(session.sn if session else 0)
        self._backlog = Backlog()
        self._gap = GapWatch()

    @property
    def received_sn(self) -> int:
        return self._order.received

    @property
    def has_room(self) -> bool:
        return self._backlog.has_room

    @property
    def has_unstored_events(self) -> bool:
        return bool(self._backlog)

    @property
    def deadline(self) -> float:
        return min(self.save_at, self._gap.deadline)

    # --- sessions ---

    def begin_session(self, session: GatewaySession) -> None:
        self.session = session

    def end_session(self) -> bool:
        """Forget session, sn and buffer; whether there was a session."""
        existed = self.session is not None
        # Received is received: what waited for a predecessor goes without it.
        self._backlog.add(self._order.take_all())
        self._backlog.session_number += 1
        self._order = EventOrder(0)
        self._gap.observe(None, 0.0)
        self.session = None
        self.save_at = NEVER
        return existed

    # --- events ---

    def receive(self, event: GatewayFrame, now: float) -> bool:
        """Take one event; whether the order got on by it. Raises BufferFull: everything buffered has to come again."""
        before = self._order.received
        try:
            self._backlog.add(self._order.offer(event))
        finally:
            self._gap.observe(self._order.missing_sn, now)
        return self._order.received > before

    def next_to_store(self) -> GatewayFrame | None:
        """The event to put on the queue now; None when there is none or one is under way."""
        return self._backlog.begin()

    def stored(self, now: float) -> None:
        sn = self._backlog.done()
        if sn is not None and self.session is not None:
            self.session = replace(self.session, sn=sn)
            self.save_at = min(self.save_at, now + SAVE_INTERVAL_SECONDS)

    def not_stored(self) -> None:
        self._backlog.failed()

    # --- gaps ---

    def gap_step(self, now: float) -> GapStep:
        step = self._gap.due(now)
        if step is GapStep.SKIP:
            self._backlog.add(self._order.skip_missing())
            self._gap.observe(self._order.missing_sn, now)
        return step

    def connected(self, now: float) -> None:
        self._gap.go_on(now)

    def disconnected(self) -> None:
        self._gap.pause()
