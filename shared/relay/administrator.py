"""The one administrator: signing in with a password, sessions, changing the password. No HTTP and no database in here.

A session is a token of 256 random bits of which only the digest is kept, with the generation of the password it was
opened under. A new password is a new generation, so all sessions of the old one end with it, at once and everywhere.
"""

from __future__ import annotations

import hmac
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from shared.relay.errors import Refusal, RelayError
from shared.relay.login_attempts import LoginAttempts, TooManyAttempts
from shared.security.passwords import (
    DEFAULT_COST,
    MAX_PASSWORD_BYTES,
    ScryptCost,
    hash_password,
    needs_rehash,
    password_matches,
)
from shared.security.tokens import new_token, token_digest

SESSION_SECONDS = 30 * 86_400
MIN_PASSWORD_CHARACTERS = 6
MAX_PASSWORD_CHARACTERS = 128
# What shared.security.tokens.new_token makes: anything else is not looked up.
SESSION_TOKEN_CHARACTERS = 43
# One hash takes 32 MiB and a tenth of a second: strangers must not be able to ask for a hundred at once.
_HASHES_AT_ONCE = 2


@dataclass(frozen=True, slots=True)
class StoredPassword:
    """``generation`` grows with every change."""

    password_hash: str = field(repr=False)
    generation: int


@dataclass(frozen=True, slots=True)
class StoredSession:
    """``expires_at`` in seconds since the epoch."""

    generation: int
    expires_at: int


@dataclass(frozen=True, slots=True)
class OpenedSession:
    """``token`` is given out this once."""

    token: str = field(repr=False)
    expires_in_seconds: int
    generation: int


class AdministratorStore(Protocol):
    """Where the password and the sessions are kept. Every method may raise StoreUnavailable."""

    def password(self) -> StoredPassword | None: ...

    def add_password(self, password: StoredPassword) -> bool:
        """False when there is one already."""

    def replace_password(self, before: StoredPassword, after: StoredPassword) -> bool:
        """False when it is not ``before`` any more."""

    def add_session(self, digest: str, session: StoredSession) -> None: ...

    def session(self, digest: str) -> StoredSession | None: ...

    def delete_session(self, digest: str) -> None: ...


class Administrator:
    """``first_password`` is taken while no password is stored; from then on the stored one counts, whatever it says.

    ``clock`` gives seconds since the epoch.
    """

    def __init__(
        self,
        store: AdministratorStore,
        attempts: LoginAttempts,
        *,
        first_password: str,
        clock: Callable[[], float],
        cost: ScryptCost = DEFAULT_COST,
    ) -> None:
        self._store = store
        self._attempts = attempts
        self._first_password = first_password
        self._clock = clock
        self._cost = cost
        self._hashing = threading.BoundedSemaphore(_HASHES_AT_ONCE)

    def log_in(self, password: str, client_address: str) -> OpenedSession:
        """Open a session.

        Raises:
            RelayError: INVALID_PASSWORD, PASSWORD_NOT_SET, TOO_MANY_REQUESTS (with retry_after_seconds)
        """
        stored = self._check(password, client_address, "password")
        if needs_rehash(stored.password_hash, self._cost):
            self._store.replace_password(stored, StoredPassword(self._hash(password), stored.generation))
        token = new_token()
        expires_at = int(self._clock()) + SESSION_SECONDS
        self._store.add_session(token_digest(token), StoredSession(stored.generation, expires_at))
        return OpenedSession(token, SESSION_SECONDS, stored.generation)

    def seconds_left(self, token: str) -> int | None:
        """How long the token opens the API; None for one that is (no longer) a session."""
        if len(token) != SESSION_TOKEN_CHARACTERS:
            return None
        session = self._store.session(token_digest(token))
        left = 0 if session is None else session.expires_at - int(self._clock())
        if session is None or left <= 0:
            return None
        password = self._store.password()
        return left if password is not None and password.generation == session.generation else None

    def check_password(self, password: str, client_address: str) -> int:
        """The generation of the password, for areas with sessions of their own.

        Raises:
            RelayError: INVALID_PASSWORD, PASSWORD_NOT_SET, TOO_MANY_REQUESTS (with retry_after_seconds)
        """
        return self._check(password, client_address, "password").generation

    def password_generation(self) -> int | None:
        """None while no password is stored. It grows with every change, and then what it opened is over."""
        stored = self._store.password()
        return None if stored is None else stored.generation

    def log_out(self, token: str) -> None:
        """End the session. One that is over already needs nothing."""
        self._store.delete_session(token_digest(token))

    def change_password(self, old: str, new: str, client_address: str) -> None:
        """Replace the password and end every session.

        Raises:
            RelayError: INVALID_PASSWORD, SAME_PASSWORD, PASSWORD_NOT_SET, TOO_MANY_REQUESTS, PASSWORD_CHANGED_MEANWHILE
        """
        if hmac.compare_digest(old.encode(), new.encode()):
            raise RelayError(Refusal.SAME_PASSWORD, field="new_password")
        stored = self._check(old, client_address, "old_password")
        self._replace(stored, new)

    def reset_password(self, new: str) -> None:
        """Set a password without the old one, for whoever holds the API token; every session ends.

        Raises:
            RelayError: PASSWORD_CHANGED_MEANWHILE
        """
        stored = self._store.password()
        if stored is not None:
            self._replace(stored, new)
        elif not self._store.add_password(StoredPassword(self._hash(new), self._next_generation(0))):
            raise RelayError(Refusal.PASSWORD_CHANGED_MEANWHILE)

    # --- inside ---

    def _check(self, password: str, client_address: str, field: str) -> StoredPassword:
        """The stored password, when this is it. Attempts are counted before the hash is made, not after."""
        try:
            attempt = self._attempts.take(client_address)
        except TooManyAttempts as refused:
            raise RelayError(Refusal.TOO_MANY_REQUESTS, retry_after_seconds=refused.retry_after_seconds) from None
        stored = self._stored_or_first()
        if stored is None:
            raise RelayError(Refusal.PASSWORD_NOT_SET)
        if not self._matches(password, stored.password_hash):
            raise RelayError(Refusal.INVALID_PASSWORD, field=field)
        self._attempts.give_back(attempt)
        return stored

    def _matches(self, password: str, password_hash: str) -> bool:
        if not MIN_PASSWORD_CHARACTERS <= len(password) <= MAX_PASSWORD_BYTES:
            return False
        with self._hashing:
            return password_matches(password, password_hash)

    def _stored_or_first(self) -> StoredPassword | None:
        stored = self._store.password()
        if stored is None and self._first_password:
            first = StoredPassword(self._hash(self._first_password), self._next_generation(0))
            self._store.add_password(first)
            stored = self._store.password()  # another process may have been first
        return stored

    def _replace(self, before: StoredPassword, new: str) -> None:
        after = StoredPassword(self._hash(new), self._next_generation(before.generation))
        if not self._store.replace_password(before, after):
            raise RelayError(Refusal.PASSWORD_CHANGED_MEANWHILE)

    def _hash(self, password: str) -> str:
        with self._hashing:
            return hash_password(password, self._cost)

    def _next_generation(self, before: int) -> int:
        """The time, so that a password set after the item was deleted does not revive old sessions either."""
        return max(before + 1, int(self._clock() * 1000))
