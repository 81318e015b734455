"""Tokens of users, administrators and robots: kinds, lifetimes, revocation."""

from __future__ import annotations

from dataclasses import replace

import pytest

from shared.robots.errors import CodeDisabled, CodeExpired
from shared.robots.models import ActivationCode, Robot, User
from shared.robots.tokens import ACCESS_SECONDS, REFRESH_SECONDS, RobotTokens
from shared.security.jwt_tokens import JwtTokens, TokenInvalid
from tests.fakes.clock import FakeClock

DAY_SECONDS = 86_400
USER = User(7, "13800000000", "somebody", "user", created_at_ms=0)
ROBOT = Robot("robot_1", "uuid", "one", created_at_ms=0, owner_id=7)


class Records:
    def __init__(self, clock: FakeClock) -> None:
        self.users, self.robots, self.codes = {7: USER}, {"robot_1": ROBOT}, dict[str, ActivationCode]()
        self.password_generation: int | None = 5
        self.tokens = RobotTokens(JwtTokens(bytes(32), clock), self, self, clock, lambda: self.password_generation)

    def user(self, user_id: int) -> User | None:
        return self.users.get(user_id)

    def robot(self, robot_id: str) -> Robot | None:
        return self.robots.get(robot_id)

    def code(self, text: str) -> ActivationCode | None:
        return self.codes.get(text)


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def records(clock: FakeClock) -> Records:
    return Records(clock)


def refused(records: Records, token: str) -> bool:
    try:
        records.tokens.bearer(token)
    except TokenInvalid:
        return True
    return False


def test_each_kind_speaks_for_its_own(records: Records) -> None:
    records.users[8] = replace(USER, user_id=8, role="admin")
    user = records.tokens.bearer(records.tokens.for_user(USER).access)
    admin = records.tokens.bearer(records.tokens.for_user(records.users[8]).access)
    robot = records.tokens.bearer(records.tokens.for_robot(ROBOT).access)
    control = records.tokens.bearer(records.tokens.for_control_plane(5).text)
    assert [(bearer.kind, bearer.name) for bearer in (user, admin, robot, control)] == [
        ("user", "user#7"),
        ("admin", "admin#8"),
        ("robot", "robot#robot_1"),
        ("admin", "admin#control-plane"),
    ]


def test_access_lasts_thirty_days_and_a_refresh_token_ninety(records: Records, clock: FakeClock) -> None:
    pair = records.tokens.for_user(USER)
    assert pair.expires_at == int(clock()) + 30 * DAY_SECONDS == int(clock()) + ACCESS_SECONDS
    clock.advance(ACCESS_SECONDS)
    assert refused(records, pair.access)
    fresh = records.tokens.refreshed(pair.refresh)
    assert records.tokens.bearer(fresh.text).user == USER
    clock.advance(REFRESH_SECONDS - ACCESS_SECONDS)
    with pytest.raises(TokenInvalid):
        records.tokens.refreshed(pair.refresh)


def test_an_access_token_refreshes_nothing_and_a_refresh_token_opens_nothing(records: Records) -> None:
    pair = records.tokens.for_robot(ROBOT)
    assert refused(records, pair.refresh)
    with pytest.raises(TokenInvalid):
        records.tokens.refreshed(pair.access)


def test_a_counted_up_version_revokes_both_tokens(records: Records) -> None:
    user, robot = records.tokens.for_user(USER), records.tokens.for_robot(ROBOT)
    records.users[7] = replace(USER, token_version=2)
    records.robots["robot_1"] = replace(ROBOT, token_version=2)
    for pair in (user, robot):
        assert refused(records, pair.access)
        with pytest.raises(TokenInvalid):
            records.tokens.refreshed(pair.refresh)


@pytest.mark.parametrize("change", [{"disabled": True}, {"role": "admin"}])
def test_a_user_who_is_disabled_or_of_another_role_by_now_is_refused(
    records: Records, change: dict[str, object]
) -> None:
    token = records.tokens.for_user(USER).access
    records.users[7] = replace(USER, **change)  # type: ignore[arg-type]
    assert refused(records, token)


def test_a_deleted_robot_and_a_new_password_end_their_tokens(records: Records) -> None:
    robot, control = records.tokens.for_robot(ROBOT).access, records.tokens.for_control_plane(5).text
    records.robots["robot_1"] = replace(ROBOT, deleted_at_ms=1)
    records.password_generation = 6
    assert refused(records, robot)
    assert refused(records, control)


def test_a_robots_tokens_end_with_its_activation_code(records: Records, clock: FakeClock) -> None:
    robot = replace(ROBOT, activation_code="CODE2345")
    code = ActivationCode("CODE2345", validity_days=10, created_at_ms=0, first_activated_at_ms=clock.ms())
    records.robots["robot_1"], records.codes["CODE2345"] = robot, code
    pair = records.tokens.for_robot(robot)
    assert pair.expires_at == int(clock()) + 10 * DAY_SECONDS
    clock.advance(9 * DAY_SECONDS)
    assert records.tokens.refreshed(pair.refresh).expires_at == pair.expires_at
    records.codes["CODE2345"] = replace(code, disabled=True)
    with pytest.raises(CodeDisabled):
        records.tokens.refreshed(pair.refresh)
    clock.advance(2 * DAY_SECONDS)
    records.codes["CODE2345"] = code
    with pytest.raises(CodeExpired):
        records.tokens.for_robot(robot)


def test_what_other_areas_made_is_not_ours(records: Records) -> None:
    assert records.tokens.is_ours(records.tokens.for_control_plane(5).text)
    assert not records.tokens.is_ours("an-api-token")
    pair = records.tokens.for_user(USER)
    assert pair.access not in repr(pair) and pair.refresh not in repr(pair)
