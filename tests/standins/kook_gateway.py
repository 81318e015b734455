"""A stand-in for KOOK's WebSocket gateway, with the REST stand-in beside it that tells its address.

    with KookGatewayStandIn() as gateway, GatewayKookStandIn(gateway) as kook:
        ...                                   # the client finds the gateway by kook's gateway/index
        gateway.push({"type": 9, "msg_id": "…", …})
        gateway.drop()

Written from KOOK's WebSocket documentation and sharing no code with the client. It keeps sessions with their events,
replays on resume, forgets what was acknowledged, and misbehaves when told to: see ``Mischief`` and the methods.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import json
import random
import threading
import time
import zlib
from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self, TypeVar

from aiohttp import WSMsgType, web

from tests.standins.kook import API_PREFIX, KookStandIn
from tests.standins.server import Answer, RecordedRequest

Result = TypeVar("Result")


@dataclass
class Mischief:
    """What goes wrong with events on their way; 0 for never. Everything is repeatable by ``seed``."""

    reorder_window: int = 0  # events of one push are shuffled within windows of this size
    repeat_every: int = 0  # every so manieth event is sent twice
    lose_every: int = 0  # every so manieth event is not sent at first
    drop_every: int = 0  # after so many events the connection breaks
    seed: int = 7


@dataclass
class Session:
    id: str
    events: list[dict[str, Any]] = field(default_factory=list)
    acknowledged: int = 0
    sent: int = 0
    socket: web.WebSocketResponse | None = None
    compressed: bool = True


@dataclass(frozen=True)
class Opened:
    """One WebSocket handshake."""

    query: Mapping[str, str]
    at: float

    @property
    def is_resume(self) -> bool:
        return self.query.get("resume") == "1"


class KookGatewayStandIn:
    def __init__(self, host: str = "127.0.0.1", port: int = 0) -> None:
        self._host, self._port = host, port
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._runner: web.AppRunner | None = None
        self._numbers = itertools.count(1)
        self._tokens: set[str] = set()
        self._sessions: dict[str, Session] = {}
        self._current: Session | None = None
        self._waiting: list[dict[str, Any]] = []
        self._sent_events = 0
        self._open: set[web.WebSocketResponse] = set()
        # What a test reads.
        self.opened: list[Opened] = []
        self.received: list[dict[str, Any]] = []
        self.violations: list[str] = []
        self.most_open_at_once = 0
        # What a test sets.
        self.mischief = Mischief()
        self.pongs = True
        self.hello_codes: list[int] = []
        self.silent_hellos = 0
        self.refused_handshakes = 0
        self.resume_code = 0

    # --- life ---

    def start(self) -> Self:
        self._thread.start()
        self._call(self._listen())
        return self

    def stop(self) -> None:
        self._call(self._shut())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    # --- what a test does ---

    def issue_url(self, compress: bool = True) -> str:
        """A fresh address, as gateway/index gives it. Its token has what URLs escape in it."""
        token = f"MTAw/{next(self._numbers)}+gw=="
        self._tokens.add(token)
        escaped = token.replace("+", "%2B").replace("=", "%3D")
        return f"ws://{self._host}:{self._port}/gateway?compress={int(compress)}&token={escaped}"

    def push(self, *events: dict[str, Any]) -> None:
        """New events: for the present session, or for the next one when there is none."""
        self._call(self._push(list(events)))

    def drop(self) -> None:
        """Break every connection without a close frame. The sessions stay."""
        self._call(self._drop())

    def ask_to_reconnect(self, code: int = 0) -> None:
        """Signal 5: the session is at its end. Events not sent yet go to the next one."""
        self._call(self._ask_to_reconnect(code))

    def forget_sessions(self) -> None:
        """Every resume from now on is refused as expired."""
        self._call(self._forget_sessions())

    def send_raw(self, message: bytes | str) -> None:
        """A message that need not be a frame."""
        self._call(self._send_raw(message))

    @property
    def is_connected(self) -> bool:
        return self._current is not None and self._current.socket is not None

    @property
    def acknowledged(self) -> int:
        """The highest sn of the present session that the client said it has processed."""
        return self._current.acknowledged if self._current is not None else 0

    @property
    def pings(self) -> list[int]:
        return [frame["sn"] for frame in self.received if frame.get("s") == 2]

    def wait_until(self, condition: Callable[[], bool], timeout_seconds: float = 60.0) -> bool:
        deadline = time.monotonic() + timeout_seconds
        while not condition():
            if time.monotonic() > deadline:
                return False
            time.sleep(0.01)
        return True

    # --- on the loop's thread ---

    def _call(self, work: Coroutine[Any, Any, Result]) -> Result:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(20)

    async def _listen(self) -> None:
        application = web.Application()
        application.add_routes([web.get("/gateway", self._serve)])
        self._runner = web.AppRunner(application, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, self._host, self._port)
        await site.start()
        self._port = self._runner.addresses[0][1]

    async def _shut(self) -> None:
        await self._drop()
        assert self._runner is not None
        await self._runner.cleanup()

    async def _serve(self, request: web.Request) -> web.StreamResponse:
        query = dict(request.query)
        self.opened.append(Opened(query, time.monotonic()))
        if self.refused_handshakes:
            self.refused_handshakes -= 1
            return web.Response(status=503)
        socket = web.WebSocketResponse(compress=False, max_msg_size=65536)
        await socket.prepare(request)
        self._open.add(socket)
        self.most_open_at_once = max(self.most_open_at_once, len(self._open))
        try:
            session = await self._greet(socket, query)
            async for message in socket:
                if message.type is WSMsgType.TEXT:
                    await self._take(session, socket, message.data)
                else:
                    self.violations.append(f"a message of type {message.type.name}")
        except ConnectionError:
            pass
        finally:
            self._open.discard(socket)
            if self._current is not None and self._current.socket is socket:
                self._current.socket = None
        return socket

    async def _greet(self, socket: web.WebSocketResponse, query: Mapping[str, str]) -> Session | None:
        if self.silent_hellos:
            self.silent_hellos -= 1
            return None
        compressed = query.get("compress", "1") == "1"
        code = self.hello_codes.pop(0) if self.hello_codes else 0
        if query.get("token") not in self._tokens:
            code = 40101
        if code:
            await self._send(socket, {"s": 1, "d": {"code": code}}, compressed)
            return None
        if query.get("resume") == "1":
            return await self._resume(socket, query, compressed)
        session = Session(f"session-{next(self._numbers)}", compressed=compressed)
        if self._current is not None:
            self._waiting[:0] = self._current.events[self._current.sent :]
        self._sessions = {session.id: session}
        self._current = session
        session.socket = socket
        await self._send(socket, {"s": 1, "d": {"code": 0, "session_id": session.id}}, compressed)
        waiting, self._waiting = self._waiting, []
        await self._push(waiting)
        return session

    async def _resume(
        self, socket: web.WebSocketResponse, query: Mapping[str, str], compressed: bool
    ) -> Session | None:
        session = self._sessions.get(query.get("session_id", ""))
        sn = int(query["sn"]) if query.get("sn", "").isdigit() else -1
        code = self.resume_code
        if session is None:
            code = code or 40107
        elif not session.acknowledged <= sn <= len(session.events):
            code = code or 40108
        if code or session is None:
            await self._send(socket, {"s": 1, "d": {"code": 0, "session_id": query.get("session_id", "")}}, compressed)
            await self._send(socket, {"s": 5, "d": {"code": code, "err": "resume failed"}}, compressed)
            return None
        session.socket, session.compressed, self._current = socket, compressed, session
        await self._send(socket, {"s": 1, "d": {"code": 0, "session_id": session.id}}, compressed)
        await self._replay(session, sn)
        await self._send_of(session, {"s": 6, "d": {"session_id": session.id}})
        return session

    async def _take(self, session: Session | None, socket: web.WebSocketResponse, text: str) -> None:
        try:
            frame = json.loads(text)
        except ValueError:
            self.violations.append("a message that is not JSON")
            return
        self.received.append(frame)
        if set(frame) != {"s", "sn"} or frame["s"] not in (2, 4) or not isinstance(frame["sn"], int):
            self.violations.append(f"a frame that is not documented: {frame}")
            return
        if session is None or session is not self._current:
            return
        if frame["sn"] > session.sent or frame["sn"] < session.acknowledged:
            self.violations.append(f"sn {frame['sn']} where {session.acknowledged} to {session.sent} can be")
        session.acknowledged = max(session.acknowledged, frame["sn"])
        if frame["s"] == 4:
            await self._replay(session, frame["sn"])
            await self._send_of(session, {"s": 6, "d": {"session_id": session.id}})
        elif self.pongs:
            await self._replay(session, frame["sn"])
            await self._send_of(session, {"s": 3})

    async def _push(self, events: Sequence[dict[str, Any]]) -> None:
        session = self._current
        if session is None:
            self._waiting.extend(events)
            return
        session.events.extend(events)
        await self._send_new(session)

    async def _send_new(self, session: Session) -> None:
        if session.socket is None:
            return
        fresh = list(range(session.sent + 1, len(session.events) + 1))
        if window := self.mischief.reorder_window:
            shuffler = random.Random(self.mischief.seed + session.sent)
            for start in range(0, len(fresh), window):
                part = fresh[start : start + window]
                shuffler.shuffle(part)
                fresh[start : start + window] = part
        # Before the first byte: what breaks on its way was sent all the same.
        session.sent = len(session.events)
        for sn in fresh:
            await self._send_event(session, sn)

    async def _send_event(self, session: Session, sn: int) -> None:
        self._sent_events += 1
        mischief = self.mischief
        if not (mischief.lose_every and sn % mischief.lose_every == 0):
            await self._send_of(session, {"s": 0, "sn": sn, "d": session.events[sn - 1]})
        if mischief.repeat_every and sn % mischief.repeat_every == 0:
            await self._send_of(session, {"s": 0, "sn": sn, "d": session.events[sn - 1]})
        if mischief.drop_every and self._sent_events % mischief.drop_every == 0:
            await self._drop()

    async def _replay(self, session: Session, sn: int) -> None:
        session.sent = max(session.sent, len(session.events))
        for missing in range(sn + 1, len(session.events) + 1):
            await self._send_of(session, {"s": 0, "sn": missing, "d": session.events[missing - 1]})

    async def _drop(self) -> None:
        for socket in tuple(self._open):
            transport = socket._req.transport if socket._req is not None else None
            if transport is not None:
                transport.abort()
            self._open.discard(socket)
        if self._current is not None:
            self._current.socket = None

    async def _ask_to_reconnect(self, code: int) -> None:
        session = self._current
        if session is None:
            return
        await self._send_of(session, {"s": 5, "d": {"code": code} if code else {}})
        self._waiting[:0] = session.events[session.sent :]
        self._sessions.clear()
        self._current = None

    async def _forget_sessions(self) -> None:
        self._sessions.clear()

    async def _send_raw(self, message: bytes | str) -> None:
        assert self._current is not None and self._current.socket is not None, "nobody is connected"
        with contextlib.suppress(ConnectionError):
            if isinstance(message, bytes):
                await self._current.socket.send_bytes(message)
            else:
                await self._current.socket.send_str(message)

    async def _send_of(self, session: Session, frame: dict[str, Any]) -> None:
        if session.socket is not None:
            await self._send(session.socket, frame, session.compressed)

    @staticmethod
    async def _send(socket: web.WebSocketResponse, frame: dict[str, Any], compressed: bool) -> None:
        # Real frames carry the console's secrets beside d: nobody may log or pass on whole frames.
        text = json.dumps({**frame, "extra": {"verifyToken": "vt-SECRET", "encryptKey": "ek-SECRET"}})
        with contextlib.suppress(ConnectionError):
            if compressed:
                await socket.send_bytes(zlib.compress(text.encode()))
            else:
                await socket.send_str(text)


class GatewayKookStandIn(KookStandIn):
    """KOOK's REST interface, whose gateway/index leads to a gateway stand-in."""

    def __init__(self, gateway: KookGatewayStandIn, **options: Any) -> None:
        super().__init__(**options)
        self._gateway = gateway

    @property
    def gateways_asked_for(self) -> int:
        return self.calls().count(("GET", "gateway/index"))

    def respond(self, request: RecordedRequest) -> Answer:
        answer = super().respond(request)
        if request.path != f"{API_PREFIX}gateway/index" or json.loads(answer.body).get("code") != 0:
            return answer
        compress = request.query.get("compress", ["1"])[-1] == "1"
        url = self._gateway.issue_url(compress)
        return Answer.of_json({"code": 0, "message": "操作成功", "data": {"url": url}}, headers=answer.headers)
