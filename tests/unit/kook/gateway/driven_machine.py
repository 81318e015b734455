"""A gateway machine with a clock that a test moves, and the actions it asked for."""

from __future__ import annotations

from typing import Any, TypeVar

from shared.kook.gateway.actions import Action, Connect, Disconnect, EventsMissed, FindGateway, Save, Send, Store
from shared.kook.gateway.frames import GatewayFrame
from shared.kook.gateway.machine import GatewayMachine, Phase
from shared.kook.gateway.session import GatewaySession

ADDRESS = "wss://gateway.example/gateway?compress=1&token=t1"
SESSION = GatewaySession(ADDRESS, "session-1", 10)

Kind = TypeVar("Kind", bound=Action)


class DrivenMachine:
    """``random`` is what the machine's dice show. The time is ``now``, from 1000 on."""

    def __init__(self, session: GatewaySession | None = None, random: float = 0.5) -> None:
        self.now = 1000.0
        self.machine = GatewayMachine(session, lambda: random)
        self.last: list[Action] = []
        self.stored: list[GatewayFrame] = []

    # --- inputs ---

    def take(self, actions: list[Action]) -> list[Action]:
        self.last = actions
        return actions

    def start(self) -> list[Action]:
        return self.take(self.machine.start(self.now))

    def found(self, url: str = ADDRESS) -> list[Action]:
        return self.take(self.machine.gateway_found(self.attempt, url, self.now))

    def find_failed(self, problem: str = "kook_unreachable", retry_after_seconds: float = 0.0) -> list[Action]:
        return self.take(
            self.machine.gateway_failed(
                self.attempt, self.now, problem=problem, retry_after_seconds=retry_after_seconds
            )
        )

    def connected(self) -> list[Action]:
        return self.take(self.machine.connected(self.attempt, self.now))

    def lost(self, problem: str = "connection_lost") -> list[Action]:
        return self.take(self.machine.connection_lost(self.attempt, self.now, problem=problem))

    def frame(self, signal: int | None, data: Any = None, sn: int | None = None, size_bytes: int = 100) -> list[Action]:
        frame = GatewayFrame(signal, data, sn, received_at_ms=int(self.now * 1000), size_bytes=size_bytes)
        return self.take(self.machine.frame_received(self.attempt, frame, self.now))

    def hello(self, code: int = 0, session_id: str = "session-1") -> list[Action]:
        return self.frame(1, {"code": code, "session_id": session_id})

    def event(self, sn: int | None, size_bytes: int = 100) -> list[Action]:
        return self.frame(0, {"msg_id": f"m{sn}"}, sn, size_bytes)

    def unreadable(self, problem: str = "malformed_frame") -> list[Action]:
        return self.take(self.machine.frame_unreadable(self.attempt, self.now, problem=problem))

    def pong(self) -> list[Action]:
        return self.frame(3)

    def store_everything(self) -> list[int | None]:
        """The queue takes what it is given, and what follows; the sn of each."""
        taken: list[int | None] = []
        while stores := self.of(Store):
            assert len(stores) == 1, "one event at a time"
            taken.append(stores[0].event.sn)
            self.take(self.machine.event_stored(self.now))
        return taken

    def at(self, seconds: float) -> list[Action]:
        """Let that much time pass; nothing may have been due before its end but what ``deadline`` said."""
        target = self.now + seconds
        actions: list[Action] = []
        while self.machine.deadline <= target:
            self.now = max(self.now, self.machine.deadline)
            actions += self.machine.tick(self.now)
        self.now = target
        return self.take(actions)

    # --- what came of it ---

    @property
    def attempt(self) -> int:
        return self.machine._attempt

    @property
    def phase(self) -> Phase:
        return self.machine.phase

    def of(self, kind: type[Kind]) -> list[Kind]:
        """The actions of that kind among the last."""
        return [action for action in self.last if isinstance(action, kind)]

    def kinds(self) -> list[str]:
        return [type(action).__name__ for action in self.last]

    # --- scenes ---

    def live(self, session_id: str = "session-1") -> DrivenMachine:
        """Connected to a new session, or to the one given."""
        self.start()
        if self.of(FindGateway):
            self.found()
        assert self.of(Connect)
        self.connected()
        self.hello(session_id=session_id)
        assert self.phase is Phase.LIVE
        return self


__all__ = ["ADDRESS", "SESSION", "Disconnect", "DrivenMachine", "EventsMissed", "Save", "Send"]
