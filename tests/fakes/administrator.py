"""The administrator's password, sessions and attempts in memory."""

from __future__ import annotations

from collections import Counter

from shared.aws.store_failures import StoreUnavailable
from shared.relay.administrator import StoredPassword, StoredSession


class FakeAdministratorStore:
    """Stands in for SessionRecords. With ``broken`` set every call raises StoreUnavailable."""

    def __init__(self) -> None:
        self.kept: StoredPassword | None = None
        self.sessions: dict[str, StoredSession] = {}
        self.attempts: Counter[str] = Counter()
        self.broken = False
        self.lose_next_replace = False

    def _alive(self) -> None:
        if self.broken:
            raise StoreUnavailable("fake")

    def password(self) -> StoredPassword | None:
        self._alive()
        return self.kept

    def add_password(self, password: StoredPassword) -> bool:
        self._alive()
        if self.kept is not None:
            return False
        self.kept = password
        return True

    def replace_password(self, before: StoredPassword, after: StoredPassword) -> bool:
        self._alive()
        if self.kept != before or self.lose_next_replace:
            return False
        self.kept = after
        return True

    def add_session(self, digest: str, session: StoredSession) -> None:
        self._alive()
        self.sessions[digest] = session

    def session(self, digest: str) -> StoredSession | None:
        self._alive()
        return self.sessions.get(digest)

    def delete_session(self, digest: str) -> None:
        self._alive()
        self.sessions.pop(digest, None)

    def count_attempt(self, scope: str, expires_at: int, by: int = 1) -> int:
        self._alive()
        self.attempts[scope] += by
        return self.attempts[scope]
