"""A robot's commands: enqueued by its owner, handed out to its device, closed by the device's report."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol

from shared.robots.command_states import (
    OPERATION_ATTEMPTS,
    OPERATION_TYPE,
    OPERATION_WITHIN_MS,
    CommandResult,
    handed_out,
    is_finished,
    settled,
    urgency,
    with_result,
)
from shared.robots.errors import CommandUnknown, RobotBusy
from shared.robots.ids import stamped_id
from shared.robots.models import RESULT_WITHIN_MS, Command

MAX_HANDED_OUT = 50
WRITE_ATTEMPTS = 6
# The last moment of thirteen digits.
LAST_MS = 9_999_999_999_999


@dataclass(frozen=True, slots=True)
class Asked:
    """Which of a robot's commands are asked for, by when they were written (epoch milliseconds, both included)."""

    newest_first: bool = True
    first_ms: int = 0
    last_ms: int = LAST_MS


class CommandStore(Protocol):
    def add(self, command: Command) -> None:
        """Raises RobotBusy where the command exists, and TooManyOpenCommands."""

    def require_room(self, robot_id: str, count: int) -> None:
        """Raises TooManyOpenCommands where so many more would be too many."""

    def command(self, robot_id: str, command_id: str) -> Command | None: ...

    def open_commands(self, robot_id: str, limit: int) -> Sequence[Command]:
        """Those neither successful nor failed, the most urgent first."""

    def replace(self, before: Command, after: Command) -> bool:
        """False when somebody changed the command since ``before`` was read."""


class Ended(Protocol):
    """Told of a command that time alone brought to its end. Never raises."""

    def __call__(self, command: Command) -> None: ...


@dataclass(frozen=True, slots=True)
class Settlement:
    """What time alone did to a robot's commands: how many changed, and when it may do something to the next one
    (epoch milliseconds), None where none is open."""

    changed: int
    look_again_ms: int | None


class Commands:
    """The commands of all robots. Every method may raise StoreUnavailable, what begins commands TooManyOpenCommands."""

    def __init__(self, store: CommandStore, clock_ms: Callable[[], int], ended: Ended | None = None) -> None:
        self._store = store
        self._clock_ms = clock_ms
        self._ended = ended

    def require_room(self, robot_id: str, count: int) -> None:
        """Whether so many commands can begin, asked before the first of them is written. Raises TooManyOpenCommands."""
        self._store.require_room(robot_id, count)

    def enqueue(self, robot_id: str, command_type: str, params: Mapping[str, Any], priority: int = 1) -> Command:
        now_ms = self._clock_ms()
        command = _patient(Command(stamped_id("cmd", now_ms), robot_id, command_type, params, now_ms, priority))
        self._store.add(command)
        return command

    def enqueue_once(
        self,
        command_id: str,
        robot_id: str,
        command_type: str,
        params: Mapping[str, Any],
        priority: int = 1,
        reference: str = "",
    ) -> Command:
        """Like ``enqueue`` under an id of the caller's: the second call with it gives back what the first made."""
        for _ in range(WRITE_ATTEMPTS):
            known = self._store.command(robot_id, command_id)
            if known is not None:
                return known
            now_ms = self._clock_ms()
            command = Command(command_id, robot_id, command_type, params, now_ms, priority, reference=reference)
            try:
                self._store.add(command)
            except RobotBusy:  # somebody else made it just now
                continue
            return command
        raise RobotBusy

    def hand_out(self, robot_id: str, named: Iterable[str] = ()) -> list[Command]:
        """What the device is to do now, each command given to one caller only. Up to MAX_HANDED_OUT at a time.

        ``named`` are commands that were written just now and may not be listed yet.
        """
        now_ms = self._clock_ms()
        out: list[Command] = []
        for before in sorted(self._open(robot_id, named), key=urgency):
            if len(out) == MAX_HANDED_OUT:
                break
            current = settled(before, now_ms)
            after = handed_out(current, now_ms) or current
            # Whoever loses the race leaves the command to the winner.
            if after == before or not self._store.replace(before, after):
                continue
            if after.state == "sent":
                out.append(after)
            self._tell_if_ended(after)
        return out

    def _open(self, robot_id: str, named: Iterable[str]) -> list[Command]:
        listed = list(self._store.open_commands(robot_id, 4 * MAX_HANDED_OUT))
        missing = set(named) - {command.command_id for command in listed}
        found = (self._store.command(robot_id, command_id) for command_id in missing)
        return [*listed, *(command for command in found if command is not None and not is_finished(command))]

    def take_back(self, handed: Command) -> None:
        """Undo a handing out that never left: the command is pending again, and the try does not count. Nothing
        happens to one that was reported on, or handed out again, in between."""
        current = self._store.command(handed.robot_id, handed.command_id)
        if current is None or (current.state, current.sent_at_ms) != ("sent", handed.sent_at_ms):
            return
        attempts = max(0, current.attempts - 1)
        self._store.replace(current, replace(current, state="pending", attempts=attempts, sent_at_ms=None))

    def settle(self, robot_id: str) -> Settlement:
        """Do to the robot's open commands what time alone does."""
        now_ms = self._clock_ms()
        changed, looks_ms = 0, []
        found = self._store.open_commands(robot_id, 4 * MAX_HANDED_OUT)
        for before in found:
            after = settled(before, now_ms)
            if after != before and self._store.replace(before, after):
                changed += 1
                self._tell_if_ended(after)
            if not is_finished(after):
                begun_ms = after.sent_at_ms if after.state == "sent" else None
                looks_ms.append((begun_ms or now_ms) + after.result_within_ms)
        if len(found) == 4 * MAX_HANDED_OUT:  # there may be more behind these
            looks_ms.append(now_ms + RESULT_WITHIN_MS)
        return Settlement(changed, min(looks_ms, default=None))

    def _tell_if_ended(self, command: Command) -> None:
        if self._ended is not None and is_finished(command):
            self._ended(command)

    def record_result(self, robot_id: str, command_id: str, result: CommandResult) -> Command:
        """Note a device's report. Safe to repeat.

        Raises:
            CommandUnknown: not a command of this robot
            CommandNotDelivered: the command was never handed out
            RobotBusy: others kept changing the command
        """
        for _ in range(WRITE_ATTEMPTS):
            before = self._store.command(robot_id, command_id)
            if before is None:
                raise CommandUnknown
            after = with_result(before, result, self._clock_ms())
            if after == before or self._store.replace(before, after):
                return after
        raise RobotBusy


def _patient(command: Command) -> Command:
    """An operation is tried once and waited for; a message is worth more tries."""
    if command.command_type != OPERATION_TYPE:
        return command
    return replace(command, max_attempts=OPERATION_ATTEMPTS, result_within_ms=OPERATION_WITHIN_MS)
