"""KOOK accounts: the bots whose events are relayed. Use cases; no HTTP and no database in here."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Protocol

from shared.relay.errors import ConditionUnmet, EmailTaken, RecordNotFound, Refusal, RelayError
from shared.relay.kook_access import KookAccess, KookCallFailed, KookTokenRefused
from shared.relay.models import Account
from shared.relay.requests import AccountChanges, NewAccount
from shared.relay.times import iso_utc
from shared.web.cookies import CookieUnreadable, parse_cookies

logger = logging.getLogger("kook_relay.accounts")

IDENTITY_RETRY_SECONDS = 60.0


class AccountStore(Protocol):
    """Where accounts are kept. Every method may raise StoreUnavailable."""

    def next_id(self, kind: str, count: int = 1) -> int: ...

    def add_account(self, account: Account) -> None:
        """Raises EmailTaken."""

    def account(self, account_id: int) -> Account | None: ...

    def accounts(self) -> Sequence[Account]: ...

    def update_account(
        self, account_id: int, changes: Mapping[str, Any], *, only_if: Mapping[str, Any] | None = None
    ) -> Account:
        """Raises RecordNotFound, EmailTaken, ConditionUnmet."""

    def delete_account(self, account_id: int) -> None:
        """Raises RecordNotFound."""


class Caution(StrEnum):
    """What the caller should know although the use case succeeded."""

    VERIFY_TOKEN_MISSING = "verify_token_missing"  # noqa: S105 - a word, not a token
    KOOK_UNREACHABLE = "kook_unreachable"
    KOOK_TOKEN_REFUSED = "kook_token_refused"  # noqa: S105 - a word, not a token
    NOT_ONLINE_AT_KOOK = "not_online_at_kook"
    NOT_OFFLINE_AT_KOOK = "not_offline_at_kook"
    COOKIE_ONLY = "cookie_only"


@dataclass(frozen=True, slots=True)
class Notice:
    """A warning with the detail KOOK gave, "" where there is none."""

    kind: Caution
    detail: str = ""


@dataclass(frozen=True, slots=True)
class AccountResult:
    """The account as it is now, and what did not go as it should."""

    account: Account
    notices: tuple[Notice, ...] = ()


class Accounts:
    """``gateway_available`` tells whether something runs that can hold connections to KOOK's gateway open: the
    embedded runner can, AWS's functions cannot. ``started`` is told, with its id, of every account that was started
    and has a bot token."""

    def __init__(
        self,
        store: AccountStore,
        kook: KookAccess,
        clock_ms: Callable[[], int],
        *,
        gateway_available: bool = True,
        started: Callable[[int], object] = lambda account_id: None,
    ) -> None:
        self._store = store
        self._kook = kook
        self._clock_ms = clock_ms
        self._gateway_available = gateway_available
        self._started = started

    def all(self) -> list[Account]:
        return sorted(self._store.accounts(), key=lambda account: account.id)

    def get(self, account_id: int) -> Account:
        """Raises RelayError (ACCOUNT_NOT_FOUND)."""
        account = self._store.account(account_id)
        if account is None:
            raise _not_found(account_id)
        return account

    def create(self, new: NewAccount) -> AccountResult:
        """Keep a new account; it relays at once, unless a cookie is all it has. KOOK's silence refuses nothing.

        Raises:
            RelayError: INVALID_COOKIE, EMAIL_TAKEN; for ingress by gateway GATEWAY_UNAVAILABLE, BOT_TOKEN_REQUIRED
        """
        _check_cookie(new.cookie)
        if new.ingress == "gateway":
            self._check_gateway(has_bot_token=bool(new.bot_token))
        identity, notices = self._identify(new.bot_token)
        account = Account(
            id=self._store.next_id("account"),
            email=new.email,
            bot_token=new.bot_token,
            verify_token=new.verify_token,
            encrypt_key=new.encrypt_key,
            cookie=new.cookie,
            password=new.password,
            kook_user_id=identity.get("kook_user_id", ""),
            kook_user_name=identity.get("kook_user_name", ""),
            ingress=new.ingress,
            status="online" if new.bot_token or new.verify_token else "offline",
            created_at=iso_utc(self._clock_ms()),
        )
        try:
            self._store.add_account(account)
        except EmailTaken:
            raise RelayError(Refusal.EMAIL_TAKEN, field="email") from None
        if new.is_default:
            account = self._make_default(account.id)
        return AccountResult(account, (*notices, *_standing_notices(account)))

    def update(self, account_id: int, changes: AccountChanges) -> AccountResult:
        """Change the fields that were sent. A new bot token is asked who it belongs to.

        Raises:
            RelayError: ACCOUNT_NOT_FOUND, INVALID_COOKIE, EMAIL_TAKEN; for ingress by gateway GATEWAY_UNAVAILABLE,
                BOT_TOKEN_REQUIRED
        """
        sent = changes.model_dump(exclude_none=True)
        _check_cookie(sent.get("cookie", ""))
        before = self.get(account_id)
        if sent.get("ingress", before.ingress) == "gateway" and ("ingress" in sent or "bot_token" in sent):
            kept = bool(before.bot_token) or "bot_token" in before.unreadable
            self._check_gateway(has_bot_token=bool(sent["bot_token"]) if "bot_token" in sent else kept)
        notices: tuple[Notice, ...] = ()
        if "bot_token" in sent:
            # Another token may be another bot: who it was is forgotten even when KOOK cannot be asked now.
            identity, notices = self._identify(sent["bot_token"])
            sent |= {"kook_user_id": "", "kook_user_name": "", **identity}
        make_default = sent.pop("is_default", None)
        if make_default is False:
            sent["is_default"] = False
        account = self._update(account_id, sent) if sent else self.get(account_id)
        if make_default:
            account = self._make_default(account_id)
        return AccountResult(account, (*notices, *_standing_notices(account)))

    def delete(self, account_id: int) -> None:
        """Raises RelayError (ACCOUNT_NOT_FOUND)."""
        try:
            self._store.delete_account(account_id)
        except RecordNotFound:
            raise _not_found(account_id) from None

    def start(self, account_id: int) -> AccountResult:
        """Relay what arrives from now on, and show the bot online at KOOK. Starting twice changes nothing.

        Raises:
            RelayError: ACCOUNT_NOT_FOUND; BOT_TOKEN_REQUIRED for an account with only a cookie, because driving a
                user account breaks KOOK's terms; KOOK_TOKEN_REFUSED
        """
        account = self.get(account_id)
        if not account.bot_token and (account.ingress == "gateway" or not account.verify_token):
            raise RelayError(Refusal.BOT_TOKEN_REQUIRED, field="bot_token")
        identity, notices = self._identify(account.bot_token)
        refused = next((one for one in notices if one.kind is Caution.KOOK_TOKEN_REFUSED), None)
        if refused is not None:
            raise RelayError(Refusal.KOOK_TOKEN_REFUSED, field="bot_token", reason=refused.detail)
        now_ms = self._clock_ms()
        account = self._transition(
            account_id,
            {"status": "online", "started_at_ms": now_ms, "last_active": iso_utc(now_ms), **identity},
            before="offline",
        )
        if identity and account.kook_user_id != identity["kook_user_id"]:  # it was running, and unknown, all along
            account = self._update(account_id, identity)
        if account.bot_token and account.ingress == "webhook" and not notices:
            notices = self._attempt(lambda: self._kook.go_online(account.bot_token), Caution.NOT_ONLINE_AT_KOOK)
        if account.bot_token:
            self._started(account_id)
        return AccountResult(account, (*notices, *_standing_notices(account)))

    def stop(self, account_id: int) -> AccountResult:
        """Acknowledge and drop what arrives from now on; show the bot offline at KOOK if KOOK can be reached.

        Raises:
            RelayError: ACCOUNT_NOT_FOUND
        """
        self.get(account_id)
        account = self._transition(
            account_id, {"status": "offline", "stopped_at_ms": self._clock_ms()}, before="online"
        )
        notices: tuple[Notice, ...] = ()
        if account.bot_token and account.ingress == "webhook":  # at the gateway a bot is online by being connected
            notices = self._attempt(lambda: self._kook.go_offline(account.bot_token), Caution.NOT_OFFLINE_AT_KOOK)
        return AccountResult(account, notices)

    def learn_identity(self, account: Account) -> Account:
        """Ask KOOK who the account's bot is, where that is not known yet. Gives back the account unchanged when KOOK
        cannot say now; raises only for the store's failures."""
        if account.kook_user_id or not account.bot_token:
            return account
        identity, _ = self._identify(account.bot_token)
        if not identity:
            return account
        try:
            return self._store.update_account(account.id, identity, only_if={"kook_user_id": ""})
        except (RecordNotFound, ConditionUnmet):  # deleted, or learnt by somebody else meanwhile
            return self._store.account(account.id) or account

    def _identify(self, bot_token: str) -> tuple[dict[str, str], tuple[Notice, ...]]:
        if not bot_token:
            return {}, ()
        try:
            identity = self._kook.identify(bot_token)
        except KookTokenRefused as refused:
            return {}, (Notice(Caution.KOOK_TOKEN_REFUSED, f"{refused.reason} ({refused.code})"),)
        except KookCallFailed as failure:
            return {}, (Notice(Caution.KOOK_UNREACHABLE, failure.detail),)
        return {"kook_user_id": identity.user_id, "kook_user_name": identity.user_name}, ()

    def _check_gateway(self, *, has_bot_token: bool) -> None:
        if not self._gateway_available:
            raise RelayError(Refusal.GATEWAY_UNAVAILABLE, field="ingress")
        if not has_bot_token:
            raise RelayError(Refusal.BOT_TOKEN_REQUIRED, field="bot_token")

    def _attempt(self, call: Callable[[], None], warning: Caution) -> tuple[Notice, ...]:
        try:
            call()
        except KookTokenRefused as refused:
            return (Notice(warning, f"{refused.reason} ({refused.code})"),)
        except KookCallFailed as failure:
            return (Notice(warning, failure.detail),)
        return ()

    def _transition(self, account_id: int, changes: Mapping[str, Any], *, before: str) -> Account:
        """Only a real change of state moves the times: events still in the queue are judged by them."""
        try:
            return self._store.update_account(account_id, changes, only_if={"status": before})
        except ConditionUnmet:
            return self.get(account_id)
        except RecordNotFound:
            raise _not_found(account_id) from None

    def _update(self, account_id: int, changes: Mapping[str, Any]) -> Account:
        try:
            return self._store.update_account(account_id, changes)
        except EmailTaken:
            raise RelayError(Refusal.EMAIL_TAKEN, field="email") from None
        except RecordNotFound:
            raise _not_found(account_id) from None

    def _make_default(self, account_id: int) -> Account:
        for other in self._store.accounts():
            if other.is_default and other.id != account_id:
                self._update(other.id, {"is_default": False})
        return self._update(account_id, {"is_default": True})


