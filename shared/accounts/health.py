"""Is an account still logged in? Only the platform's explicit word changes what is known of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from shared.accounts.accounts import Accounts
from shared.accounts.errors import CookieUnreadableNow
from shared.accounts.models import Account, AccountStatus
from shared.accounts.probing import Probe, ProbeOutcome, ProbeResult

COOKIE_UNREADABLE = "the stored cookie cannot be opened with the configured passphrase"


@dataclass(frozen=True, slots=True)
class HealthResult:
    """``account`` as it is after the check."""

    account: Account
    outcome: ProbeOutcome
    reason: str = ""

    @property
    def is_healthy(self) -> bool:
        return self.outcome is ProbeOutcome.LOGGED_IN


class HealthChecks:
    def __init__(self, accounts: Accounts, probe: Callable[[], Probe], clock_ms: Callable[[], int]) -> None:
        """``probe`` is asked for when the first account is checked."""
        self._accounts = accounts
        self._probe = probe
        self._clock_ms = clock_ms

    def check(self, account_id: str) -> HealthResult:
        """Ask the platform and note its answer. Raises AccountUnknown, RecordBusy and StoreUnavailable."""
        account = self._accounts.get(account_id)
        result = self._ask(account)
        checked = self._accounts.changed(
            account_id, lambda now: _noted(now, result, account.cookie_hash, self._clock_ms())
        )
        return HealthResult(checked, result.outcome, result.reason)

    def _ask(self, account: Account) -> ProbeResult:
        try:
            cookies = self._accounts.cookies(account.account_id)
        except CookieUnreadableNow:
            return ProbeResult(ProbeOutcome.UNKNOWN, COOKIE_UNREADABLE)
        try:
            return self._probe().check(account.platform, cookies)
        except LookupError:
            return ProbeResult(ProbeOutcome.UNKNOWN, "this platform is not described any more")


def _noted(account: Account, result: ProbeResult, checked_cookie_hash: str, now_ms: int) -> Account:
    if account.cookie_hash != checked_cookie_hash:
        return account  # the answer is about a cookie that was replaced while the platform was asked
    checked = replace(account, last_check_at_ms=now_ms, last_error=result.reason)
    if result.outcome is ProbeOutcome.UNKNOWN:
        return checked
    if result.outcome is ProbeOutcome.MUST_LOG_IN:
        return replace(checked, status=_unless_switched_off(account, AccountStatus.EXPIRED))
    return replace(
        checked,
        status=_unless_switched_off(account, AccountStatus.ACTIVE),
        failures_in_a_row=0,
        identity=result.identity,
        account_name=account.account_name or result.identity.name[:100],
    )


def _unless_switched_off(account: Account, status: AccountStatus) -> AccountStatus:
    switched_off = account.status is AccountStatus.INACTIVE and account.inactive_by_operator
    return account.status if switched_off else status
