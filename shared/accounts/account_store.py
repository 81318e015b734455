"""Accounts in DynamoDB: records, cookies, counts and reported uses."""

from __future__ import annotations

import heapq
import itertools
import secrets
from collections.abc import Iterator, Sequence
from dataclasses import asdict, replace
from typing import Any

from pynamodb.transactions import TransactWrite

from shared.accounts.account_rows import account_of, change_actions, new_row, user_listing
from shared.accounts.count_cells import AccountFilter, Cell, count_in_transaction, matching_cells
from shared.accounts.errors import AccountUnknown, RecordBusy
from shared.accounts.models import USAGE_KEPT_SECONDS, Account, AccountStatus, UsageLog
from shared.accounts.rows import RECORD, AccountsRow, account_key, pool_key
from shared.aws.database import TransactionRefused, database, transact, write_in_turn

_COOKIE = "cookie"
# At most so many keys are read at a time.
_INDEX_PAGE = 1000


class DynamoAccounts:
    """Implements shared.accounts.accounts.AccountStore. Every method may raise StoreUnavailable."""

    def next_number(self, kind: str) -> int:
        """A number that nobody else gets, from 1 up."""
        row = AccountsRow("sequence", kind)
        with database("next number"):
            row.update(actions=[AccountsRow.counter.add(1)])
        return int(row.counter)

    def add(self, account: Account, sealed_cookie: str) -> None:
        def write(transaction: TransactWrite) -> None:
            transaction.save(new_row(account), condition=AccountsRow.pk.does_not_exist())
            transaction.save(_cookie_row(account.account_id, sealed_cookie))
            count_in_transaction(transaction, None, account)

        self._transact("add account", write)

    def get(self, account_id: str) -> Account:
        """Raises AccountUnknown."""
        with database("read account"):
            try:
                return account_of(AccountsRow.get(account_key(account_id), RECORD, consistent_read=True))
            except AccountsRow.DoesNotExist:
                raise AccountUnknown from None

    def get_many(self, account_ids: Sequence[str]) -> list[Account]:
        """Those that exist, in the order asked for."""
        keys = [(account_key(account_id), RECORD) for account_id in account_ids]
        with database("read accounts"):
            found = {row.pk: account_of(row) for row in AccountsRow.batch_get(keys, consistent_read=True)}
        return [found[pk] for pk, _ in keys if pk in found]

    def change(self, before: Account, after: Account, sealed_cookie: str | None = None) -> Account:
        """Replace what was read by ``after``; of its counts only ``failures_in_a_row``, and that only when it differs.
        Raises RecordBusy when it is no more what was read."""
        row = AccountsRow(account_key(before.account_id), RECORD)
        unchanged = AccountsRow.revision == before.revision

        def write(transaction: TransactWrite) -> None:
            transaction.update(row, actions=change_actions(before, after), condition=unchanged)
            if sealed_cookie is not None:
                transaction.save(_cookie_row(before.account_id, sealed_cookie))
            count_in_transaction(transaction, before, after)

        self._transact("change account", write)
        return replace(after, revision=after.revision + 1)

    def delete(self, account: Account, pool_ids: Sequence[str]) -> None:
        """The account, its cookie and its memberships at once. Raises RecordBusy when it is no more what was read, or
        left a pool meanwhile."""
        pk = account_key(account.account_id)

        def write(transaction: TransactWrite) -> None:
            transaction.delete(AccountsRow(pk, RECORD), condition=AccountsRow.revision == account.revision)
            transaction.delete(AccountsRow(pk, _COOKIE))
            count_in_transaction(transaction, account, None)
            for pool_id in pool_ids:
                transaction.delete(AccountsRow(pk, f"pool#{pool_id}"), condition=AccountsRow.pk.exists())
                transaction.delete(AccountsRow(pool_key(pool_id), f"member#{account.account_id}"))
                transaction.update(AccountsRow("pools", pool_id), actions=[AccountsRow.member_count.add(-1)])

        self._transact("delete account", write)

    def pools_of(self, account_id: str) -> list[str]:
        with database("list pools of account"):
            rows = AccountsRow.query(account_key(account_id), AccountsRow.sk.startswith("pool#"), consistent_read=True)
            return [row.sk.partition("#")[2] for row in rows]

    # --- cookies ---

    def sealed_cookie(self, account_id: str) -> str:
        """Raises AccountUnknown."""
        with database("read cookie"):
            try:
                return AccountsRow.get(account_key(account_id), _COOKIE, consistent_read=True).sealed or ""
            except AccountsRow.DoesNotExist:
                raise AccountUnknown from None

    def replace_sealed_cookie(self, account_id: str, before: str, after: str) -> None:
        """The same cookie under another key. Raises RecordBusy when it was replaced meanwhile."""
        row = AccountsRow(account_key(account_id), _COOKIE)
        write_in_turn(
            "replace cookie",
            RecordBusy(),
            lambda: row.update(actions=[AccountsRow.sealed.set(after)], condition=AccountsRow.sealed == before),
        )

    # --- uses ---

    def take(self, account: Account, now_ms: int, *, unless_used_since: bool) -> bool:
        """Count one use of an account that is active still. With ``unless_used_since`` only when it was not used since
        it was read. False: it was not counted."""
        condition: Any = AccountsRow.status == str(AccountStatus.ACTIVE)
        if unless_used_since:
            condition &= AccountsRow.use_count == account.use_count
        row = AccountsRow(account_key(account.account_id), RECORD)
        used: list[Any] = [AccountsRow.use_count.add(1), AccountsRow.last_used_at_ms.set(now_ms)]
        try:
            write_in_turn("use account", _NotTaken(), lambda: row.update(actions=used, condition=condition))
        except _NotTaken:
            return False
        return True

    def report(self, account_id: str, usage: UsageLog) -> Account:
        """Count a use's end and keep it in the log; the account as it is after. Raises AccountUnknown."""
        pk = account_key(account_id)
        row = AccountsRow(pk, RECORD)
        counted: list[Any]
        if usage.success:
            counted = [AccountsRow.success_count.add(1), AccountsRow.failures_in_a_row.set(0)]
        else:
            counted = [AccountsRow.fail_count.add(1), AccountsRow.failures_in_a_row.add(1)]
        write_in_turn(
            "count usage", AccountUnknown(), lambda: row.update(actions=counted, condition=AccountsRow.pk.exists())
        )
        log = AccountsRow(
            pk,
            f"usage#{usage.created_at_ms:015d}#{secrets.token_hex(4)}",
            body=asdict(usage),
            expires_at=usage.created_at_ms // 1000 + USAGE_KEPT_SECONDS,
        )
        with database("log usage"):
            log.save()
        return account_of(row)

    def usages(self, account_id: str, limit: int) -> list[UsageLog]:
        """Newest first."""
        with database("list usage"):
            rows = AccountsRow.query(
                account_key(account_id),
                AccountsRow.sk.startswith("usage#"),
                scan_index_forward=False,
                limit=limit,
                consistent_read=True,
            )
            return [UsageLog(**(row.body or {})) for row in rows]

    # --- lists ---

    def total(self, wanted: AccountFilter) -> int:
        return sum(matching_cells(wanted).values())

    def page(self, wanted: AccountFilter, limit: int, offset: int) -> list[Account]:
        """By priority, newest first. What lies before ``offset`` is walked, as keys alone."""
        walked = self._keys(wanted, min(offset + limit, _INDEX_PAGE))
        return self.get_many(list(itertools.islice(walked, offset, offset + limit)))

    def ids(self, wanted: AccountFilter) -> list[str]:
        """All of them. An account that changed its status while they were read may have gone from a listing that was
        still to be read to one that was read already, so they are read once more."""
        passes = itertools.chain(self._keys(wanted, _INDEX_PAGE), self._keys(wanted, _INDEX_PAGE))
        return list(dict.fromkeys(passes))

    def _keys(self, wanted: AccountFilter, page_size: int) -> Iterator[str]:
        listings = [_listing(wanted, cell, page_size) for cell in matching_cells(wanted)]
        given: set[str] = set()  # who goes from one listing to another meanwhile is in both
        for _, pk in heapq.merge(*listings, reverse=True):
            if pk not in given:
                given.add(pk)
                yield pk.partition("#")[2]

    def _transact(self, operation: str, build: Any) -> None:
        """Raises RecordBusy."""
        try:
            transact(AccountsRow._get_connection().connection, operation, build)
        except TransactionRefused:
            raise RecordBusy from None


class _NotTaken(Exception):
    pass


def _listing(wanted: AccountFilter, cell: Cell, page_size: int) -> Iterator[tuple[str, str]]:
    """One cell's (order, key), last first. It may trail the writes by a moment."""
    state = f"{cell.platform}#{cell.status}"
    index: Any = AccountsRow.by_state
    key = state
    if wanted.user_id is not None:
        index, key = AccountsRow.by_user, user_listing(state, cell.project_id, wanted.user_id)
    elif wanted.project_id is not None:
        index, key = AccountsRow.by_project, f"{state}#{wanted.project_id}"
    with database("list accounts"):
        for row in index.query(key, scan_index_forward=False, page_size=page_size):
            yield row.listing_order, row.pk


def _cookie_row(account_id: str, sealed: str) -> AccountsRow:
    return AccountsRow(account_key(account_id), _COOKIE, sealed=sealed)
