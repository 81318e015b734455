"""Sessions as a kind of token that opens the API."""

from __future__ import annotations

from shared.relay.administrator import Administrator
from shared.web.authentication import Principal

SESSION_CREDENTIAL = "session"


class SessionVerifier:
    """Implements shared.web.authentication.TokenVerifier. Nothing is cached: a session that ended has ended."""

    def __init__(self, administrator: Administrator) -> None:
        self._administrator = administrator

    def verify(self, token: str) -> Principal | None:
        """Raises StoreUnavailable."""
        if self._administrator.seconds_left(token) is None:
            return None
        return Principal("administrator", SESSION_CREDENTIAL)
