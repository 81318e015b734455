"""Accounts in the configuration table: sealed secrets, unique e-mail addresses."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pynamodb.transactions import TransactWrite

from shared.aws.database import TransactionRefused, conditional
from shared.aws.store_failures import StoreUnavailable
from shared.relay.configuration_rows import (
    ACCOUNT,
    ACCOUNT_EMAIL,
    AccountRow,
    ClaimRow,
    email_key,
    plain_attributes,
    record_key,
)
from shared.relay.configuration_table import ConfigurationTable
from shared.relay.errors import ConditionUnmet, EmailTaken, RecordNotFound
from shared.relay.models import ACCOUNT_SECRETS, Account
from shared.security.sealing import Sealer, opened_or_none

_MOVES = 3


class AccountRecords:
    """Implements shared.relay.accounts.AccountStore."""

    def __init__(self, table: ConfigurationTable, sealer: Sealer) -> None:
        self._table = table
        self._sealer = sealer

    def next_id(self, kind: str, count: int = 1) -> int:
        """The first of ``count`` consecutive ids. Raises StoreUnavailable."""
        return self._table.next_id(kind, count)

    def add_account(self, account: Account) -> None:
        """Raises EmailTaken, StoreUnavailable."""
        row, claim = self.rows_of_account(account)

        def build(transaction: TransactWrite) -> None:
            transaction.save(row, condition=AccountRow.pk.does_not_exist())
            transaction.save(claim, condition=ClaimRow.pk.does_not_exist())

        try:
            self._table.transact("add account", build)
        except TransactionRefused:
            raise EmailTaken from None

    def rows_of_account(self, account: Account) -> tuple[AccountRow, ClaimRow]:
        """The items that keep an account: itself, sealed, and the claim to its e-mail address."""
        values = self._sealed(account.id, account.model_dump(exclude={"unreadable"}))
        row = AccountRow(ACCOUNT, record_key(account.id), **values)
        return row, ClaimRow(ACCOUNT_EMAIL, email_key(account.email), owner_id=account.id)

    def account(self, account_id: int) -> Account | None:
        """Raises StoreUnavailable."""
        row = self._table.get(AccountRow, ACCOUNT, record_key(account_id))
        return None if row is None else self._account(row)

    def accounts(self) -> list[Account]:
        """All, by id. Raises StoreUnavailable."""
        return [self._account(row) for row in self._table.query(AccountRow, ACCOUNT)]

    def update_account(
        self, account_id: int, changes: Mapping[str, Any], *, only_if: Mapping[str, Any] | None = None
    ) -> Account:
        """Write the changed fields and no others.

        Raises:
            RecordNotFound, EmailTaken, StoreUnavailable; ConditionUnmet when a field in ``only_if`` has another value
        """
        if "email" in changes:
            self._move_email(account_id, changes["email"])
        row = AccountRow(ACCOUNT, record_key(account_id))
        condition = AccountRow.pk.exists()
        for name, value in (only_if or {}).items():
            condition &= getattr(AccountRow, name) == value
        actions = [getattr(AccountRow, name).set(value) for name, value in self._sealed(account_id, changes).items()]
        try:
            with conditional("update account", ConditionUnmet()):
                row.update(actions=actions, condition=condition)
        except ConditionUnmet:
            if only_if and self._table.get(AccountRow, ACCOUNT, record_key(account_id)) is not None:
                raise
            raise RecordNotFound(ACCOUNT, account_id) from None
        return self._account(row)

    def delete_account(self, account_id: int) -> None:
        """Raises RecordNotFound, StoreUnavailable."""
        for _ in range(_MOVES):
            row = self._table.get(AccountRow, ACCOUNT, record_key(account_id))
            if row is None:
                raise RecordNotFound(ACCOUNT, account_id)
            email = str(row.email)

            def build(transaction: TransactWrite, row: AccountRow = row, email: str = email) -> None:
                transaction.delete(row, condition=AccountRow.email == email)
                transaction.delete(
                    ClaimRow(ACCOUNT_EMAIL, email_key(email)),
                    condition=ClaimRow.pk.does_not_exist() | (ClaimRow.owner_id == account_id),
                )

            try:
                self._table.transact("delete account", build)
                return
            except TransactionRefused:  # its address was changed meanwhile: look again
                continue
        raise StoreUnavailable("delete account")

    def _move_email(self, account_id: int, email: str) -> None:
        """Give the account another address, freeing the old one, in one transaction."""
        for _ in range(_MOVES):
            row = self._table.get(AccountRow, ACCOUNT, record_key(account_id))
            if row is None:
                raise RecordNotFound(ACCOUNT, account_id)
            old, new = str(row.email), email
            if email_key(old) == email_key(new):
                return
            claim = self._table.get(ClaimRow, ACCOUNT_EMAIL, email_key(new))
            if claim is not None and claim.owner_id != account_id:
                raise EmailTaken

            def build(transaction: TransactWrite, row: AccountRow = row, old: str = old) -> None:
                transaction.delete(ClaimRow(ACCOUNT_EMAIL, email_key(old)))
                transaction.save(
                    ClaimRow(ACCOUNT_EMAIL, email_key(email), owner_id=account_id),
                    condition=ClaimRow.pk.does_not_exist() | (ClaimRow.owner_id == account_id),
                )
                transaction.update(row, actions=[AccountRow.email.set(email)], condition=AccountRow.email == old)

            try:
                self._table.transact("change e-mail", build)
                return
            except TransactionRefused:  # somebody else changed the account or took the address: look again
                continue
        raise StoreUnavailable("change e-mail")

    def _sealed(self, account_id: int, values: Mapping[str, Any]) -> dict[str, Any]:
        record = f"{ACCOUNT}/{account_id}"
        return {
            name: self._sealer.seal(value, record=record, field=name) if name in ACCOUNT_SECRETS else value
            for name, value in values.items()
            if value is not None
        }

    def _account(self, row: AccountRow) -> Account:
        values = plain_attributes(row)
        record = f"{ACCOUNT}/{values['id']}"
        unreadable = []
        for name in ACCOUNT_SECRETS:
            opened = opened_or_none(self._sealer, values.get(name, ""), record=record, field=name)
            if opened is None:
                unreadable.append(name)
            values[name] = opened or ""
        return Account(**values, unreadable=tuple(unreadable))
