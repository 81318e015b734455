"""Signing in: sessions, attempts, and what a change of the password ends."""

from __future__ import annotations

from typing import Any

import pytest

from shared.relay.administrator import SESSION_SECONDS, Administrator, StoredPassword
from shared.relay.errors import Refusal, RelayError
from shared.relay.login_attempts import OVERALL, PER_ADDRESS, WINDOW_SECONDS, LoginAttempts
from shared.relay.session_verifier import SessionVerifier
from shared.security.passwords import ScryptCost, hash_password
from shared.security.tokens import token_digest
from tests.fakes.administrator import FakeAdministratorStore
from tests.fakes.clock import FakeClock

CHEAP = ScryptCost(log2_n=4, r=8, p=1)
HERE, THERE = "203.0.113.9", "198.51.100.7"


class Scene:
    def __init__(self, first_password: str = "first-password") -> None:
        self.store = FakeAdministratorStore()
        self.clock = FakeClock()
        attempts = LoginAttempts(self.store, self.clock)
        self.administrator = Administrator(
            self.store, attempts, first_password=first_password, clock=self.clock, cost=CHEAP
        )

    def log_in(self, password: str = "first-password", address: str = HERE) -> str:
        return self.administrator.log_in(password, address).token

    def refused(self, password: str, address: str = HERE) -> RelayError:
        with pytest.raises(RelayError) as caught:
            self.log_in(password, address)
        return caught.value


@pytest.fixture
def scene() -> Scene:
    return Scene()


def test_a_session_lasts_thirty_days_and_only_its_digest_is_kept(scene: Scene) -> None:
    token = scene.log_in()
    assert list(scene.store.sessions) == [token_digest(token)]
    assert scene.administrator.seconds_left(token) == SESSION_SECONDS == 2_592_000
    scene.clock.advance(SESSION_SECONDS - 1)
    assert scene.administrator.seconds_left(token) == 1
    scene.clock.advance(1)
    assert scene.administrator.seconds_left(token) is None


@pytest.mark.parametrize("token", ["", "x", "x" * 43, "x" * 4000])
def test_other_tokens_are_no_sessions(scene: Scene, token: str) -> None:
    scene.log_in()
    assert scene.administrator.seconds_left(token) is None


def test_a_session_opens_the_api_as_the_administrator(scene: Scene) -> None:
    principal = SessionVerifier(scene.administrator).verify(scene.log_in())
    assert principal is not None
    assert (principal.name, principal.credential) == ("administrator", "session")


def test_logging_out_ends_this_session_only(scene: Scene) -> None:
    one, other = scene.log_in(), scene.log_in()
    scene.administrator.log_out(one)
    assert scene.administrator.seconds_left(one) is None
    assert scene.administrator.seconds_left(other) is not None


@pytest.mark.parametrize("password", ["wrong-password", "short", "x" * 2000])
def test_a_wrong_password_is_refused(scene: Scene, password: str) -> None:
    assert scene.refused(password).refusal is Refusal.INVALID_PASSWORD
    assert scene.store.sessions == {}


def test_without_any_password_nobody_signs_in() -> None:
    assert Scene(first_password="").refused("first-password").refusal is Refusal.PASSWORD_NOT_SET


def test_the_configured_password_counts_only_until_one_is_stored(scene: Scene) -> None:
    scene.store.kept = StoredPassword(hash_password("stored-password", CHEAP), 1)
    assert scene.refused("first-password").refusal is Refusal.INVALID_PASSWORD
    assert scene.log_in("stored-password")


def test_a_changed_password_ends_every_session_and_outlives_the_configured_one(scene: Scene) -> None:
    one, other = scene.log_in(), scene.log_in(address=THERE)
    scene.administrator.change_password("first-password", "second-password", HERE)
    assert scene.administrator.seconds_left(one) is scene.administrator.seconds_left(other) is None
    assert scene.refused("first-password").refusal is Refusal.INVALID_PASSWORD
    assert scene.administrator.seconds_left(scene.log_in("second-password")) == SESSION_SECONDS


def test_two_changes_in_one_millisecond_are_two_generations(scene: Scene) -> None:
    scene.log_in()
    scene.administrator.change_password("first-password", "second-password", HERE)
    token = scene.log_in("second-password")
    scene.administrator.change_password("second-password", "third-password", HERE)
    assert scene.administrator.seconds_left(token) is None


