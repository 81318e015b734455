"""Signing in with a second factor, over a real DynamoDB engine."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pyotp
import pytest

from shared.aws.tables import bind
from shared.monitor.code_attempts import MAX_ATTEMPTS, WINDOW_SECONDS, CodeAttempts
from shared.monitor.errors import MonitorError
from shared.monitor.rows import MonitorRow
from shared.monitor.sessions import Caller, DynamoSessions, Sessions, SignIn
from shared.monitor.store_settings import DynamoSettings
from shared.monitor.table import MonitorTable
from shared.security.vault import Vault

if TYPE_CHECKING:
    from tests.dynamodb import DynamoEngine

pytest_plugins = ["tests.dynamodb"]

SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"


class RightPassword:
    """Implements PasswordCheck: the password was right."""

    def check(self, password: str, client_address: str) -> int:
        return 1

    def generation(self) -> int | None:
        return 1


class Scene:
    def __init__(self, engine: DynamoEngine) -> None:
        bind(MonitorRow, engine.create_table("MonitorTable"))
        self.now = 1_800_000_000.0
        self.table = MonitorTable(self.clock)
        store = DynamoSettings(self.table, Vault(b"k" * 32))
        self.sign_in = self.process(store)
        assert store.write_profile(replace(self.sign_in.profile(), second_factor_secret=SECRET))

    def clock(self) -> float:
        return self.now

    def process(self, store: DynamoSettings) -> SignIn:
        sessions = Sessions(DynamoSessions(self.table), RightPassword(), self.clock)
        return SignIn(sessions, RightPassword(), store, CodeAttempts(self.table, self.clock), "admin", self.clock)

    def try_code(self, code: str) -> str:
        """ "" when it let in, else why not."""
        try:
            self.sign_in.log_in("admin", "password", code, Caller("192.0.2.1"))
        except MonitorError as refused:
            return refused.code
        return ""


@pytest.fixture
def scene(dynamodb: DynamoEngine) -> Scene:
    return Scene(dynamodb)


def test_a_code_lets_in_once(scene: Scene) -> None:
    code = pyotp.TOTP(SECRET).at(int(scene.now))
    assert scene.try_code("") == "SECOND_FACTOR_REQUIRED"
    assert scene.try_code(code) == ""
    assert scene.try_code(code) == "SECOND_FACTOR_WRONG"


def test_codes_cannot_be_guessed_for_long(scene: Scene) -> None:
    assert {scene.try_code("abcdef") for _ in range(MAX_ATTEMPTS)} == {"SECOND_FACTOR_WRONG"}
    right = pyotp.TOTP(SECRET).at(int(scene.now))
    with pytest.raises(MonitorError) as refused:
        scene.sign_in.log_in("admin", "password", right, Caller())
    assert refused.value.code == "TOO_MANY_ATTEMPTS"
    assert 0 < refused.value.params["retry_after_seconds"] <= WINDOW_SECONDS
    scene.now += WINDOW_SECONDS
    assert scene.try_code(pyotp.TOTP(SECRET).at(int(scene.now))) == ""
