"""The records of the robots area, as values. Times are milliseconds since the epoch unless their name says otherwise.

``version`` counts a record's writes (0: not stored yet), so that of two writers one is told to look again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

MS_PER_DAY = 24 * 60 * 60 * 1000

CodeStatus = Literal["unused", "used", "expired", "disabled"]
CommandState = Literal["pending", "sent", "success", "failed"]
AiMode = Literal["builtin", "third_party"]
Role = Literal["user", "admin"]


@dataclass(frozen=True, slots=True)
class Device:
    """A device as it describes itself. Only ``device_id`` identifies it; ``details`` is what else it told."""

    device_id: str
    details: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ActivationCode:
    """One code. ``robot_id`` outlives an unbinding: the next device takes over the same robot."""

    code: str
    validity_days: int
    created_at_ms: int
    bound_user_id: int | None = None
    disabled: bool = False
    device_id: str | None = None
    robot_id: str | None = None
    first_activated_at_ms: int | None = None
    last_activated_at_ms: int | None = None
    version: int = 0

    @property
    def expires_at_ms(self) -> int | None:
        """None until the first activation: a code that lies in a drawer loses none of its days."""
        if self.first_activated_at_ms is None:
            return None
        return self.first_activated_at_ms + self.validity_days * MS_PER_DAY

    def status_at(self, now_ms: int) -> CodeStatus:
        if self.disabled:
            return "disabled"
        if self.expires_at_ms is not None and self.expires_at_ms <= now_ms:
            return "expired"
        return "unused" if self.device_id is None else "used"


@dataclass(frozen=True, slots=True)
class RobotSettings:
    """How a robot answers. Delays are seconds; ``ai_context_length`` counts messages, ``ai_max_tokens`` tokens.

    ``reply_all`` and ``encrypt_type`` are the WorkTool client's own settings: which messages it reports, and whether it
    encrypts its frames. They are kept for the client.
    """

    ai_mode: AiMode = "builtin"
    ai_provider: str = ""
    ai_model: str = ""
    ai_temperature: float = 0.7
    ai_max_tokens: int = 2000
    ai_context_length: int = 10
    ai_scenario: str = ""
    reply_delay_min: int = 1
    reply_delay_max: int = 3
    ai_call_limit_daily: int = 1000
    reply_all: int = 1
    encrypt_type: int = 0


@dataclass(frozen=True, slots=True)
class Robot:
    """A robot, made by its owner or by an activation.

    Tokens carry ``token_version``: counting it up revokes all of them.
    """

    robot_id: str
    robot_uuid: str
    name: str
    created_at_ms: int
    owner_id: int | None = None
    token_version: int = 1
    device: Device | None = None
    activation_code: str | None = None
    deleted_at_ms: int | None = None
    settings: RobotSettings = RobotSettings()
    version: int = 0


MAX_ATTEMPTS = 3
RESULT_WITHIN_MS = 60 * 1000


@dataclass(frozen=True, slots=True)
class Command:
    """An instruction for a robot's device.

    ``priority`` is 0 (low) to 3 (urgent); ``attempts`` counts how often it was handed out; a pending command is not
    handed out before ``not_before_ms``. ``counted``: it is among the open commands that the robot's limit counts,
    which those of older versions are not. A try counts as failed without a result within ``result_within_ms``.
    ``reference`` is what the relay calls the message whose command this is, ``meta_json`` what the WorkTool client told
    beside the result.
    """

    command_id: str
    robot_id: str
    command_type: str
    params: Mapping[str, Any]
    created_at_ms: int
    priority: int = 1
    state: CommandState = "pending"
    attempts: int = 0
    not_before_ms: int = 0
    sent_at_ms: int | None = None
    finished_at_ms: int | None = None
    error_code: int | None = None
    error_reason: str = ""
    execution_time_ms: int | None = None
    success_list: Sequence[str] = ()
    fail_list: Sequence[str] = ()
    meta_json: str = ""
    max_attempts: int = MAX_ATTEMPTS
    result_within_ms: int = RESULT_WITHIN_MS
    reference: str = ""
    counted: bool = False
    version: int = 0


@dataclass(frozen=True, slots=True)
class User:
    """Somebody who signs in with a phone number. ``token_version`` as for robots."""

    user_id: int
    phone: str = field(repr=False)
    nickname: str
    role: Role
    created_at_ms: int
    disabled: bool = False
    token_version: int = 1
    last_login_at_ms: int | None = None
    version: int = 0
