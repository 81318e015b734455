"""The client's side of KOOK's gateway protocol, as a machine: what happened goes in, what to do comes out.

    find a gateway → connect → hello (6 s) → live: events, heartbeat (30 ± 5 s, pong within 6 s)
    no pong        → two more pings (2 s, 4 s) → lost
    lost           → two resumes (8 s, 16 s) → another gateway, backing off up to 60 s, and resume there
    told to reconnect, or refused to resume → forget the session, another gateway
    queue does not take an event → disconnect, acknowledge nothing, try the queue; then resume

Source: KOOK's WebSocket documentation. Three things go further, because nothing may be lost: a session that could not
be resumed at its own address is resumed at a new one before it is given up (as Kook.Net and Satori do); an event whose
predecessor never comes is not held for ever; and what was received is stored even if its session ends.

An sn counts as processed once its event is on the queue, and is told to KOOK only after it has been saved: KOOK may
forget the events up to it, and a restart asks for those after it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from enum import Enum
from typing import Final

from shared.kook.gateway.actions import Action, Connect, Disconnect, EventsMissed, FindGateway, Save, Send, Store
from shared.kook.gateway.flow import EventFlow
from shared.kook.gateway.frames import GatewayFrame, Signal, ping, resend_after
from shared.kook.gateway.ordering import BufferFull
from shared.kook.gateway.reconnecting import ReconnectPlan, Step, Way
from shared.kook.gateway.session import GatewaySession
from shared.kook.gateway.states import GatewayState
from shared.kook.gateway.timing import (
    CONNECT_SECONDS,
    FIND_SECONDS,
    HELLO_SECONDS,
    NEVER,
    Backoff,
    Beat,
    GapStep,
    Heartbeat,
)

# KOOK does not know the session or its sn (any more): there is nothing to resume.
NOT_RESUMABLE_CODES: Final = frozenset({40106, 40107, 40108})
TOKEN_REFUSED: Final = "token_refused"  # noqa: S105 - a word, not a token


class Phase(Enum):
    STOPPED = "stopped"
    WAITING = "waiting"  # until it is time for the next step
    FINDING = "finding"
    CONNECTING = "connecting"
    GREETING = "greeting"  # connected, and no hello yet
    LIVE = "live"
    HOLDING = "holding"  # the queue or the table takes nothing


class _Target(Enum):
    """What a connection is to become."""

    FRESH = "a new session"
    RESUME = "the session, at its own gateway"
    MOVED = "the session, at another gateway"


_CONNECTED = (Phase.GREETING, Phase.LIVE)


class GatewayMachine:
    """One account's connection. Every input takes the time (monotonic seconds) and returns the actions to take, in
    order; ``tick`` is due at ``deadline``. Not thread-safe: one caller at a time.

    ``random`` gives numbers from 0 up to 1.
    """

    def __init__(self, session: GatewaySession | None, random: Callable[[], float]) -> None:
        self.phase = Phase.STOPPED
        self.problem = ""  # what last went wrong, in a stable word; "" while all is well
        self._flow = EventFlow(session)
        self._heartbeat = Heartbeat(random)
        self._plan = ReconnectPlan(random)
        self._storage_backoff = Backoff(random, free_tries=0)
        self._actions: list[Action] = []
        self._attempt = 0
        self._step = Step(Way.FIND, 0.0, 0.0)
        self._target = _Target.FRESH
        self._address = ""
        self._phase_deadline = NEVER
        # A resumed connection whose hello named another session: it may turn out to be a new one.
        self._maybe_new_session = False
        self._unreadable_after_sn: int | None = None

    # --- what the caller may look at ---

    @property
    def deadline(self) -> float:
        """When ``tick`` is due next."""
        return min(self._phase_deadline, self._heartbeat.deadline, self._flow.deadline)

    @property
    def session(self) -> GatewaySession | None:
        """The session as it would have to be saved now."""
        return self._flow.session

    @property
    def wants_frames(self) -> bool:
        """False while the queue has to catch up: then read nothing."""
        return self._flow.has_room

    @property
    def has_unstored_events(self) -> bool:
        return self._flow.has_unstored_events

    @property
    def state(self) -> GatewayState:
        """What to show an operator."""
        if self.phase in (Phase.STOPPED, Phase.LIVE, Phase.HOLDING):
            return {
                Phase.STOPPED: GatewayState.STOPPED,
                Phase.LIVE: GatewayState.CONNECTED,
                Phase.HOLDING: GatewayState.WAITING_FOR_STORAGE,
            }[self.phase]
        return GatewayState.REFUSED if self.problem == TOKEN_REFUSED else GatewayState.CONNECTING

    # --- life ---

    def start(self, now: float) -> list[Action]:
        self._reconnect(now)
        return self._taken()

    def stop(self) -> list[Action]:
        """Disconnect. Events already received go on to be stored, one after another; then save ``session``."""
        self._drop_connection()
        self._flow.save_at = NEVER
        self._enter(Phase.STOPPED)
        self._store_next()
        return self._taken()

    def tick(self, now: float) -> list[Action]:
        """Do what is due."""
        if now >= self._phase_deadline:
            self._phase_deadline = NEVER
            self._phase_over(now)
        if self.phase is Phase.LIVE:
            self._beat(now)
        if self.phase is Phase.LIVE:
            self._mind_gap(now)
        if now >= self._flow.save_at:
            self._save()
        return self._taken()

    # --- finding a gateway and connecting ---

    def gateway_found(self, attempt: int, url: str, now: float) -> list[Action]:
        if attempt == self._attempt and self.phase is Phase.FINDING:
            session = self._flow.session
            self._connect(_Target.MOVED if session else _Target.FRESH, url, now + CONNECT_SECONDS)
        return self._taken()

    def gateway_failed(
        self, attempt: int, now: float, *, problem: str, retry_after_seconds: float = 0.0
    ) -> list[Action]:
        """``problem`` is a stable word, TOKEN_REFUSED when an operator has to act."""
        if attempt == self._attempt and self.phase is Phase.FINDING:
            self.problem = problem
            self._take_step(self._plan.find_again(now, at_least_seconds=retry_after_seconds), now)
        return self._taken()

    def connected(self, attempt: int, now: float) -> list[Action]:
        if attempt == self._attempt and self.phase is Phase.CONNECTING:
            self._enter(Phase.GREETING, now + HELLO_SECONDS)
        return self._taken()

    def connection_lost(self, attempt: int, now: float, *, problem: str) -> list[Action]:
        """The connection ended, or could not be made."""
        if attempt == self._attempt and self.phase in (Phase.CONNECTING, *_CONNECTED):
            self._broken(problem, now)
        return self._taken()

    # --- frames ---

    def frame_received(self, attempt: int, frame: GatewayFrame, now: float) -> list[Action]:
        """Signals that are unknown, or out of place, are passed over."""
        if attempt != self._attempt or self.phase not in _CONNECTED:
            return []
        if frame.signal == Signal.RECONNECT:
            self._start_over(f"KOOK asked to reconnect (code {frame.code})", now)
        elif self.phase is Phase.GREETING:
            if frame.signal == Signal.HELLO:
                self._greeted(frame, now)
        elif frame.signal == Signal.EVENT:
            self._event(frame, now)
        elif frame.signal == Signal.PONG:
            self._heartbeat.pong()
            self._plan.progress()
            self._storage_backoff.reset()
        elif frame.signal == Signal.RESUMED:
            self._maybe_new_session = False
        return self._taken()

    def frame_unreadable(self, attempt: int, now: float, *, problem: str) -> list[Action]:
        """A message that is no frame, or too large a one. It may have been an event, so it is asked for once more by
        resuming; when nothing but it comes then, the session cannot go on."""
        if attempt != self._attempt or self.phase not in _CONNECTED:
            return []
        is_second = self.phase is Phase.LIVE and self._unreadable_after_sn == self._flow.received_sn
        self._unreadable_after_sn = None if is_second else self._flow.received_sn
        if is_second:
            self.problem = problem
            self._start_over(f"a frame cannot be read ({problem})", now)
        else:
            self._broken(problem, now)
        return self._taken()

    # --- storage ---

    def event_stored(self, now: float) -> list[Action]:
        """The event of the last Store is on the queue, or the queue will never take it."""
        self._flow.stored(now)
        if self.phase is Phase.HOLDING and self._phase_deadline == NEVER:  # it was the try that is waited for
            self._stop_holding(now)
        self._store_next()
        return self._taken()

    def event_not_stored(self, now: float) -> list[Action]:
        """The queue did not take the event of the last Store, and may take it later."""
        self._flow.not_stored()
        self._hold(now)
        return self._taken()

    def session_not_saved(self, now: float) -> list[Action]:
        """A Save did not work: of the actions after it take only Store, then these."""
        self._hold(now)
        return self._taken()

    # --- how it does it ---

    def _taken(self) -> list[Action]:
        actions, self._actions = self._actions, []
        return actions

    def _enter(self, phase: Phase, deadline: float = NEVER) -> None:
        self.phase = phase
        self._phase_deadline = deadline

    def _phase_over(self, now: float) -> None:
        if self.phase is Phase.WAITING:
            self._take_step(self._step, now)
        elif self.phase is Phase.FINDING:
            self.problem = "gateway_timeout"
            self._drop_connection()
            self._take_step(self._plan.find_again(now), now)
        elif self.phase is Phase.CONNECTING:
            self._broken("connect_timeout", now)
        elif self.phase is Phase.GREETING:
            self._broken("hello_timeout", now)
        elif self.phase is Phase.HOLDING:
            self._try_storage(now)

    def _reconnect(self, now: float) -> None:
        self._take_step(self._plan.next_step(now, resumable=self._flow.session is not None), now)

    def _take_step(self, step: Step, now: float) -> None:
        self._step = step
        session = self._flow.session
        if now < step.at:
            self._enter(Phase.WAITING, step.at)
        elif step.way is Way.RESUME and session is not None:
            self._attempt += 1
            self._connect(_Target.RESUME, session.url, step.by)
        else:
            self._attempt += 1
            self._enter(Phase.FINDING, now + FIND_SECONDS)
            self._actions.append(FindGateway(self._attempt))

    def _connect(self, target: _Target, address: str, by: float) -> None:
        session = self._flow.session
        self._target, self._address = target, address
        self._enter(Phase.CONNECTING, by)
        self._actions.append(Connect(self._attempt, session.resume_url(address) if session else address))

    def _greeted(self, hello: GatewayFrame, now: float) -> None:
        if hello.code in NOT_RESUMABLE_CODES:
            self._start_over(f"KOOK does not resume the session (code {hello.code})", now)
            return
        if hello.code != 0:  # for instance the address's token has expired
            self._plan.give_up_resuming()
            self._broken(f"hello_refused_{hello.code}", now)
            return
        session = self._flow.session
        self._maybe_new_session = session is not None and hello.session_id not in ("", session.session_id)
        if session is None:
            self._flow.begin_session(GatewaySession(self._address, hello.session_id))
        else:
            session_id = hello.session_id or session.session_id
            self._flow.session = replace(session, url=self._address, session_id=session_id)
        self.problem = ""
        self._enter(Phase.LIVE)
        self._heartbeat.start(now)
        self._flow.connected(now)
        self._save()

    def _event(self, event: GatewayFrame, now: float) -> None:
        session = self._flow.session
        if self._maybe_new_session and session is not None and event.sn == 1 and self._flow.received_sn > 0:
            self._end_session("KOOK began another session")
            self._flow.begin_session(replace(session, sn=0))
            self._save()
        try:
            if self._flow.receive(event, now):
                self._plan.progress()
        except BufferFull:
            self._broken("too_many_early_events", now)
        self._store_next()

    def _beat(self, now: float) -> None:
        if not self.wants_frames:
            self._heartbeat.postpone(now)  # the pong may lie among what is not read yet
        beat = self._heartbeat.due(now)
        if beat is Beat.LOST:
            self._broken("pong_timeout", now)
        elif beat is Beat.PING:
            self._save()
            self._actions.append(Send(ping(self._processed_sn())))

    def _mind_gap(self, now: float) -> None:
        step = self._flow.gap_step(now)
        if step is GapStep.ASK:
            self._save()
            self._actions.append(Send(resend_after(self._processed_sn())))
        elif step is GapStep.RECONNECT:
            self._broken("event_missing", now)
        elif step is GapStep.SKIP:
            self._actions.append(EventsMissed("an event never came"))
            self._store_next()

    def _processed_sn(self) -> int:
        return self._flow.session.sn if self._flow.session is not None else 0

    def _save(self) -> None:
        self._flow.save_at = NEVER
        self._actions.append(Save(self._flow.session))

    def _store_next(self) -> None:
        # While holding, only the try that is due stores.
        if self.phase is not Phase.HOLDING and (event := self._flow.next_to_store()) is not None:
            self._actions.append(Store(event))

    def _broken(self, problem: str, now: float) -> None:
        """The connection is of no use any more."""
        never_greeted = self.phase is Phase.GREETING and self._target is _Target.MOVED
        self.problem = problem
        self._drop_connection()
        if never_greeted:
            self._end_session("the session could not be resumed")
            self._save()
        elif self._flow.session is not None and not self._flow.session.session_id:
            self._end_session("the session had no name to resume it by")
            self._save()
        self._reconnect(now)

    def _start_over(self, reason: str, now: float) -> None:
        self._drop_connection()
        self._end_session(reason)
        self._save()
        self._store_next()
        self._reconnect(now)

    def _end_session(self, reason: str) -> None:
        if self._flow.end_session():
            self._actions.append(EventsMissed(reason))

    def _drop_connection(self) -> None:
        self._attempt += 1
        self._heartbeat.stop()
        self._flow.disconnected()
        self._maybe_new_session = False
        self._actions.append(Disconnect())

    def _hold(self, now: float) -> None:
        self._drop_connection()
        self._flow.save_at = NEVER
        if self.phase is not Phase.STOPPED:
            self.problem = "storage_unavailable"
            self._enter(Phase.HOLDING, now + self._storage_backoff.next_seconds())

    def _try_storage(self, now: float) -> None:
        """Put the first waiting event on the queue, if one waits; else the connection's own Save is the try."""
        if (event := self._flow.next_to_store()) is not None:
            self._actions.append(Store(event))
        elif not self.has_unstored_events:
            self._stop_holding(now)

    def _stop_holding(self, now: float) -> None:
        self._plan.progress()  # the failure was ours: the session's own gateway is as good as before
        self._reconnect(now)
