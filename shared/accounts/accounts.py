"""The use cases of accounts: keeping them, their cookies and their figures."""

from __future__ import annotations

import random
import secrets
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol

from shared.accounts.cookie_vault import CookieUnopenable, CookieVault, cookie_hash
from shared.accounts.count_cells import AccountFilter
from shared.accounts.errors import (
    CookieRefused,
    CookieUnreadableNow,
    PageTooFar,
    PlatformDiffers,
    PlatformUnknown,
    RecordBusy,
)
from shared.accounts.models import (
    FAILURES_UNTIL_INACTIVE,
    USAGE_KEPT_SECONDS,
    Account,
    AccountStatus,
    UsageLog,
)
from shared.accounts.probing import PlatformCatalogue
from shared.accounts.requests import AccountChanges, NewAccount, UsageReport
from shared.web.cookies import Cookie, CookieUnreadable, parse_cookies

MAX_OFFSET = 10_000
# A page of the largest accounts has to fit into a function's answer (6 MB).
MAX_PAGE = 200
RECENT_LOGS = 10
_CHANGE_ATTEMPTS = 8
_BACKOFF_SECONDS = 0.02
_ERROR_SHOWN_CHARACTERS = 200


class AccountStore(Protocol):
    """What the use cases need of shared.accounts.account_store.DynamoAccounts, described there."""

    def next_number(self, kind: str) -> int: ...
    def add(self, account: Account, sealed_cookie: str) -> None: ...
    def get(self, account_id: str) -> Account: ...
    def change(self, before: Account, after: Account, sealed_cookie: str | None = None) -> Account: ...
    def delete(self, account: Account, pool_ids: Sequence[str]) -> None: ...
    def pools_of(self, account_id: str) -> list[str]: ...
    def sealed_cookie(self, account_id: str) -> str: ...
    def replace_sealed_cookie(self, account_id: str, before: str, after: str) -> None: ...
    def report(self, account_id: str, usage: UsageLog) -> Account: ...
    def usages(self, account_id: str, limit: int) -> list[UsageLog]: ...
    def total(self, wanted: AccountFilter) -> int: ...
    def page(self, wanted: AccountFilter, limit: int, offset: int) -> list[Account]: ...


@dataclass(frozen=True, slots=True)
class AccountPage:
    accounts: Sequence[Account]
    total: int


