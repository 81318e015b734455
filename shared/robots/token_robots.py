"""Robots by their access tokens, for the socket."""

from __future__ import annotations

from shared.robots.models import Robot
from shared.robots.tokens import RobotTokens
from shared.security.jwt_tokens import TokenInvalid


class TokenRobots:
    """Implements shared.robots.robot_socket.RobotTokens."""

    def __init__(self, tokens: RobotTokens) -> None:
        self._tokens = tokens

    def robot_of(self, token: str) -> Robot | None:
        """None for a token that is invalid, revoked, or somebody's who is no robot. May raise StoreUnavailable."""
        try:
            return self._tokens.bearer(token).robot
        except TokenInvalid:
            return None
