"""Logging in by QR code, and whether a platform's account is logged in."""

from __future__ import annotations

import json
import logging
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol

from shared.accounts.accounts import Accounts
from shared.accounts.cookie_vault import CookieUnopenable, CookieVault
from shared.accounts.count_cells import AccountFilter
from shared.accounts.errors import (
    AccountUnknown,
    LoginElsewhere,
    LoginUnavailable,
    LoginUnknown,
    PlatformDiffers,
    QueueFailed,
    RecordBusy,
)
from shared.accounts.health import HealthChecks, HealthResult
from shared.accounts.health_batches import HealthBatches
from shared.accounts.models import Account, AccountStatus
from shared.accounts.probing import LoginFailed, LoginOutcome, LoginPoll, Logins
from shared.accounts.requests import AccountChanges, LoginCallback, NewAccount
from shared.stack_traces import failure_fields
from shared.web.cookies import MAX_COOKIE_CHARACTERS

logger = logging.getLogger("kook_relay.accounts")

# How many open logins one look at the status asks about: each may take a platform's eight seconds.
POLLED_AT_ONCE = 2
# A platform confirms a login once: two who ask at the same time would hear "confirmed" and "expired". Longer than it
# takes to ask and to keep the account, so that nobody else asks before a process that died has had its time.
ASKING_MS = 15_000
# So long after its end a login is still looked at unasked: what the phone confirmed in the last moment counts.
_LATE_SECONDS = 30


@dataclass(frozen=True, slots=True)
class LoginSession:
    """An open login. ``sealed_state`` is what polling needs, "" where there is nothing to poll.

    ``account_id`` is what the login led to; ``renews`` the account that it is to give a new cookie, "" for a new one.
    ``asked_until_ms``: until then somebody else is asking the platform. ``revision`` grows with every change.
    """

    session_id: str
    platform: str
    expires_at_seconds: int
    sealed_state: str = ""
    outcome: LoginOutcome = LoginOutcome.WAITING
    reason: str = ""
    account_id: str = ""
    renews: str = ""
    asked_until_ms: int = 0
    revision: int = 0

    def __repr__(self) -> str:
        return f"LoginSession({self.session_id!r}, {self.platform!r}, {self.outcome!r})"


class LoginSessions(Protocol):
    """Every method may raise StoreUnavailable."""

    def add(self, session: LoginSession) -> None: ...

    def get(self, platform: str, session_id: str) -> LoginSession | None:
        """None for one that is not there, or over for an hour."""

    def newest(self, platform: str, limit: int) -> list[LoginSession]: ...

    def replace(self, before: LoginSession, after: LoginSession) -> bool:
        """Write ``after``, whose revision is the next one. False when it is no more what was read."""


@dataclass(frozen=True, slots=True)
class BegunLogin:
    session_id: str
    qrcode_url: str
    qrcode_png: bytes | None
    expires_in_seconds: int

    def __repr__(self) -> str:
        return f"BegunLogin({self.session_id!r})"


@dataclass(frozen=True, slots=True)
class LoginStatus:
    """``checked`` None: there is no account to ask about, or not yet. ``session``: the login it is about, if any."""

    platform: str
    checked: HealthResult | None
    session: LoginSession | None = None


