"""Whom a robot's owner wants told: the callbacks for messages and results, and the secret that signs them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal, Protocol

from shared.robots.errors import RobotBusy, SecretMissing

WRITE_ATTEMPTS = 6
# "body" signs the JSON body, "robot_body_time" signs robotId:body:timestamp.
SignatureForm = Literal["body", "robot_body_time"]


@dataclass(frozen=True, slots=True)
class ThirdParty:
    """``secret_key`` is sealed where it is stored and never shown; an empty URL means that nobody is told."""

    robot_id: str
    message_callback_url: str = field(default="", repr=False)
    result_callback_url: str = field(default="", repr=False)
    enable_signature: bool = False
    signature_form: SignatureForm = "body"
    secret_key: str = field(default="", repr=False)
    online_callback_url: str = field(default="", repr=False)
    offline_callback_url: str = field(default="", repr=False)
    group_qr_callback_url: str = field(default="", repr=False)
    version: int = 0

    @property
    def is_active(self) -> bool:
        return bool(self.message_callback_url or self.result_callback_url)


class ThirdPartyStore(Protocol):
    def third_party(self, robot_id: str) -> ThirdParty | None:
        """Raises SealBroken."""

    def replace_third_party(self, configuration: ThirdParty) -> bool:
        """False when it was changed since it was read."""

    def erase_third_party(self, robot_id: str) -> bool:
        """Leave nothing of it, whether its secret can be read or not. False when it was changed in between."""


class ThirdParties:
    """Every method may raise StoreUnavailable and SealBroken."""

    def __init__(self, store: ThirdPartyStore) -> None:
        self._store = store

    def of(self, robot_id: str) -> ThirdParty:
        return self._store.third_party(robot_id) or ThirdParty(robot_id)

    def forget(self, robot_id: str) -> None:
        """Tell nobody any more, and keep no secret. Raises RobotBusy."""
        for _ in range(WRITE_ATTEMPTS):
            if self._store.erase_third_party(robot_id):
                return
        raise RobotBusy

    def configure(self, robot_id: str, changes: Mapping[str, Any]) -> ThirdParty:
        """Change what is named in ``changes``, keep the rest: a secret is never shown, so nobody can send it back.

        Raises:
            SecretMissing: signatures are asked for and there is no secret to sign with
        """
        for _ in range(WRITE_ATTEMPTS):
            wanted = replace(self.of(robot_id), **changes)
            if wanted.enable_signature and not wanted.secret_key:
                raise SecretMissing
            if self._store.replace_third_party(wanted):
                return wanted
        raise RobotBusy
