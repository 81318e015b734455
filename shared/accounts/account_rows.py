"""Accounts as items of the table, and back."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from shared.accounts.models import Account, AccountStatus, AccountType, Identity
from shared.accounts.rows import RECORD, AccountsRow, account_key

# Counted by updates of their own, so that a change of the record never takes a count back.
COUNTS = ("use_count", "success_count", "fail_count", "failures_in_a_row", "last_used_at_ms")
_COLUMNS = (*COUNTS, "account_id", "platform", "status", "revision")


def new_row(account: Account) -> AccountsRow:
    """An account as it is first written."""
    counts = {name: getattr(account, name) for name in COUNTS}
    return AccountsRow(account_key(account.account_id), RECORD, **counts, **described(account, revision=1))


def change_actions(before: Account, after: Account) -> list[Any]:
    """What an update sets: everything but the counts. Only the failures in a row may be begun anew by a change."""
    columns = described(after, revision=after.revision + 1)
    if after.failures_in_a_row != before.failures_in_a_row:
        columns["failures_in_a_row"] = after.failures_in_a_row
    actions = []
    for name, value in columns.items():
        attribute = getattr(AccountsRow, name)
        actions.append(attribute.remove() if value is None else attribute.set(value))
    return actions


def described(account: Account, revision: int) -> dict[str, Any]:
    state = f"{account.platform}#{account.status}"
    body = {name: value for name, value in asdict(account).items() if name not in _COLUMNS}
    return {
        "platform": account.platform,
        "status": str(account.status),
        "revision": revision,
        "body": body,
        "state_key": state,
        "user_key": user_listing(state, account.project_id, account.user_id) if account.user_id else None,
        "project_key": f"{state}#{account.project_id}" if account.project_id else None,
        "listing_order": f"{account.priority:02d}#{account.created_at_ms:015d}#{account.number:012d}",
    }


def user_listing(state: str, project_id: str, user_id: str) -> str:
    """Ids hold no control characters (shared.accounts.requests), so the separator keeps pairs apart."""
    return f"{state}#{project_id}\x1f{user_id}"


def account_of(row: AccountsRow) -> Account:
    body = dict(row.body or {})
    identity, account_type = body.pop("identity"), body.pop("account_type")
    return Account(
        **body,
        account_id=row.pk.partition("#")[2],
        platform=row.platform or "",
        status=AccountStatus(row.status),
        account_type=AccountType(account_type),
        identity=Identity(**identity),
        revision=int(row.revision or 0),
        use_count=int(row.use_count or 0),
        success_count=int(row.success_count or 0),
        fail_count=int(row.fail_count or 0),
        failures_in_a_row=int(row.failures_in_a_row or 0),
        last_used_at_ms=None if row.last_used_at_ms is None else int(row.last_used_at_ms),
    )
