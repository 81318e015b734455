"""Making a call to KOOK for the administrator, on the record."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from typing import Any

from shared.aws.store_failures import StoreUnavailable
from shared.kook.client.client import KookClient, KookClients
from shared.kook.client.oauth import KookOAuth
from shared.kook.client.pipes import KookPipe
from shared.kook.client.transport import Language
from shared.platforms.http import HttpClient
from shared.relay.accounts import Accounts
from shared.relay.audit import SUCCEEDED, Actor, AuditTrail, summarised
from shared.relay.errors import Refusal, RelayError, SecretsUnreadable
from shared.relay.kook_call_requests import KookRequest
from shared.relay.kook_calls import KookCall, KookConnection, shown_result
from shared.relay.kook_directory import bot_token_of
from shared.relay.kook_failures import kook_refusals
from shared.relay.models import Account

logger = logging.getLogger("kook_relay.kook_calling")


class AccountConnection:
    """Implements shared.relay.kook_calls.KookConnection over the REST client."""

    def __init__(
        self, account: Account, clients: KookClients, http: HttpClient, api_base: str, language: Language
    ) -> None:
        self._account = account
        self._clients = clients
        self._http = http
        self._api_base = api_base
        self._language: Language = language

    def bot(self) -> KookClient:
        return self._clients.of_bot(bot_token_of(self._account))

    def pipe(self, access_token: str) -> KookPipe:
        return KookPipe(self._http, self._api_base, access_token, language=self._language)

    def oauth(self, client_id: str, client_secret: str) -> KookOAuth:
        return KookOAuth(self._http, self._api_base, client_id, client_secret)


class KookCalling:
    def __init__(self, accounts: Accounts, connect: Callable[[Account], KookConnection], audit: AuditTrail) -> None:
        self._accounts = accounts
        self._connect = connect
        self._audit = audit

    def account(self, account_id: int) -> Account:
        """Raises RelayError (ACCOUNT_NOT_FOUND)."""
        return self._accounts.get(account_id)

    def call(self, account: Account, call: KookCall, request: KookRequest, actor: Actor) -> Mapping[str, Any]:
        """Make the call and give its result as a JSON object. It is recorded before it is made; when that fails it is
        not made.

        Raises:
            StoreUnavailable: the audit trail cannot be written.
            RelayError: BOT_TOKEN_MISSING, and what kook_failures lists.
        """
        arguments = summarised(request.model_dump(exclude_unset=True, mode="json"), call.secret_fields)
        entry_id = self._audit.begin(actor, f"kook:{call.name}", account.id, arguments)
        outcome, reason = "INTERNAL_ERROR", ""
        try:
            with kook_refusals():
                result = shown_result(call.run(self._connect(account), request))
            outcome = SUCCEEDED
            return result
        except RelayError as refused:
            outcome, reason = refused.refusal.value, str(refused.params.get("reason", ""))
            raise
        except SecretsUnreadable:
            outcome = Refusal.SECRETS_UNREADABLE.value
            raise
        finally:
            self._finish(entry_id, outcome, reason)

    def _finish(self, entry_id: str, outcome: str, reason: str) -> None:
        """KOOK has answered: failing to note how must not turn that into another answer. The entry stays "started"."""
        try:
            self._audit.finish(entry_id, outcome, reason)
        except StoreUnavailable:
            logger.warning("audit entry %s: the outcome %s could not be recorded", entry_id, outcome)
