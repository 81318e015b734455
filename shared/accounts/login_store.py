"""Open logins in DynamoDB: session ids grow with time, so that the newest come last."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from shared.accounts.logins import LoginSession
from shared.accounts.probing import LoginOutcome
from shared.accounts.rows import AccountsRow
from shared.aws.database import conditional, database

# After its end a session can still be asked about for so long.
_KEPT_SECONDS = 3600


class _Outdated(Exception):
    pass


class DynamoLoginSessions:
    """Implements shared.accounts.logins.LoginSessions."""

    def __init__(self, clock_ms: Callable[[], int]) -> None:
        self._clock_ms = clock_ms

    def add(self, session: LoginSession) -> None:
        with database("begin login"):
            _row(session).save()

    def get(self, platform: str, session_id: str) -> LoginSession | None:
        with database("read login"):
            try:
                row = AccountsRow.get(_pk(platform), session_id, consistent_read=True)
            except AccountsRow.DoesNotExist:
                return None
        is_gone = int(row.expires_at or 0) <= self._clock_ms() // 1000  # DynamoDB takes it away some time after
        return None if is_gone else _session(row)

    def newest(self, platform: str, limit: int) -> list[LoginSession]:
        with database("list logins"):
            rows = AccountsRow.query(_pk(platform), scan_index_forward=False, limit=limit, consistent_read=True)
            return [_session(row) for row in rows]

    def replace(self, before: LoginSession, after: LoginSession) -> bool:
        unchanged = AccountsRow.revision == before.revision
        try:
            with conditional("note login", _Outdated()):
                _row(after).save(condition=unchanged)
        except _Outdated:
            return False
        return True


def _pk(platform: str) -> str:
    return f"logins#{platform}"


def _row(session: LoginSession) -> AccountsRow:
    body: dict[str, Any] = asdict(session)
    for name in ("session_id", "platform", "sealed_state", "outcome", "revision"):
        del body[name]
    return AccountsRow(
        _pk(session.platform),
        session.session_id,
        revision=session.revision,
        platform=session.platform,
        status=str(session.outcome),
        sealed=session.sealed_state,
        body=body,
        expires_at=session.expires_at_seconds + _KEPT_SECONDS,
    )


def _session(row: AccountsRow) -> LoginSession:
    return LoginSession(
        **(row.body or {}),
        session_id=row.sk,
        revision=int(row.revision or 0),
        platform=row.platform or "",
        sealed_state=row.sealed or "",
        outcome=LoginOutcome(row.status),
    )
