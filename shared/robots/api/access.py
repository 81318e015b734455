"""Who may call what: bearer tokens, the kind a route takes, and so many requests a minute for each caller."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import cast

from flask import Blueprint, Flask, Request, current_app, g, request

from shared.robots.api.answers import said
from shared.robots.api.texts import KINDS
from shared.robots.models import Robot, User
from shared.robots.rate_limit import RateLimit
from shared.robots.tokens import Bearer, Kind, RobotTokens
from shared.security.jwt_tokens import TokenInvalid
from shared.web.authentication import MAX_TOKEN_CHARACTERS, Authenticator, Principal, is_open, presented_token
from shared.web.client_address import client_address
from shared.web.errors import ApiError


@dataclass(frozen=True, slots=True)
class _RobotsPrincipal(Principal):
    bearer: Bearer


class RobotsAuthenticator(Authenticator):
    """Counts every guarded request before it is served, by the token's bearer; by the address without a good one."""

    def __init__(self, tokens: RobotTokens, limit: RateLimit) -> None:
        super().__init__(())
        self._tokens = tokens
        self._limit = limit

    def authenticate(self, request: Request) -> Principal:
        token = presented_token(request)
        try:
            bearer = self._tokens.bearer(token) if 0 < len(token) <= MAX_TOKEN_CHARACTERS else None
        except TokenInvalid:
            bearer = None
        if bearer is None:
            self._limit.admit(f"address#{client_address()}")
            code, challenge = ("INVALID_TOKEN", 'Bearer error="invalid_token"') if token else ("UNAUTHORIZED", "Bearer")
            raise ApiError(code, headers={"WWW-Authenticate": challenge})
        self._limit.admit(bearer.name)
        return _RobotsPrincipal(bearer.name, bearer.kind, bearer)


def limit_open_routes(app: Flask, limit: RateLimit) -> None:
    """Requests that no token is asked for are counted by address: open routes, and paths that do not exist."""

    @app.before_request
    def count() -> None:
        if request.url_rule is None or is_open(current_app.view_functions.get(request.endpoint or "")):
            limit.admit(f"address#{client_address()}")


def only(kind: Kind, blueprint: Blueprint, seen: Callable[[Bearer], None] | None = None) -> Blueprint:
    """The blueprint, answering 403 to tokens of any other kind. ``seen`` is told of each bearer that is let in."""

    @blueprint.before_request
    def check() -> None:
        bearer = current_bearer()
        if bearer.kind != kind:
            raise ApiError("FORBIDDEN", {"wanted": said(KINDS[kind])})
        if seen is not None:
            seen(bearer)

    return blueprint


def current_bearer() -> Bearer:
    """Whom the request being answered speaks for. Only for routes that ask for a token."""
    return cast(_RobotsPrincipal, g.principal).bearer


def current_user() -> User:
    """Only for routes of users."""
    user = current_bearer().user
    if user is None:
        raise LookupError("not a user's token")
    return user


def current_robot(robot_id: str) -> Robot:
    """The token's robot, which must be the one that is named. Only for routes of robots."""
    robot = current_bearer().robot
    if robot is None:
        raise LookupError("not a robot's token")
    if robot.robot_id != robot_id:
        raise ApiError("OTHER_ROBOT")
    return robot
