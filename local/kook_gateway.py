"""KOOK's gateway as ingress: keeps one connection for each account that is online and takes its events that way.

A webhook needs a public URL; this needs none. The events go to the same queue in the same form, and KOOK replays what
was missed while the stack was down. It lives in the embedded runner because something has to keep running.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from local.kook_gateway_client import GatewayAccount, GatewayClient, GatewayServices
from shared.aws.store_failures import StoreUnavailable
from shared.kook.gateway.states import STATUS_INTERVAL_SECONDS, GatewayState, GatewayStatus, RecordsUnavailable
from shared.relay.models import Account
from shared.relay.times import iso_utc

# An account that was started, stopped or changed is followed within twice this.
POLL_SECONDS: Final = 2.0
_STOP_SECONDS: Final = 15.0
_RESTART_AFTER_CRASH_SECONDS: Final = 30.0

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Connection:
    account: GatewayAccount
    client: GatewayClient
    task: asyncio.Task[None]


class KookGateways:
    """All gateway connections of this stack. ``accounts`` reads them all; it may block and raise StoreUnavailable."""

    def __init__(
        self,
        accounts: Callable[[], Sequence[Account]],
        services: GatewayServices,
        poll_seconds: float = POLL_SECONDS,
    ) -> None:
        self._accounts = accounts
        self._services = services
        self._poll_seconds = poll_seconds
        self._connections: dict[int, _Connection] = {}
        self._not_before: dict[int, float] = {}
        self._marked_until: dict[int, float] = {}
        self._looked_for_leftovers = False

    async def run(self) -> None:
        """Follow the accounts until cancelled; then end every connection in order."""
        try:
            while True:
                try:
                    await self._follow(await asyncio.to_thread(self._accounts))
                except (StoreUnavailable, RecordsUnavailable) as error:
                    logger.warning("gateway accounts not followed, trying again: %s", error)
                except Exception:  # an account that cannot be read must not bring the stack down
                    logger.exception("gateway accounts not followed, trying again")
                await asyncio.sleep(self._poll_seconds)
        finally:
            await asyncio.gather(*(self._end(account_id) for account_id in tuple(self._connections)))

    async def _follow(self, accounts: Sequence[Account]) -> None:
        wanted = {account.id: account for account in accounts if _is_wanted(account)}
        followed = await asyncio.gather(
            *(self._follow_one(account_id, wanted.get(account_id)) for account_id in {*wanted, *self._connections}),
            return_exceptions=True,
        )
        await self._forget_leftovers(wanted)
        for account in accounts:
            await self._mark_without_token(account)
        for failure in followed:
            if isinstance(failure, BaseException):
                raise failure

    async def _follow_one(self, account_id: int, account: Account | None) -> None:
        wanted = _gateway_account(account) if account is not None else None
        present = self._connections.get(account_id)
        if present is not None and (present.task.done() or wanted is None or wanted.holder != present.account.holder):
            await self._end(account_id)
            if wanted is None:
                self._looked_for_leftovers = False
        if wanted is not None and account_id not in self._connections:
            self._begin(wanted)

    def _begin(self, account: GatewayAccount) -> None:
        if self._services.monotonic() < self._not_before.get(account.account_id, 0.0):
            return
        client = GatewayClient(account, self._services)
        task = asyncio.create_task(client.run(), name=f"gateway of account {account.account_id}")
        self._connections[account.account_id] = _Connection(account, client, task)

    async def _end(self, account_id: int) -> None:
        """End a connection for certain before another of the same account can begin."""
        connection = self._connections[account_id]
        connection.client.stop()
        await asyncio.wait({connection.task}, timeout=_STOP_SECONDS)
        connection.task.cancel()
        await asyncio.wait({connection.task})
        del self._connections[account_id]
        if not connection.task.cancelled() and (error := connection.task.exception()) is not None:
            logger.error("account %d: the gateway connection broke", account_id, exc_info=error)
            self._not_before[account_id] = self._services.monotonic() + _RESTART_AFTER_CRASH_SECONDS

    async def _forget_leftovers(self, wanted: Mapping[int, Account]) -> None:
        """Sessions of accounts that were stopped, changed or deleted, before a kill of the stack or since."""
        if self._looked_for_leftovers:
            return
        for account_id in await asyncio.to_thread(self._services.records.account_ids):
            if account_id not in wanted:
                await asyncio.to_thread(self._services.records.forget, account_id)
                self._marked_until.pop(account_id, None)
        self._looked_for_leftovers = True

    async def _mark_without_token(self, account: Account) -> None:
        """An account that should be connected and cannot be is to be seen as such."""
        if account.ingress != "gateway" or account.status != "online" or account.bot_token:
            self._marked_until.pop(account.id, None)
        elif self._services.monotonic() >= self._marked_until.get(account.id, float("-inf")):
            logger.error("account %d: no usable bot token for the gateway", account.id)
            since = iso_utc(self._services.clock_ms())
            status = GatewayStatus(GatewayState.REFUSED, "bot_token_missing", since)
            await asyncio.to_thread(self._services.records.save_status, account.id, status)
            self._marked_until[account.id] = self._services.monotonic() + STATUS_INTERVAL_SECONDS


def _is_wanted(account: Account) -> bool:
    return account.ingress == "gateway" and account.status == "online" and bool(account.bot_token)


def _gateway_account(account: Account) -> GatewayAccount:
    # KOOK would replay to a resumed session what was said while the account was stopped: each start is a new holder.
    holder = hashlib.sha256(f"{account.bot_token}\0{account.started_at_ms}".encode()).hexdigest()
    return GatewayAccount(account.id, account.bot_token, holder)
