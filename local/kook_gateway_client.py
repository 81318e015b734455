"""One account's connection to KOOK's gateway: the socket, the clock and the tasks around a GatewayMachine."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import random
import time
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from functools import partial
from typing import Final, TypeAlias, TypeVar

from local.kook_gateway_socket import ConnectionFailed, GatewayDialer, GatewaySocket, MessageTooLarge
from local.kook_gateway_status import StatusWriter
from shared.kook.client.errors import InvalidCall, KookApiError, KookError, KookRateLimited
from shared.kook.codec import Malformed, Oversized
from shared.kook.gateway.actions import Action, Connect, Disconnect, EventsMissed, FindGateway, Save, Send, Store
from shared.kook.gateway.frames import GatewayFrame, Signal, read_frame
from shared.kook.gateway.machine import TOKEN_REFUSED, GatewayMachine
from shared.kook.gateway.session import GatewaySession
from shared.kook.gateway.states import GatewayRecords, RecordsUnavailable
from shared.kook.webhook import Enqueue, MessageRefused, QueueUnavailable, enqueue_event

# Read from the socket and not yet looked at; then the socket is not read any further.
_MAX_UNSEEN_FRAMES: Final = 64
_STOP_SECONDS: Final = 5.0
_RECORDS_RETRY_SECONDS: Final = 5.0

logger = logging.getLogger(__name__)

Answer = TypeVar("Answer")
Input: TypeAlias = Callable[[float], list[Action]]


@dataclass(frozen=True, slots=True, repr=False)
class GatewayAccount:
    """``holder`` is another one when a session of before must not be resumed: see GatewayRecords."""

    account_id: int
    bot_token: str
    holder: str


@dataclass(frozen=True, slots=True)
class GatewayServices:
    """What a client works with. Everything but the dialer may block, and runs in ``threads`` (None: the loop's own).

    ``find_gateway`` gives the gateway's address for a bot token and raises KookError or InvalidCall. ``events_missed``
    is told the account's id when a backfill should look for events, and must not raise.
    """

    find_gateway: Callable[[str], str]
    dialer: GatewayDialer
    enqueue: Enqueue
    records: GatewayRecords
    events_missed: Callable[[int], None]
    clock_ms: Callable[[], int]
    threads: Executor | None = None
    monotonic: Callable[[], float] = time.monotonic
    random: Callable[[], float] = random.random


class GatewayClient:
    """``run`` it once; ``stop`` ends it."""

    def __init__(self, account: GatewayAccount, services: GatewayServices) -> None:
        self._account = account
        self._services = services
        self._machine = GatewayMachine(None, services.random)
        self._status = StatusWriter(account.account_id, services.records, services.clock_ms, services.monotonic)
        self._inbox: deque[Input] = deque()
        self._woken = asyncio.Event()
        self._unseen = asyncio.Semaphore(_MAX_UNSEEN_FRAMES)
        self._room = asyncio.Event()
        self._stopping = asyncio.Event()
        self._socket: GatewaySocket | None = None
        self._connecting: asyncio.Task[None] | None = None
        self._reading: asyncio.Task[None] | None = None
        self._storing: asyncio.Task[None] | None = None

    def stop(self) -> None:
        """Ask ``run`` to end: disconnect, put on the queue what was received, save the session."""
        self._stopping.set()
        self._woken.set()

    async def run(self) -> None:
        """Until stopped. Nothing that KOOK, the network, the queue or the table does makes it raise."""
        try:
            await self._load_session()
            if not self._stopping.is_set():
                await self._perform(self._machine.start(self._services.monotonic()))
            while not self._stopping.is_set():
                self._status.follow(self._machine.state, self._machine.problem)
                await self._step(min(self._machine.deadline, self._status.due_at))
            await self._wind_down()
        finally:
            await self._disconnect()
            await _cancelled(self._storing)
            await self._status.close(self._machine.state)

    # --- the loop ---

    async def _load_session(self) -> None:
        while not self._stopping.is_set():
            try:
                session = await self._in_thread(
                    partial(self._services.records.session, self._account.account_id, self._account.holder)
                )
            except RecordsUnavailable as error:
                logger.warning("account %d: gateway session not read: %s", self._account.account_id, error)
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(_RECORDS_RETRY_SECONDS):
                        await self._stopping.wait()
            else:
                self._machine = GatewayMachine(session, self._services.random)
                return

    async def _step(self, until: float) -> None:
        """Take the next input, waiting for it until that time, and do what is due."""
        if not self._stopping.is_set():
            await self._take_input(until)
        now = self._services.monotonic()
        if now >= self._machine.deadline:  # after each input too: a busy connection needs its heartbeat
            await self._perform(self._machine.tick(now))
        if self._machine.wants_frames:
            self._room.set()
        else:
            self._room.clear()

    async def _wind_down(self) -> None:
        await self._perform(self._machine.stop())
        until = self._services.monotonic() + _STOP_SECONDS
        while self._is_storing() and self._services.monotonic() < until:
            await self._take_input(until)
        await self._save(self._machine.session)

    async def _take_input(self, until: float) -> None:
        """Give the machine its next input, if there is one by that time."""
        if not self._inbox:
            self._woken.clear()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(max(0.0, until - self._services.monotonic())):
                    await self._woken.wait()
        if self._inbox:
            await self._perform(self._inbox.popleft()(self._services.monotonic()))

    def _is_storing(self) -> bool:
        return bool(self._inbox) or (self._storing is not None and not self._storing.done())

    def _put(self, taken: Input) -> None:
        self._inbox.append(taken)
        self._woken.set()

    # --- actions ---

    async def _perform(self, actions: Sequence[Action]) -> None:
        saved = True
        for action in actions:
            if saved or isinstance(action, Store):
                saved = await self._take(action) and saved
        if not saved:
            await self._perform(self._machine.session_not_saved(self._services.monotonic()))

    async def _take(self, action: Action) -> bool:
        """False for a session that could not be saved."""
        match action:
            case FindGateway(attempt):
                self._connecting = asyncio.create_task(self._find(attempt))
            case Connect(attempt, url):
                self._connecting = asyncio.create_task(self._connect(attempt, url))
            case Disconnect():
                await self._disconnect()
            case Send(text):
                await self._send(text)
            case Store(event):
                self._storing = asyncio.create_task(self._store(event))
            case Save(session):
                return await self._save(session)
            case EventsMissed(reason):
                self._note_missed(reason)
        return True

    async def _find(self, attempt: int) -> None:
        failed = partial(self._machine.gateway_failed, attempt)
        try:
            url = await asyncio.to_thread(self._services.find_gateway, self._account.bot_token)
        except InvalidCall:
            self._put(partial(failed, problem=TOKEN_REFUSED))
        except KookRateLimited as limit:
            self._put(partial(failed, problem="rate_limited", retry_after_seconds=limit.retry_after_seconds))
        except KookApiError as refusal:
            problem = TOKEN_REFUSED if refusal.token_refused else f"gateway_refused_{refusal.code}"
            self._put(partial(failed, problem=problem))
        except KookError:
            self._put(partial(failed, problem="kook_unreachable"))
        else:
            self._put(partial(self._machine.gateway_found, attempt, url))

    async def _connect(self, attempt: int, url: str) -> None:
        try:
            self._socket = await self._services.dialer.connect(url)
        except ConnectionFailed as failure:
            self._put(partial(self._machine.connection_lost, attempt, problem=failure.problem))
            return
        self._put(partial(self._machine.connected, attempt))
        self._reading = asyncio.create_task(self._read(attempt, self._socket))

    async def _read(self, attempt: int, socket: GatewaySocket) -> None:
        unreadable = partial(self._machine.frame_unreadable, attempt)
        try:
            while True:
                await self._room.wait()
                frame = read_frame(await socket.receive(), self._services.clock_ms())
                await self._unseen.acquire()
                self._put(partial(self._see, attempt, frame))
        except ConnectionFailed as failure:
            self._put(partial(self._machine.connection_lost, attempt, problem=failure.problem))
        except Malformed:
            self._put(partial(unreadable, problem="malformed_frame"))
        except (Oversized, MessageTooLarge):
            self._put(partial(unreadable, problem="oversized_frame"))

    def _see(self, attempt: int, frame: GatewayFrame, now: float) -> list[Action]:
        self._unseen.release()
        if frame.signal == Signal.EVENT:
            self._status.event_received(frame.received_at_ms)
        return self._machine.frame_received(attempt, frame, now)

    async def _disconnect(self) -> None:
        await _cancelled(self._connecting)
        await _cancelled(self._reading)
        if self._socket is not None:
            await self._socket.close()
        self._socket = self._connecting = self._reading = None

    async def _send(self, text: str) -> None:
        if self._socket is not None:
            with contextlib.suppress(ConnectionFailed):  # who reads from the connection finds out
                await self._socket.send(text)

    async def _store(self, event: GatewayFrame) -> None:
        account_id = self._account.account_id
        try:
            if event.data is None:
                raise MessageRefused("the event has no content")
            await self._in_thread(
                partial(enqueue_event, self._services.enqueue, account_id, event.data, event.received_at_ms)
            )
        except QueueUnavailable as failure:
            logger.warning("account %d: an event waits for the queue: %s", account_id, failure)
            self._put(self._machine.event_not_stored)
            return
        except MessageRefused as refusal:
            logger.error("account %d: event %s of the gateway is passed over: %s", account_id, event.sn, refusal)
        except Exception as error:  # noqa: BLE001 - whatever it is, the event is not on the queue
            logger.error("account %d: an event waits, enqueuing it broke: %s", account_id, type(error).__name__)
            self._put(self._machine.event_not_stored)
            return
        self._put(self._machine.event_stored)

    async def _save(self, session: GatewaySession | None) -> bool:
        save = self._services.records.save_session
        try:
            await self._in_thread(partial(save, self._account.account_id, self._account.holder, session))
        except RecordsUnavailable as error:
            logger.warning("account %d: gateway session not saved: %s", self._account.account_id, error)
            return False
        return True

    def _note_missed(self, reason: str) -> None:
        logger.warning("account %d: events may have been missed: %s", self._account.account_id, reason)
        self._status.missed()
        self._status.keep(asyncio.to_thread(self._services.events_missed, self._account.account_id))

    async def _in_thread(self, work: Callable[[], Answer]) -> Answer:
        return await asyncio.get_running_loop().run_in_executor(self._services.threads, work)


async def _cancelled(task: asyncio.Task[None] | None) -> None:
    """Cancel a task and wait until it has ended."""
    if task is not None:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
