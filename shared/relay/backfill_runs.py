"""Starting backfills: at start, when an account starts, on a schedule, on demand, and when KOOK has the bot back."""

from __future__ import annotations

import logging
import secrets
from collections.abc import Callable, Sequence
from typing import Protocol

from shared.aws.store_failures import StoreUnavailable
from shared.relay.backfill import HOLD_SECONDS, Holds
from shared.relay.backfill_orders import BackfillOrder, BackfillReason
from shared.relay.backfill_records import ChannelProgress
from shared.relay.errors import Refusal, RelayError
from shared.relay.models import Account
from shared.tasks.orders import TaskQueue, TaskQueueUnavailable

logger = logging.getLogger("kook_relay.backfill")

# A message is listed a moment after it was said, and a bot that comes online takes a moment to get its events.
_SETTLE_SECONDS = 15


class Accounts(Protocol):
    """Every method may raise StoreUnavailable."""

    def account(self, account_id: int) -> Account | None: ...

    def accounts(self) -> Sequence[Account]: ...


class Records(Protocol):
    """Every method may raise StoreUnavailable."""

    def of_account(self, account_id: int) -> list[ChannelProgress]: ...

    def claim_schedule(self, interval_ms: int) -> bool: ...


class Backfills:
    """``interval_ms`` is the time between two scheduled looks, 0 for none."""

    def __init__(
        self,
        accounts: Accounts,
        records: Records,
        holds: Holds,
        tasks: TaskQueue,
        clock_ms: Callable[[], int],
        *,
        interval_ms: int,
    ) -> None:
        self._accounts = accounts
        self._records = records
        self._holds = holds
        self._tasks = tasks
        self._clock_ms = clock_ms
        self._interval_ms = interval_ms

    def on_demand(self, account_id: int) -> str:
        """Start one for the operator; its id. Live events wait until it is through.

        Raises:
            RelayError: ACCOUNT_NOT_FOUND, BOT_TOKEN_REQUIRED, ACCOUNT_STOPPED
            TaskQueueUnavailable, StoreUnavailable
        """
        account = self._account(account_id)
        if not account.bot_token:
            raise RelayError(Refusal.BOT_TOKEN_REQUIRED, field="bot_token")
        if account.status != "online":
            raise RelayError(Refusal.ACCOUNT_STOPPED, id=account_id)
        return self.begin(account_id, "manual", holds=True)

    def progress(self, account_id: int) -> list[ChannelProgress]:
        """Raises RelayError (ACCOUNT_NOT_FOUND), StoreUnavailable."""
        return self._records.of_account(self._account(account_id).id)

    def begin(self, account_id: int, reason: BackfillReason, *, holds: bool, settle: bool = False) -> str:
        """Order a run. Raises TaskQueueUnavailable, StoreUnavailable."""
        run_id = secrets.token_hex(8)
        if holds:
            self._holds.hold(account_id, run_id, self._clock_ms() + HOLD_SECONDS * 1000)
        order = BackfillOrder(account_id, run_id, reason, holds)
        self._tasks.order(order.to_task(), delay_seconds=_SETTLE_SECONDS if settle else 0)
        logger.info("backfill ordered", extra={"account_id": account_id, "reason": reason})
        return run_id

    def begin_all(self, reason: BackfillReason, *, holds: bool) -> int:
        """One for each running account. Raises TaskQueueUnavailable, StoreUnavailable."""
        wanted = [one for one in self._accounts.accounts() if one.status == "online" and one.bot_token]
        for account in wanted:
            self.begin(account.id, reason, holds=holds)
        return len(wanted)

    def after_start(self, account_id: int) -> None:
        """What was said since the account was started, and before that when it was not stopped but cut off. Raises
        nothing: the account runs all the same, and the scheduled look comes soon."""
        try:
            self.begin(account_id, "account_started", holds=True)
        except (StoreUnavailable, TaskQueueUnavailable) as error:
            fields = {"account_id": account_id, "exception": type(error).__name__}
            logger.error("backfill after a start not ordered", extra=fields)

    def begin_scheduled(self) -> int:
        """A chore: how many runs were ordered, mostly none."""
        if not self._interval_ms or not self._records.claim_schedule(self._interval_ms):
            return 0
        return self.begin_all("schedule", holds=False)

    def _account(self, account_id: int) -> Account:
        account = self._accounts.account(account_id)
        if account is None:
            raise RelayError(Refusal.ACCOUNT_NOT_FOUND, id=account_id)
        return account
