"""Activating a device with a code, unbinding it again, and the codes themselves."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Protocol

from shared.robots.errors import (
    CodeBoundElsewhere,
    CodeDisabled,
    CodeExpired,
    CodeNotBound,
    CodeUnknown,
    RobotBusy,
)
from shared.robots.ids import MAX_ID_CHARACTERS, new_activation_code, normalised_code, stamped_id
from shared.robots.models import ActivationCode, Device, Robot

WRITE_ATTEMPTS = 6
_NAME_SUFFIX_LENGTH = 6


class ActivationStore(Protocol):
    def add_code(self, code: ActivationCode) -> bool:
        """False when a code of that text exists."""

    def code(self, text: str) -> ActivationCode | None: ...

    def robot(self, robot_id: str) -> Robot | None: ...

    def replace_code(self, before: ActivationCode, after: ActivationCode, robot: Robot | None) -> bool:
        """Write the code, and the robot if given, both or none. False when either was changed since it was read."""


@dataclass(frozen=True, slots=True)
class Activation:
    """``is_new`` is True for the first activation by this device, False when it came back with its own code."""

    code: ActivationCode
    robot: Robot
    is_new: bool


@dataclass(frozen=True, slots=True)
class Unbinding:
    device_id: str
    robot_id: str
    unbound_at_ms: int


class Activations:
    """Activation codes and who holds them. Every method may raise StoreUnavailable and RobotBusy."""

    def __init__(self, store: ActivationStore, clock_ms: Callable[[], int]) -> None:
        self._store = store
        self._clock_ms = clock_ms

    def create(self, validity_days: int, bound_user_id: int | None = None) -> ActivationCode:
        for _ in range(WRITE_ATTEMPTS):
            code = ActivationCode(new_activation_code(), validity_days, self._clock_ms(), bound_user_id)
            if self._store.add_code(code):
                return code
        raise RobotBusy

    def activate(self, code_text: str, device: Device) -> Activation:
        """Bind the device to the code. Of two devices that race for one code, exactly one gets it.

        Raises:
            CodeUnknown, CodeDisabled, CodeExpired: the code cannot be used
            CodeBoundElsewhere: another device holds it
        """
        for _ in range(WRITE_ATTEMPTS):
            before = self._usable(code_text)
            if before.device_id is not None and before.device_id != device.device_id:
                raise CodeBoundElsewhere(
                    before.device_id, before.robot_id or "", before.last_activated_at_ms or before.created_at_ms
                )
            activation = self._activated(before, device)
            if self._store.replace_code(before, activation.code, activation.robot):
                return activation
        raise RobotBusy

    def unbind(self, code_text: str) -> Unbinding:
        """Free the code for another device and revoke the tokens of the one it had. The robot stays.

        Raises:
            CodeUnknown: there is no such code
            CodeNotBound: no device holds it
        """
        for _ in range(WRITE_ATTEMPTS):
            before = self._known(code_text)
            if before.device_id is None or before.robot_id is None:
                raise CodeNotBound
            robot = self._store.robot(before.robot_id)
            revoked = robot and replace(robot, device=None, token_version=robot.token_version + 1)
            if self._store.replace_code(before, replace(before, device_id=None), revoked):
                return Unbinding(before.device_id, before.robot_id, self._clock_ms())
        raise RobotBusy

    def disable(self, code_text: str) -> ActivationCode:
        """End the code for good and revoke its device's tokens. Safe to repeat. Raises CodeUnknown."""
        for _ in range(WRITE_ATTEMPTS):
            before = self._known(code_text)
            if before.disabled:
                return before
            after = replace(before, disabled=True)
            robot = self._store.robot(before.robot_id) if before.robot_id else None
            revoked = robot and replace(robot, token_version=robot.token_version + 1)
            if self._store.replace_code(before, after, revoked):
                return after
        raise RobotBusy

    def _known(self, code_text: str) -> ActivationCode:
        text = normalised_code(code_text)
        code = self._store.code(text) if len(text) <= MAX_ID_CHARACTERS else None
        if code is None:
            raise CodeUnknown
        return code

    def _usable(self, code_text: str) -> ActivationCode:
        code = self._known(code_text)
        status = code.status_at(self._clock_ms())
        if status == "disabled":
            raise CodeDisabled
        if status == "expired":
            raise CodeExpired
        return code

    def _activated(self, before: ActivationCode, device: Device) -> Activation:
        now_ms = self._clock_ms()
        robot = self._store.robot(before.robot_id) if before.robot_id else None
        if robot is None:
            robot_id = stamped_id("robot", now_ms)
            robot = Robot(
                robot_id=robot_id,
                robot_uuid=str(uuid.uuid4()),
                name=f"机器人-{robot_id[-_NAME_SUFFIX_LENGTH:]}",
                created_at_ms=now_ms,
                owner_id=before.bound_user_id,
                activation_code=before.code,
            )
        after = replace(
            before,
            device_id=device.device_id,
            robot_id=robot.robot_id,
            first_activated_at_ms=before.first_activated_at_ms or now_ms,
            last_activated_at_ms=now_ms,
        )
        return Activation(after, replace(robot, device=device), is_new=before.device_id is None)