class Accounts:
    """Every method may raise StoreUnavailable; those that take an id raise AccountUnknown."""

    def __init__(
        self,
        store: AccountStore,
        vault: Callable[[], CookieVault],
        platforms: PlatformCatalogue,
        clock_ms: Callable[[], int],
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        """``vault`` is asked for when a cookie is sealed or opened, not before: making it can mean asking KMS.
        ``pause`` spreads out those who change one account at the same time."""
        self._store = store
        self._vault = vault
        self._platforms = platforms
        self._clock_ms = clock_ms
        self._pause = pause

    @property
    def platform_names(self) -> tuple[str, ...]:
        return tuple(self._platforms.names)

    def known_platform(self, platform: str, field: str = "platform") -> str:
        """Raises PlatformUnknown."""
        if platform not in self._platforms.names:
            raise PlatformUnknown(field, self.platform_names)
        return platform

    def create(self, new: NewAccount) -> Account:
        """Raises PlatformUnknown, CookieRefused."""
        self.known_platform(new.platform)
        _checked_cookies(new.cookie_data)
        now_ms = self._clock_ms()
        account = Account(
            account_id=f"acc_{secrets.token_hex(10)}",
            number=self._store.next_number("account"),
            created_at_ms=now_ms,
            updated_at_ms=now_ms,
            cookie_hash=cookie_hash(new.cookie_data),
            **{name: getattr(new, name) for name in _TAKEN_OVER},
        )
        self._store.add(account, self._vault().seal(new.cookie_data))
        return replace(account, revision=1)

    def get(self, account_id: str) -> Account:
        return self._store.get(account_id)

    def page(self, wanted: AccountFilter, limit: int, offset: int) -> AccountPage:
        """Raises PlatformUnknown, PageTooFar."""
        if wanted.platform is not None:
            self.known_platform(wanted.platform)
        if offset > MAX_OFFSET:
            raise PageTooFar(MAX_OFFSET)
        total = self._store.total(wanted)
        return AccountPage(self._store.page(wanted, limit, offset) if offset < total else (), total)

    def update(self, account_id: str, changes: AccountChanges) -> Account:
        """Raises CookieRefused, PlatformDiffers, RecordBusy."""
        sealed = None
        if changes.cookie_data is not None:
            _checked_cookies(changes.cookie_data)
            sealed = self._vault().seal(changes.cookie_data)
        return self.changed(account_id, lambda account: _changed(account, changes), sealed)

    def changed(
        self, account_id: str, change: Callable[[Account], Account], sealed_cookie: str | None = None
    ) -> Account:
        """The account after ``change``, which is asked again when somebody else was first. Raises RecordBusy."""
        for attempt in range(_CHANGE_ATTEMPTS):
            before = self._store.get(account_id)
            after = replace(change(before), updated_at_ms=self._clock_ms())
            try:
                return self._store.change(before, after, sealed_cookie)
            except RecordBusy:
                self._pause(random.uniform(0, _BACKOFF_SECONDS * 2**attempt))  # noqa: S311 - spreads writers out
        raise RecordBusy

    def delete(self, account_id: str) -> int:
        """With its cookie, and out of every pool: from then on no pool gives it out. How many pools it was in.
        Raises RecordBusy."""
        for _ in range(_CHANGE_ATTEMPTS):
            account, pool_ids = self._store.get(account_id), self._store.pools_of(account_id)
            try:
                self._store.delete(account, pool_ids)
            except RecordBusy:
                continue
            return len(pool_ids)
        raise RecordBusy

    # --- cookies ---

    def cookies(self, account_id: str) -> list[Cookie]:
        """Opened; sealed again when it was sealed under the previous passphrase. Raises CookieUnreadableNow."""
        stored = self._store.sealed_cookie(account_id)
        try:
            opened = self._vault().unseal(stored)
            cookies = parse_cookies(opened.text, skip_nameless=True)
        except (CookieUnopenable, CookieUnreadable):
            raise CookieUnreadableNow from None
        if opened.is_outdated:
            self._seal_again(account_id, stored, opened.text)
        return cookies

    def _seal_again(self, account_id: str, stored: str, text: str) -> None:
        try:
            self._store.replace_sealed_cookie(account_id, stored, self._vault().seal(text))
        except RecordBusy:
            return  # somebody else has just sealed it, or put another in its place

    # --- uses ---

    def report_usage(self, account_id: str, report: UsageReport) -> Account:
        """Count a use's end. The fifth failure in a row makes an active account inactive. Raises RecordBusy."""
        usage = UsageLog(report.action, report.success, report.duration_ms, self._clock_ms(), report.error or "")
        account = self._store.report(account_id, usage)
        if not _is_worn_out(account):
            return account
        return self.changed(account_id, lambda now: _given_up(now, report.error or "") if _is_worn_out(now) else now)

    def recent_usages(self, account_id: str) -> list[UsageLog]:
        """Newest first. DynamoDB takes old ones away late, so they are left out here."""
        oldest_ms = self._clock_ms() - USAGE_KEPT_SECONDS * 1000
        return [usage for usage in self._store.usages(account_id, RECENT_LOGS) if usage.created_at_ms > oldest_ms]


_TAKEN_OVER = (
    "platform",
    "account_name",
    "account_type",
    "priority",
    "user_id",
    "project_id",
    "tags",
    "metadata",
)


def _checked_cookies(text: str) -> None:
    try:
        parse_cookies(text, skip_nameless=True)
    except CookieUnreadable:
        raise CookieRefused from None


def _changed(account: Account, changes: AccountChanges) -> Account:
    if changes.platform not in (None, account.platform):
        raise PlatformDiffers
    given: Mapping[str, Any] = changes.model_dump(exclude_none=True, exclude={"status", "cookie_data"})
    after = replace(account, **given)
    if changes.cookie_data is not None:
        fresh = cookie_hash(changes.cookie_data)
        after = replace(after, cookie_hash=fresh, status=AccountStatus.PENDING, last_error="")
    if changes.status is not None:
        switched_off = changes.status is AccountStatus.INACTIVE
        kept_error = after.last_error if switched_off or changes.status is AccountStatus.EXPIRED else ""
        after = replace(after, status=changes.status, inactive_by_operator=switched_off, last_error=kept_error)
    if after.status in (AccountStatus.ACTIVE, AccountStatus.PENDING) and after.status is not account.status:
        after = replace(after, failures_in_a_row=0)  # else its very next failure would switch it off again
    return after


def _is_worn_out(account: Account) -> bool:
    return account.status is AccountStatus.ACTIVE and account.failures_in_a_row >= FAILURES_UNTIL_INACTIVE


def _given_up(account: Account, error: str) -> Account:
    count = account.failures_in_a_row
    said = f"{count} uses failed in a row" + (f"; the last: {error[:_ERROR_SHOWN_CHARACTERS]}" if error else "")
    return replace(account, status=AccountStatus.INACTIVE, inactive_by_operator=False, last_error=said)