@pytest.mark.parametrize(
    ("old", "new", "refusal"),
    [
        ("wrong-password", "second-password", Refusal.INVALID_PASSWORD),
        ("first-password", "first-password", Refusal.SAME_PASSWORD),
    ],
)
def test_a_refused_change_leaves_the_sessions(scene: Scene, old: str, new: str, refusal: Refusal) -> None:
    token = scene.log_in()
    with pytest.raises(RelayError) as caught:
        scene.administrator.change_password(old, new, HERE)
    assert caught.value.refusal is refusal
    assert scene.administrator.seconds_left(token) is not None


def test_a_change_that_lost_a_race_says_so(scene: Scene) -> None:
    scene.log_in()
    scene.store.lose_next_replace = True
    with pytest.raises(RelayError) as caught:
        scene.administrator.change_password("first-password", "second-password", HERE)
    assert caught.value.refusal is Refusal.PASSWORD_CHANGED_MEANWHILE


def test_a_reset_needs_no_old_password_and_no_password_at_all(scene: Scene) -> None:
    token = scene.log_in()
    scene.administrator.reset_password("second-password")
    assert scene.administrator.seconds_left(token) is None
    assert scene.log_in("second-password")
    empty = Scene(first_password="")
    empty.administrator.reset_password("second-password")
    assert empty.log_in("second-password")


def test_a_hash_of_weaker_parameters_is_renewed_and_its_sessions_stay(scene: Scene) -> None:
    scene.store.kept = StoredPassword(hash_password("first-password", ScryptCost(log2_n=3, r=8, p=1)), 7)
    token = scene.log_in()
    assert scene.store.kept.generation == 7
    assert scene.store.kept.password_hash.startswith("scrypt$4$")
    assert scene.administrator.seconds_left(token) is not None


# --- attempts ---


def test_an_address_has_so_many_attempts_a_window_and_the_right_password_does_not_help_then(scene: Scene) -> None:
    for _ in range(PER_ADDRESS):
        assert scene.refused("wrong-password").refusal is Refusal.INVALID_PASSWORD
    refused = scene.refused("first-password")
    assert refused.refusal is Refusal.TOO_MANY_REQUESTS
    assert 0 < refused.params["retry_after_seconds"] <= WINDOW_SECONDS
    assert scene.log_in(address=THERE)
    scene.clock.advance(refused.params["retry_after_seconds"])
    assert scene.log_in()


def test_attempts_that_succeed_use_nothing_up(scene: Scene) -> None:
    for _ in range(3 * PER_ADDRESS):
        scene.log_in()
    assert set(scene.store.attempts.values()) == {0}


def test_many_addresses_together_are_limited_too(scene: Scene) -> None:
    for number in range(OVERALL):
        assert (
            scene.refused("wrong-password", f"10.0.{number // 200}.{number % 200}").refusal is Refusal.INVALID_PASSWORD
        )
    assert scene.refused("first-password", "10.9.9.9").refusal is Refusal.TOO_MANY_REQUESTS


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("2001:db8:1:2::1", "2001:db8:1:2:ffff::9", True),
        ("2001:db8:1:2::1", "2001:db8:1:3::1", False),
        ("::ffff:203.0.113.9", "203.0.113.9", True),
        ("203.0.113.9", "203.0.113.10", False),
        ("garbage", "", True),
    ],
)
def test_what_counts_as_one_client(one: str, other: str, same: bool) -> None:
    store = FakeAdministratorStore()
    attempts = LoginAttempts(store, FakeClock())
    first, second = attempts.take(one), attempts.take(other)
    assert (first.scopes[0] == second.scopes[0]) is same


def test_changing_the_password_is_limited_as_signing_in_is(scene: Scene) -> None:
    scene.log_in()
    for _ in range(PER_ADDRESS):
        with pytest.raises(RelayError):
            scene.administrator.change_password("wrong-password", "second-password", HERE)
    with pytest.raises(RelayError) as caught:
        scene.administrator.change_password("first-password", "second-password", HERE)
    assert caught.value.refusal is Refusal.TOO_MANY_REQUESTS


@pytest.mark.parametrize("shown", [repr, str])
def test_no_secret_is_in_a_repr(scene: Scene, shown: Any) -> None:
    session = scene.administrator.log_in("first-password", HERE)
    assert session.token not in shown(session)
    assert scene.store.kept is not None
    assert scene.store.kept.password_hash not in shown(scene.store.kept)
