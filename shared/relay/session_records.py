"""The administrator's password, sessions and sign-in attempts in the configuration table.

pk "security"       sk "password"          the hash of the password and its generation
pk "session"        sk the token's digest  one session
pk "login_attempt"  sk scope and window    attempts so far
"""

from __future__ import annotations

from collections.abc import Callable

from pynamodb.attributes import NumberAttribute, UnicodeAttribute

from shared.aws.database import conditional, database
from shared.relay.administrator import StoredPassword, StoredSession
from shared.relay.configuration_rows import SECURITY, ConfigRow
from shared.relay.configuration_table import ConfigurationTable
from shared.relay.times import iso_utc

PASSWORD, SESSION, LOGIN_ATTEMPT = "password", "session", "login_attempt"


class PasswordRow(ConfigRow):
    password_hash = UnicodeAttribute(null=True)
    generation = NumberAttribute(null=True)
    changed_at = UnicodeAttribute(null=True)


class SessionRow(ConfigRow):
    generation = NumberAttribute(null=True)
    created_at = UnicodeAttribute(null=True)
    expires_at = NumberAttribute(null=True)


class AttemptRow(ConfigRow):
    attempts = NumberAttribute(null=True)
    expires_at = NumberAttribute(null=True)


class SessionRecords:
    """Implements shared.relay.administrator.AdministratorStore and shared.relay.login_attempts.AttemptCounters."""

    def __init__(self, table: ConfigurationTable, clock_ms: Callable[[], int]) -> None:
        self._table = table
        self._clock_ms = clock_ms

    def password(self) -> StoredPassword | None:
        row = self._table.get(PasswordRow, SECURITY, PASSWORD)
        if row is None or not row.password_hash:
            return None
        return StoredPassword(str(row.password_hash), int(row.generation or 0))

    def add_password(self, password: StoredPassword) -> bool:
        try:
            with conditional("set password", _Unmet()):
                self._password_row(password).save(condition=PasswordRow.password_hash.does_not_exist())
        except _Unmet:
            return False
        return True

    def replace_password(self, before: StoredPassword, after: StoredPassword) -> bool:
        unchanged = (PasswordRow.password_hash == before.password_hash) & (PasswordRow.generation == before.generation)
        try:
            with conditional("change password", _Unmet()):
                self._password_row(after).save(condition=unchanged)
        except _Unmet:
            return False
        return True

    def add_session(self, digest: str, session: StoredSession) -> None:
        row = SessionRow(
            SESSION,
            digest,
            generation=session.generation,
            expires_at=session.expires_at,
            created_at=iso_utc(self._clock_ms()),
        )
        with database("open session"):
            row.save()

    def session(self, digest: str) -> StoredSession | None:
        row = self._table.get(SessionRow, SESSION, digest)
        return None if row is None else StoredSession(int(row.generation or 0), int(row.expires_at or 0))

    def delete_session(self, digest: str) -> None:
        with database("close session"):
            SessionRow(SESSION, digest).delete()

    def count_attempt(self, scope: str, expires_at: int, by: int = 1) -> int:
        row = AttemptRow(LOGIN_ATTEMPT, scope)
        with database("count attempt"):
            row.update(actions=[AttemptRow.attempts.add(by), AttemptRow.expires_at.set(expires_at)])
        return int(row.attempts)

    def _password_row(self, password: StoredPassword) -> PasswordRow:
        return PasswordRow(
            SECURITY,
            PASSWORD,
            password_hash=password.password_hash,
            generation=password.generation,
            changed_at=iso_utc(self._clock_ms()),
        )


class _Unmet(Exception):
    pass
