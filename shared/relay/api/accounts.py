"""/api/accounts: the KOOK bots whose events are relayed."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias

from flask import Blueprint, Response

from shared.relay.account_connections import AccountConnection
from shared.relay.accounts import Accounts
from shared.relay.api import texts
from shared.relay.api.answers import ShownTimes, WebhookAddresses, shown_notices, success
from shared.relay.models import ACCOUNT_SECRETS, Account
from shared.relay.requests import AccountChanges, NewAccount
from shared.web.parameters import path_id
from shared.web.request_json import json_object
from shared.web.validation import validated

ConnectionsOf: TypeAlias = Callable[[Sequence[Account]], Mapping[int, AccountConnection]]


def no_connections(accounts: Sequence[Account]) -> Mapping[int, AccountConnection]:
    """Where nothing watches them."""
    return {account.id: AccountConnection("unknown") for account in accounts}


class AccountViews:
    def __init__(
        self, accounts: Accounts, times: ShownTimes, addresses: WebhookAddresses, connections: ConnectionsOf
    ) -> None:
        self._accounts = accounts
        self._times = times
        self._addresses = addresses
        self._connections = connections

    def blueprint(self) -> Blueprint:
        blueprint = Blueprint("accounts", __name__, url_prefix="/api/accounts")
        blueprint.get("")(self.list_accounts)
        blueprint.post("")(self.add_account)
        blueprint.get("/<account_id>")(self.show_account)
        blueprint.route("/<account_id>", methods=["PUT", "PATCH"])(self.change_account)
        blueprint.delete("/<account_id>")(self.delete_account)
        blueprint.post("/<account_id>/start")(self.start_account)
        blueprint.post("/<account_id>/stop")(self.stop_account)
        return blueprint

    def list_accounts(self) -> Response:
        accounts = self._accounts.all()
        connections = self._connections(accounts)
        return success(data=[self._shown(account, connections[account.id]) for account in accounts])

    def add_account(self) -> Response:
        result = self._accounts.create(validated(NewAccount, json_object()))
        return success(
            texts.ACCOUNT_ADDED,
            201,
            account_id=result.account.id,
            webhook_url=self._webhook_url(result.account),
            data=self._shown(result.account),
            **shown_notices(result.notices),
        )

    def show_account(self, account_id: str) -> Response:
        account = self._accounts.get(path_id("account_id", account_id))
        return success(data=self._shown(self._accounts.learn_identity(account)))

    def change_account(self, account_id: str) -> Response:
        number = path_id("account_id", account_id)
        result = self._accounts.update(number, validated(AccountChanges, json_object()))
        return success(texts.ACCOUNT_UPDATED, data=self._shown(result.account), **shown_notices(result.notices))

    def delete_account(self, account_id: str) -> Response:
        self._accounts.delete(path_id("account_id", account_id))
        return Response(status=204)

    def start_account(self, account_id: str) -> Response:
        result = self._accounts.start(path_id("account_id", account_id))
        return success(texts.ACCOUNT_STARTED, data=self._shown(result.account), **shown_notices(result.notices))

    def stop_account(self, account_id: str) -> Response:
        result = self._accounts.stop(path_id("account_id", account_id))
        return success(texts.ACCOUNT_STOPPED, data=self._shown(result.account), **shown_notices(result.notices))

    def _shown_connection(self, connection: AccountConnection) -> dict[str, Any]:
        def time(moment: str) -> str | None:
            return self._times.of_iso(moment) if moment else None

        return {
            "state": connection.state,
            "since": time(connection.since),
            "detail": connection.detail or None,
            "next_attempt_at": time(connection.next_attempt_at),
            "missed_at": time(connection.missed_at),
            "challenged_at": time(connection.challenged_at),
        }

    def _webhook_url(self, account: Account) -> str | None:
        """None for an account whose events come from KOOK's gateway: nothing is to be pasted anywhere."""
        return self._addresses.of_account(account.id) if account.ingress == "webhook" else None

    def _shown(self, account: Account, connection: AccountConnection | None = None) -> dict[str, Any]:
        """The account without its secrets; ``credentials`` says which are set."""
        if connection is None:
            connection = self._connections([account])[account.id]
        body: dict[str, Any] = {
            "id": account.id,
            "email": account.email,
            "status": account.status,
            "last_active": self._times.of_iso(account.last_active or account.created_at),
            "created_at": self._times.of_iso(account.created_at),
            "ingress": account.ingress,
            "webhook_url": self._webhook_url(account),
            "kook_user_id": account.kook_user_id,
            "kook_user_name": account.kook_user_name,
            "is_default": account.is_default,
            "connection": self._shown_connection(connection),
            "credentials": [name for name in ACCOUNT_SECRETS if getattr(account, name) or name in account.unreadable],
        }
        if account.unreadable:
            body["unreadable_credentials"] = list(account.unreadable)
        return body