class LoginDesk:
    def __init__(
        self,
        accounts: Accounts,
        first_ids: Callable[[AccountFilter], Sequence[str]],
        checks: HealthChecks,
        batches: HealthBatches,
        sessions: LoginSessions,
        logins: Callable[[], Logins],
        vault: Callable[[], CookieVault],
        clock_ms: Callable[[], int],
    ) -> None:
        """``first_ids``: the account that comes first of those a filter wants, or none."""
        self._accounts = accounts
        self._first_ids = first_ids
        self._checks = checks
        self._batches = batches
        self._sessions = sessions
        self._logins = logins
        self._vault = vault
        self._clock_ms = clock_ms

    def begin(self, platform: str, renews: str | None = None) -> BegunLogin:
        """A login that leads to a new account, or gives the account ``renews`` a new cookie. Raises PlatformUnknown,
        AccountUnknown, PlatformDiffers (that account is of another platform), LoginUnavailable."""
        self._accounts.known_platform(platform)
        if renews is not None and self._accounts.get(renews).platform != platform:
            raise PlatformDiffers
        try:
            started = self._logins().start(platform)
        except LoginFailed as failed:
            raise LoginUnavailable(failed.reason) from None
        sealed = "" if started.state is None else self._sealed(started.state)
        session = LoginSession(
            session_id=f"sess_{self._clock_ms():013d}{secrets.token_hex(12)}",
            platform=platform,
            expires_at_seconds=self._clock_ms() // 1000 + started.expires_in_seconds,
            sealed_state=sealed,
            renews=renews or "",
        )
        self._sessions.add(session)
        return BegunLogin(session.session_id, started.qrcode_url, started.qrcode_png, started.expires_in_seconds)

    def status(self, platform: str, session_id: str | None) -> LoginStatus:
        """With a session: how that login stands, and how its account once there is one. Without: the platform's newest
        logins are looked at, and its first active account is asked about. Raises PlatformUnknown, LoginUnknown."""
        self._accounts.known_platform(platform)
        if session_id is not None:
            return self._status_of(platform, session_id)
        looked_at = [self._looked_at(session) for session in self._recent(platform)]
        for account_id in self._first_active(platform):
            checked = self._checked(account_id)
            if checked is not None:
                return LoginStatus(platform, checked, looked_at[0] if looked_at else None)
        for finished in looked_at:
            checked = self._checked(finished.account_id)
            if checked is not None:
                return LoginStatus(platform, checked, finished)
        return LoginStatus(platform, None, looked_at[0] if looked_at else None)

    def _status_of(self, platform: str, session_id: str) -> LoginStatus:
        session = self._sessions.get(platform, session_id)
        if session is None:
            raise LoginUnknown
        looked_at = self._looked_at(session)
        return LoginStatus(platform, self._checked(looked_at.account_id), looked_at)

    def _checked(self, account_id: str) -> HealthResult | None:
        """None when there is no such account, or none any more."""
        try:
            return self._checks.check(account_id) if account_id else None
        except AccountUnknown:
            return None

    def finish(self, callback: LoginCallback) -> tuple[Account, bool]:
        """Keep the cookie of a login, and have the account checked shortly after; whether that check could be ordered.
        Raises PlatformUnknown, CookieRefused, LoginElsewhere."""
        self._accounts.known_platform(callback.platform)
        session = self._session_of(callback)
        new = NewAccount(
            platform=callback.platform,
            cookie_data=callback.cookie_data,
            account_name=callback.account_name,
            user_id=callback.user_id,
        )
        account = self._kept(new, session.renews if session is not None else "")
        if session is not None:
            self._changed(session, outcome=LoginOutcome.DONE, account_id=account.account_id, sealed_state="")
        return account, self._is_check_ordered(account.account_id)

    def _kept(self, new: NewAccount, renews: str) -> Account:
        """As a new account, or as the new cookie of the account ``renews``. A cookie is not lost because that account
        was deleted meanwhile, or is changed by others all the time."""
        if renews:
            given = {name: value for name in ("account_name", "user_id") if (value := getattr(new, name))}
            try:
                return self._accounts.update(renews, AccountChanges(cookie_data=new.cookie_data, **given))
            except (AccountUnknown, RecordBusy):
                pass
        return self._accounts.create(new)

    def _is_check_ordered(self, account_id: str) -> bool:
        try:
            self._batches.check_later(account_id)
        except QueueFailed as failure:
            logger.error("could not order a check after a login", extra=failure_fields(failure))
            return False
        return True

    def _session_of(self, callback: LoginCallback) -> LoginSession | None:
        """A session that is gone is no obstacle: the cookie is what counts."""
        if not callback.session_id:
            return None
        for platform in self._accounts.platform_names:
            session = self._sessions.get(platform, callback.session_id)
            if session is not None:
                if platform != callback.platform:
                    raise LoginElsewhere
                return session
        return None

    def _first_active(self, platform: str) -> Sequence[str]:
        return self._first_ids(AccountFilter(platform=platform, status=str(AccountStatus.ACTIVE)))

    def _recent(self, platform: str) -> list[LoginSession]:
        now_seconds = self._clock_ms() // 1000
        newest = self._sessions.newest(platform, POLLED_AT_ONCE)
        return [session for session in newest if session.expires_at_seconds + _LATE_SECONDS > now_seconds]

    def _is_over(self, session: LoginSession) -> bool:
        return session.expires_at_seconds <= self._clock_ms() // 1000

    def _looked_at(self, session: LoginSession) -> LoginSession:
        if session.outcome not in _OPEN:
            return session
        if not session.sealed_state:
            return self._closed(session, LoginPoll(LoginOutcome.EXPIRED)) if self._is_over(session) else session
        claimed = self._claimed(session)
        return session if claimed is None else self._asked(claimed)

    def _claimed(self, session: LoginSession) -> LoginSession | None:
        """None when somebody else is asking about it."""
        now_ms = self._clock_ms()
        if session.asked_until_ms > now_ms:
            return None
        claimed = replace(session, asked_until_ms=now_ms + ASKING_MS, revision=session.revision + 1)
        return claimed if self._sessions.replace(session, claimed) else None

    def _asked(self, session: LoginSession) -> LoginSession:
        try:
            state = json.loads(self._vault().unseal(session.sealed_state).text)
        except CookieUnopenable:
            return self._closed(session, LoginPoll(LoginOutcome.EXPIRED, "sealed under another passphrase"))
        poll = self._logins().poll(session.platform, state)
        if poll.outcome is LoginOutcome.DONE:
            return self._done(session, poll)
        if poll.outcome not in _OPEN and poll.outcome is not LoginOutcome.UNKNOWN:
            return self._closed(session, poll)
        # A state of its own means that the phone has confirmed: then it is only the way to the cookie that is left.
        if self._is_over(session) and poll.state is None:
            return self._closed(session, LoginPoll(LoginOutcome.EXPIRED))
        return self._still_open(session, poll)

    def _done(self, session: LoginSession, poll: LoginPoll) -> LoginSession:
        """The platform gives a cookie once: it is kept before anything else can go wrong."""
        pairs = [{"name": cookie.name, "value": cookie.value, "domain": cookie.domain} for cookie in poll.cookies]
        cookie_data = json.dumps(pairs, ensure_ascii=False)
        if len(cookie_data) > MAX_COOKIE_CHARACTERS:
            return self._closed(session, LoginPoll(LoginOutcome.REFUSED, _TOO_MANY_COOKIES))
        account = self._kept(NewAccount(platform=session.platform, cookie_data=cookie_data), session.renews)
        done = self._changed(session, outcome=LoginOutcome.DONE, account_id=account.account_id, sealed_state="")
        self._is_check_ordered(account.account_id)  # whoever began the login may have stopped asking
        return done

    def _still_open(self, session: LoginSession, poll: LoginPoll) -> LoginSession:
        outcome = session.outcome if poll.outcome is LoginOutcome.UNKNOWN else poll.outcome
        sealed = session.sealed_state if poll.state is None else self._sealed(poll.state)
        return self._changed(session, outcome=outcome, reason=poll.reason, sealed_state=sealed)

    def _closed(self, session: LoginSession, poll: LoginPoll) -> LoginSession:
        return self._changed(session, outcome=poll.outcome, reason=poll.reason, sealed_state="")

    def _changed(self, session: LoginSession, **fields: Any) -> LoginSession:
        """What somebody else made of it in the meantime stands."""
        after = replace(session, asked_until_ms=0, revision=session.revision + 1, **fields)
        self._sessions.replace(session, after)
        return after

    def _sealed(self, state: Any) -> str:
        return self._vault().seal(json.dumps(state))


_TOO_MANY_COOKIES = "the platform handed out more cookies than are kept: log in with a browser and send them"
_OPEN = (LoginOutcome.WAITING, LoginOutcome.SCANNED)