class LearnedIdentities:
    """Answers which KOOK user an account's bot is, asking KOOK at most once a minute and account while it fails."""

    def __init__(self, accounts: Accounts, monotonic: Callable[[], float]) -> None:
        self._accounts = accounts
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._known: dict[tuple[int, str], str] = {}
        self._retry_at: dict[tuple[int, str], float] = {}

    def kook_user_id(self, account: Account) -> str:
        """The id, or "" when it cannot be had now. Never raises for what the network or the store does."""
        if account.kook_user_id or not account.bot_token:
            return account.kook_user_id
        key = (account.id, account.bot_token)
        with self._lock:
            if key in self._known:
                return self._known[key]
            if self._monotonic() < self._retry_at.get(key, float("-inf")):
                return ""
            self._retry_at[key] = self._monotonic() + IDENTITY_RETRY_SECONDS
        try:
            user_id = self._accounts.learn_identity(account).kook_user_id
        except Exception as error:  # noqa: BLE001 - the caller relays on, more carefully, whatever failed here
            logger.warning("account %d: identity not learnt (%s)", account.id, type(error).__name__)
            return ""
        if user_id:
            with self._lock:
                self._known[key] = user_id
        return user_id


def _standing_notices(account: Account) -> tuple[Notice, ...]:
    """What keeps the account from relaying, as it is now."""
    if not account.bot_token and not account.verify_token:
        return (Notice(Caution.COOKIE_ONLY),)
    return () if account.verify_token or account.ingress == "gateway" else (Notice(Caution.VERIFY_TOKEN_MISSING),)


def _check_cookie(cookie: str) -> None:
    if not cookie:
        return
    try:
        parse_cookies(cookie)
    except CookieUnreadable:
        raise RelayError(Refusal.INVALID_COOKIE, field="cookie") from None


def _not_found(account_id: int) -> RelayError:
    return RelayError(Refusal.ACCOUNT_NOT_FOUND, id=account_id)
