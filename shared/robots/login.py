"""Signing in with a phone number: a code by text message, which also registers whoever is new."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from typing import Protocol

from shared.robots.errors import LoginCodeTooSoon, LoginCodeWrong, RobotBusy, UserDisabled
from shared.robots.ids import LOGIN_CODE_DIGITS, new_login_code
from shared.robots.models import Role, User
from shared.security.passwords import hash_password, password_matches

CODE_VALID_SECONDS = 300
RESEND_AFTER_SECONDS = 60
MAX_WRONG_TRIES = 5
WRITE_ATTEMPTS = 6
PHONE = re.compile(r"1[3-9][0-9]{9}\Z")  # a mainland mobile number
_NICKNAME_DIGITS = 4


class SmsSender(Protocol):
    def send(self, phone: str, code: str) -> None:
        """Raises SmsNotSent."""


@dataclass(frozen=True, slots=True)
class SentCode:
    """The login code sent last to one phone; only its slow hash is kept. ``tries`` counts every attempt."""

    code_hash: str
    sent_at_ms: int
    tries: int = 0
    version: int = 0


class LoginStore(Protocol):
    def sent_code(self, phone: str) -> SentCode | None: ...

    def replace_sent_code(self, phone: str, code: SentCode) -> bool:
        """False when it was changed since it was read."""

    def user_of(self, phone: str) -> User | None: ...

    def register(self, user: User) -> bool:
        """False when the phone has a user already."""

    def replace_user(self, user: User) -> bool: ...

    def next_user_id(self) -> int: ...


class PhoneLogin:
    """Every method may raise StoreUnavailable and RobotBusy.

    ``admin_phones`` are made administrators when they sign in: the first one comes from the environment.
    """

    def __init__(
        self, store: LoginStore, sender: SmsSender, clock_ms: Callable[[], int], admin_phones: Collection[str] = ()
    ) -> None:
        self._store = store
        self._sender = sender
        self._clock_ms = clock_ms
        self._admin_phones = frozenset(admin_phones)

    def send_code(self, phone: str) -> int:
        """Send a fresh code and say for how many seconds it holds.

        A code that could not be sent still counts for the minute: otherwise a failing gateway would be hammered.

        Raises:
            LoginCodeTooSoon: one was sent less than a minute ago
            SmsNotSent: the message could not be handed over
        """
        now_ms = self._clock_ms()
        last = self._store.sent_code(phone)
        waited_ms = RESEND_AFTER_SECONDS * 1000 if last is None else now_ms - last.sent_at_ms
        if waited_ms < RESEND_AFTER_SECONDS * 1000:
            raise LoginCodeTooSoon(-(-(RESEND_AFTER_SECONDS * 1000 - waited_ms) // 1000))
        code = new_login_code()
        version = 0 if last is None else last.version
        if not self._store.replace_sent_code(phone, SentCode(hash_password(code), now_ms, version=version)):
            raise LoginCodeTooSoon(RESEND_AFTER_SECONDS)  # another request was faster by a moment
        self._sender.send(phone, code)
        return CODE_VALID_SECONDS

    def sign_in(self, phone: str, code: str) -> User:
        """The user of the phone, registered now if new. A code is good for one sign-in.

        Raises:
            LoginCodeWrong: not the code, or there is none, or it was tried five times
            UserDisabled: an administrator has disabled the user
        """
        self._spend_code(phone, code)
        for _ in range(WRITE_ATTEMPTS):
            user = self._store.user_of(phone)
            if user is None:
                fresh = self._new_user(phone)
                if self._store.register(fresh):
                    return fresh
                continue
            if user.disabled:
                raise UserDisabled
            seen = replace(user, last_login_at_ms=self._clock_ms(), role=self._role_of(user))
            if self._store.replace_user(seen):
                return seen
        raise RobotBusy

    def _spend_code(self, phone: str, code: str) -> None:
        sent = self._store.sent_code(phone)
        if sent is None or self._clock_ms() - sent.sent_at_ms >= CODE_VALID_SECONDS * 1000:
            raise LoginCodeWrong
        if sent.tries >= MAX_WRONG_TRIES:
            raise LoginCodeWrong
        # Counted before it is compared: a hundred guesses at once are still five.
        if not self._store.replace_sent_code(phone, replace(sent, tries=sent.tries + 1)):
            raise RobotBusy
        if len(code) != LOGIN_CODE_DIGITS or not password_matches(code, sent.code_hash):
            raise LoginCodeWrong
        # Marked as used up rather than deleted: the row also holds the minute between two messages.
        spent = replace(sent, tries=MAX_WRONG_TRIES, version=sent.version + 1)
        if not self._store.replace_sent_code(phone, spent):
            raise LoginCodeWrong

    def _role_of(self, user: User) -> Role:
        """Whoever is no administrator by phone any more stays one until an administrator disables them."""
        return "admin" if user.phone in self._admin_phones else user.role

    def _new_user(self, phone: str) -> User:
        now_ms = self._clock_ms()
        return User(
            user_id=self._store.next_user_id(),
            phone=phone,
            nickname=f"用户{phone[-_NICKNAME_DIGITS:]}",
            role="admin" if phone in self._admin_phones else "user",
            created_at_ms=now_ms,
            last_login_at_ms=now_ms,
        )
