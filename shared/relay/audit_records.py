"""The audit trail in the configuration table: pk "audit", sk the entry's id, whose order is that of time."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from typing import Any

from pynamodb.attributes import JSONAttribute, NumberAttribute, UnicodeAttribute

from shared.aws.database import database
from shared.relay.audit import RETENTION_DAYS, STARTED, Actor, AuditEntry, AuditPage
from shared.relay.configuration_rows import ConfigRow
from shared.relay.configuration_table import ConfigurationTable
from shared.relay.times import iso_utc

AUDIT = "audit"
_RETENTION_SECONDS = RETENTION_DAYS * 86_400


class AuditRow(ConfigRow):
    actor = UnicodeAttribute(null=True)
    credential = UnicodeAttribute(null=True)
    address = UnicodeAttribute(null=True)
    action = UnicodeAttribute(null=True)
    account_id = NumberAttribute(null=True)
    arguments = JSONAttribute(null=True)
    outcome = UnicodeAttribute(null=True)
    reason = UnicodeAttribute(null=True)
    started_at = UnicodeAttribute(null=True)
    finished_at = UnicodeAttribute(null=True)
    expires_at = NumberAttribute(null=True)


class AuditRecords:
    """Implements shared.relay.audit.AuditTrail. ``shared.aws.tables.bind(ConfigRow, table_name)`` comes first."""

    def __init__(
        self,
        table: ConfigurationTable,
        clock_ms: Callable[[], int],
        random_suffix: Callable[[], str] = lambda: secrets.token_hex(4),
    ) -> None:
        """``table`` is asked for because it makes the connection all rows share. ``random_suffix`` gives eight
        hexadecimal digits, which tell entries of one millisecond apart."""
        self._table = table
        self._clock_ms = clock_ms
        self._random_suffix = random_suffix

    def begin(self, actor: Actor, action: str, account_id: int, arguments: Mapping[str, Any]) -> str:
        """Raises StoreUnavailable."""
        now_ms = self._clock_ms()
        entry_id = f"{now_ms:013d}-{self._random_suffix()}"
        row = AuditRow(
            AUDIT,
            entry_id,
            actor=actor.name,
            credential=actor.credential,
            address=actor.address,
            action=action,
            account_id=account_id,
            arguments=dict(arguments),
            outcome=STARTED,
            started_at=iso_utc(now_ms),
            expires_at=now_ms // 1000 + _RETENTION_SECONDS,
        )
        with database("begin audit entry"):
            row.save(condition=AuditRow.pk.does_not_exist())
        return entry_id

    def finish(self, entry_id: str, outcome: str, reason: str = "") -> None:
        """Raises StoreUnavailable."""
        finished_at = iso_utc(self._clock_ms())
        with database("finish audit entry"):
            AuditRow(AUDIT, entry_id).update(
                actions=[
                    AuditRow.outcome.set(outcome),
                    AuditRow.reason.set(reason),
                    AuditRow.finished_at.set(finished_at),
                ],
                condition=AuditRow.pk.exists(),
            )

    def page(self, limit: int, before: str | None) -> AuditPage:
        """Raises StoreUnavailable."""
        # DynamoDB deletes late: what has expired is left out, and everything older has expired too.
        oldest = f"{self._clock_ms() - _RETENTION_SECONDS * 1000:013d}"
        if before is not None and before <= oldest:
            return AuditPage((), None)
        in_range = AuditRow.sk > oldest if before is None else AuditRow.sk.between(oldest, before)
        with database("list audit entries"):
            # One more than asked tells whether there is a next page; a second one may be the cursor's own row.
            found = AuditRow.query(AUDIT, in_range, scan_index_forward=False, limit=limit + 2, consistent_read=True)
            entries = [_entry(row) for row in found if row.sk != before]
        shown = entries[:limit]
        return AuditPage(shown, shown[-1].id if len(entries) > limit else None)


def _entry(row: AuditRow) -> AuditEntry:
    return AuditEntry(
        id=row.sk,
        actor=Actor(row.actor or "", row.credential or "", row.address or ""),
        action=row.action or "",
        account_id=int(row.account_id or 0),
        arguments=row.arguments or {},
        started_at=row.started_at or "",
        outcome=row.outcome or "",
        reason=row.reason or "",
        finished_at=row.finished_at or "",
    )
