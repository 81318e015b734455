"""The tokens of the robots area: who a request speaks for, and until when.

Users, administrators and robots have tokens of different kinds. An access token opens the API for thirty days, a
refresh token gets another one for ninety. Every token carries the version of its record (``token_version``), so
unbinding, disabling and deleting revoke it at once.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal, Protocol, get_args

from shared.robots.errors import CodeDisabled, CodeExpired
from shared.robots.models import ActivationCode, Robot, User
from shared.security.jwt_tokens import Claims, JwtTokens, SignedToken, TokenInvalid

ACCESS_SECONDS = 30 * 24 * 60 * 60
REFRESH_SECONDS = 90 * 24 * 60 * 60
ACCESS_AUDIENCE = "robots"
REFRESH_AUDIENCE = "robots-refresh"
# The administrator of the whole control plane signs in with a password, and is no user with a phone number.
CONTROL_PLANE = "control-plane"

Kind = Literal["user", "admin", "robot"]


@dataclass(frozen=True, slots=True)
class TokenPair:
    """What a sign-in or an activation gives out. ``expires_at``: of the access token, seconds since the epoch."""

    access: str = field(repr=False)
    refresh: str = field(repr=False)
    expires_at: int


@dataclass(frozen=True, slots=True)
class Bearer:
    """Whom a valid token speaks for. One of ``user`` and ``robot`` is set, none for the control plane's admin."""

    kind: Kind
    user: User | None = None
    robot: Robot | None = None

    @property
    def name(self) -> str:
        """Names the bearer in logs and limits: ``user#1``, ``robot#robot_…``, ``admin#control-plane``."""
        if self.robot is not None:
            return f"robot#{self.robot.robot_id}"
        return f"{self.kind}#{CONTROL_PLANE if self.user is None else self.user.user_id}"


class TokenRecords(Protocol):
    def robot(self, robot_id: str) -> Robot | None: ...

    def code(self, text: str) -> ActivationCode | None: ...


class UserRecords(Protocol):
    def user(self, user_id: int) -> User | None: ...


class RobotTokens:
    """Every method that opens a token may raise StoreUnavailable.

    ``control_plane_version`` gives the version of the control plane's administrator, None while there is no password.
    """

    def __init__(
        self,
        tokens: JwtTokens,
        robots: TokenRecords,
        users: UserRecords,
        clock: Callable[[], float],
        control_plane_version: Callable[[], int | None],
    ) -> None:
        self._tokens = tokens
        self._robots = robots
        self._users = users
        self._clock = clock
        self._control_plane_version = control_plane_version

    def for_user(self, user: User) -> TokenPair:
        return self._pair(_user_claims(user))

    def for_robot(self, robot: Robot) -> TokenPair:
        """No token outlives the validity of the robot's activation code. Raises CodeDisabled and CodeExpired."""
        return self._pair(_robot_claims(robot), self._valid_until(robot))

    def for_control_plane(self, version: int) -> SignedToken:
        """An administrator's token for whoever signed in with the control plane's password."""
        claims = Claims("admin", CONTROL_PLANE, version)
        return self._tokens.sign(claims, ACCESS_AUDIENCE, self._now() + ACCESS_SECONDS)

    def refreshed(self, refresh_token: str) -> SignedToken:
        """A new access token; the refresh token stays as it is.

        Raises TokenInvalid, and for a robot CodeDisabled and CodeExpired.
        """
        bearer, claims = self._opened(refresh_token, REFRESH_AUDIENCE)
        latest = None if bearer.robot is None else self._valid_until(bearer.robot)
        return self._signed(claims, ACCESS_AUDIENCE, ACCESS_SECONDS, latest)

    def bearer(self, token: str) -> Bearer:
        """Whom an access token speaks for, as the records are now. Raises TokenInvalid."""
        return self._opened(token, ACCESS_AUDIENCE)[0]

    def is_ours(self, token: str) -> bool:
        """Whether the token is of this area at all, without a look at the records: another area may know it."""
        try:
            self._tokens.open(token, ACCESS_AUDIENCE)
        except TokenInvalid:
            return False
        return True

    def _opened(self, token: str, audience: str) -> tuple[Bearer, Claims]:
        claims = self._tokens.open(token, audience)
        bearer = self._known_bearer(claims)
        if bearer is None:
            raise TokenInvalid
        return bearer, claims

    def _known_bearer(self, claims: Claims) -> Bearer | None:
        """None when the record is gone or has another version."""
        if claims.kind not in get_args(Kind):
            return None
        if claims.kind == "robot":
            robot = self._robots.robot(claims.subject)
            alive = robot is not None and robot.deleted_at_ms is None and _robot_claims(robot) == claims
            return Bearer("robot", robot=robot) if alive else None
        if claims.subject == CONTROL_PLANE:
            known = claims.kind == "admin" and self._control_plane_version() == claims.version
            return Bearer("admin") if known else None
        user = self._users.user(int(claims.subject)) if claims.subject.isdecimal() else None
        if user is None or user.disabled or _user_claims(user) != claims:
            return None
        return Bearer(user.role, user=user)

    def _valid_until(self, robot: Robot) -> int | None:
        """When the robot's activation code ends, in seconds since the epoch; None for a robot without a code."""
        code = self._robots.code(robot.activation_code) if robot.activation_code else None
        if code is None:
            return None
        status = code.status_at(self._now() * 1000)
        if status == "disabled":
            raise CodeDisabled
        if status == "expired":
            raise CodeExpired
        return None if code.expires_at_ms is None else code.expires_at_ms // 1000

    def _pair(self, claims: Claims, latest: int | None = None) -> TokenPair:
        access = self._signed(claims, ACCESS_AUDIENCE, ACCESS_SECONDS, latest)
        refresh = self._signed(claims, REFRESH_AUDIENCE, REFRESH_SECONDS, latest)
        return TokenPair(access.text, refresh.text, access.expires_at)

    def _signed(self, claims: Claims, audience: str, lifetime_seconds: int, latest: int | None) -> SignedToken:
        expires_at = self._now() + lifetime_seconds
        return self._tokens.sign(claims, audience, expires_at if latest is None else min(expires_at, latest))

    def _now(self) -> int:
        return int(self._clock())


def _user_claims(user: User) -> Claims:
    return Claims(user.role, str(user.user_id), user.token_version)


def _robot_claims(robot: Robot) -> Claims:
    return Claims("robot", robot.robot_id, robot.token_version)
