"""How many accounts there are, by platform, status, user and project: kept as they change, never counted by reading.

A cell is one combination, spread over shards so that writers of one combination do not wait for one another. Totals
of any filter, and which listings have something in them, are sums over a handful of cells.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from pynamodb.transactions import TransactWrite

from shared.accounts.models import Account
from shared.accounts.rows import AccountsRow
from shared.aws.database import database

SHARDS = 8


@dataclass(frozen=True, slots=True)
class AccountFilter:
    """None: any."""

    platform: str | None = None
    status: str | None = None
    user_id: str | None = None
    project_id: str | None = None


@dataclass(frozen=True, slots=True)
class Cell:
    """``project_id`` is "" except in the cells of a user."""

    platform: str
    status: str
    project_id: str = ""


def matching_cells(wanted: AccountFilter) -> Mapping[Cell, int]:
    """The combinations that hold an account the filter wants, and how many. Raises StoreUnavailable."""
    found: Counter[Cell] = Counter()
    with database("count accounts"):
        for row in AccountsRow.query(_partition(wanted), consistent_read=True):
            platform, status, _, project_id = row.sk.split("#", 3)
            found[Cell(platform, status, project_id)] += int(row.counter)
    return {cell: count for cell, count in found.items() if count > 0 and _wanted(cell, wanted)}


def count_in_transaction(
    transaction: TransactWrite,
    before: Account | None,
    after: Account | None,
    pick_shard: Callable[[], int] = lambda: random.randrange(SHARDS),  # noqa: S311 - spreads writers out
) -> None:
    """Add to a transaction what a change of an account does to the cells: nothing when it stays in its own."""
    changes: Counter[tuple[str, str]] = Counter()
    for account, by in ((before, -1), (after, 1)):
        for partition, cell in _cells(account) if account is not None else ():
            changes[partition, cell] += by
    shard = pick_shard()
    for (partition, cell), by in changes.items():
        if by:
            platform, status, project_id = cell.split("#", 2)
            row = AccountsRow(partition, f"{platform}#{status}#{shard}#{project_id}")
            transaction.update(row, actions=[AccountsRow.counter.add(by)])


def _cells(account: Account) -> list[tuple[str, str]]:
    plain = f"{account.platform}#{account.status}#"
    cells = [("counts", plain)]
    if account.user_id:
        cells.append((f"counts#user#{account.user_id}", plain + account.project_id))
    if account.project_id:
        cells.append((f"counts#project#{account.project_id}", plain))
    return cells


def _partition(wanted: AccountFilter) -> str:
    if wanted.user_id is not None:
        return f"counts#user#{wanted.user_id}"
    return "counts" if wanted.project_id is None else f"counts#project#{wanted.project_id}"


def _wanted(cell: Cell, wanted: AccountFilter) -> bool:
    return (
        wanted.platform in (None, cell.platform)
        and wanted.status in (None, cell.status)
        and (wanted.user_id is None or wanted.project_id in (None, cell.project_id))
    )
