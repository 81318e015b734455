"""What passes between a node's agent and the server besides reports, in the words of protocol v1 and v2 alike."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, TypeAlias

# What the reference server's task list can hold; also what a DynamoDB key of fixed width can.
_MAX_TASK_ID = 2**53 - 1
_MAX_PING_MILLISECONDS = 3_600_000
LOST = -1
# A task's results are shown together, and an answer of a Lambda function has 6 MB at most.
MAX_OUTPUT_CHARACTERS = 8_000
_MAX_COMMAND_TASK_ID_CHARACTERS = 64


class UnusableMessage(ValueError):
    """A known field is missing or out of its range. The text names the field, its place and what is expected."""


@dataclass(frozen=True, slots=True)
class PingOrder:
    """One ping that a node is to make now. ``round_number`` counts the task's intervals since the epoch."""

    task_id: int
    ping_type: str
    target: str
    round_number: int

    rpc_method: ClassVar[str] = "agent.ping"
    # A ping that is not begun within this time is stale: its round is over.
    lifetime_seconds: ClassVar[float] = 3.0

    @property
    def event_id(self) -> str:
        return f"ping-{self.task_id}-{self.round_number}"

    def fields(self) -> dict[str, Any]:
        return {"ping_task_id": self.task_id, "ping_type": self.ping_type, "ping_target": self.target}

    def message(self) -> dict[str, Any]:
        """As protocol v1 pushes it over a socket."""
        return {"message": "ping", **self.fields()}


@dataclass(frozen=True, slots=True)
class CommandOrder:
    """A command that the operator has the node run, once."""

    task_id: str
    command: str = field(repr=False)

    rpc_method: ClassVar[str] = "agent.exec"
    lifetime_seconds: ClassVar[float] = 300.0

    @property
    def event_id(self) -> str:
        return f"exec-{self.task_id}"

    def fields(self) -> dict[str, Any]:
        return {"task_id": self.task_id, "command": self.command}

    def message(self) -> dict[str, Any]:
        """As protocol v1 pushes it over a socket."""
        return {"message": "exec", **self.fields()}


# What an agent is told to do.
AgentOrder: TypeAlias = PingOrder | CommandOrder


@dataclass(frozen=True, slots=True)
class PingResult:
    """``value_ms`` is in whole milliseconds, -1 for lost. An agent's own clock is not kept: the C agent sends Unix
    seconds where the others send RFC 3339, and a wrong clock would put the record where nobody looks for it."""

    task_id: int
    value_ms: int


def read_ping_result(fields: Mapping[str, Any]) -> PingResult:
    """``{"task_id", "value", …}``; unknown fields are ignored. Raises UnusableMessage."""
    task_id = _whole_number(fields, "task_id")
    if not 1 <= task_id <= _MAX_TASK_ID:
        raise UnusableMessage("task_id must be a positive integer")
    value = _whole_number(fields, "value")
    if value > _MAX_PING_MILLISECONDS:
        raise UnusableMessage(f"value must be at most {_MAX_PING_MILLISECONDS} milliseconds")
    return PingResult(task_id, value if value >= 0 else LOST)


@dataclass(frozen=True, slots=True)
class CommandResult:
    """What a command came to: its output, cut to MAX_OUTPUT_CHARACTERS, and its exit code."""

    task_id: str
    output: str = field(repr=False)
    exit_code: int


def read_command_result(fields: Mapping[str, Any]) -> CommandResult:
    """``{"task_id", "result", "exit_code", …}``; unknown fields and the agent's clock are ignored. Raises
    UnusableMessage."""
    task_id, output = fields.get("task_id"), fields.get("result")
    if not isinstance(task_id, str) or not 0 < len(task_id) <= _MAX_COMMAND_TASK_ID_CHARACTERS:
        raise UnusableMessage(f"task_id must be a string of at most {_MAX_COMMAND_TASK_ID_CHARACTERS} characters")
    if not isinstance(output, str):
        raise UnusableMessage("result must be a string")
    exit_code = 0 if fields.get("exit_code") is None else _whole_number(fields, "exit_code")
    if abs(exit_code) >= 2**63:
        raise UnusableMessage("exit_code must be an integer of 64 bits")
    if len(output) > MAX_OUTPUT_CHARACTERS:
        output = output[:MAX_OUTPUT_CHARACTERS] + f"\n… (cut: {len(output)} characters)"
    return CommandResult(task_id, output, exit_code)


def is_ping_result(message: Mapping[str, Any]) -> bool:
    """Whether a message of a v1 socket is one; a report has no type, or "report"."""
    return message.get("type") == "ping_result"


def _whole_number(fields: Mapping[str, Any], name: str) -> int:
    value = fields.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise UnusableMessage(f"{name} must be a number")
    return round(value)
