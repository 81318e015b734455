"""Browser sessions and signing in, with a second factor when one is set. No HTTP in here.

A session's token is 32 letters and digits of which only the digest is kept. It is bound to the generation of the
administrator's password: a new password ends all sessions.
"""

from __future__ import annotations

import hmac
import secrets
import string
import time
import uuid
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Protocol

import pyotp

from shared.monitor.errors import MonitorError
from shared.monitor.rows import SESSIONS
from shared.monitor.store_settings import DynamoSettings, Profile
from shared.monitor.table import Item, MonitorTable
from shared.security.tokens import token_digest

SESSION_SECONDS = 2_592_000
TOKEN_CHARACTERS = 32
_ALPHABET = string.ascii_letters + string.digits
_SEEN_EVERY_SECONDS = 300
_CODE_STEP_SECONDS = 30
_MAX_HEADER_CHARACTERS = 500


class PasswordCheck(Protocol):
    """The one administrator's password, wherever it is kept."""

    def check(self, password: str, client_address: str) -> int:
        """The generation of the password. Raises MonitorError INVALID_CREDENTIALS or TOO_MANY_ATTEMPTS."""

    def generation(self) -> int | None:
        """None while no password is set."""


class Attempts(Protocol):
    """Bounds how often codes of the second factor are tried."""

    def note(self) -> None:
        """Raises MonitorError TOO_MANY_ATTEMPTS."""


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks, as far as HTTP tells."""

    address: str = ""
    user_agent: str = ""


@dataclass(frozen=True, slots=True)
class Session:
    """``digest`` stands for the token; times in epoch seconds; ``login_method`` is password or oauth_<provider>."""

    digest: str
    generation: int
    created_at: int
    expires_at: int
    login_method: str
    ip: str = ""
    user_agent: str = ""
    latest_online: int = 0
    latest_ip: str = ""


@dataclass(frozen=True, slots=True)
class OpenedSession:
    """``token`` is given out this once."""

    token: str = field(repr=False)
    expires_in_seconds: int = SESSION_SECONDS


class DynamoSessions:
    """Every method may raise StoreUnavailable."""

    def __init__(self, table: MonitorTable) -> None:
        self._table = table

    def put(self, session: Session) -> None:
        body = asdict(session)
        del body["digest"]
        self._table.put(Item(SESSIONS, session.digest, body, expires_at_seconds=session.expires_at))

    def get(self, digest: str) -> Session | None:
        item = self._table.get(SESSIONS, digest)
        return None if item is None else Session(digest, **item.body)

    def all(self) -> Sequence[Session]:
        return [Session(item.sk, **item.body) for item in self._table.listed(SESSIONS, consistent=True)]

    def delete(self, digests: Sequence[str]) -> None:
        self._table.delete_rows([(SESSIONS, digest) for digest in digests])


class Sessions:
    """Who is signed in. ``clock`` gives epoch seconds."""

    def __init__(self, store: DynamoSessions, passwords: PasswordCheck, clock: Callable[[], float] = time.time) -> None:
        self._store = store
        self._passwords = passwords
        self._clock = clock

    def open(self, generation: int, login_method: str, caller: Caller) -> OpenedSession:
        token = "".join(secrets.choice(_ALPHABET) for _ in range(TOKEN_CHARACTERS))
        now = int(self._clock())
        session = Session(
            digest=token_digest(token),
            generation=generation,
            created_at=now,
            expires_at=now + SESSION_SECONDS,
            login_method=login_method,
            ip=caller.address[:_MAX_HEADER_CHARACTERS],
            user_agent=caller.user_agent[:_MAX_HEADER_CHARACTERS],
            latest_online=now,
            latest_ip=caller.address[:_MAX_HEADER_CHARACTERS],
        )
        self._store.put(session)
        return OpenedSession(token)

    def open_by_provider(self, provider: str, caller: Caller) -> OpenedSession:
        """For whoever proved to hold a bound account there."""
        return self.open(self._passwords.generation() or 0, f"oauth_{provider}", caller)

    def of_token(self, token: str, caller: Caller) -> Session | None:
        """The session a token opens, None for one that is (no longer) a session."""
        if len(token) != TOKEN_CHARACTERS:
            return None
        session = self._store.get(token_digest(token))
        if session is None or session.generation != (self._passwords.generation() or 0):
            return None
        now = int(self._clock())
        if now - session.latest_online >= _SEEN_EVERY_SECONDS:
            session = replace(session, latest_online=now, latest_ip=caller.address[:_MAX_HEADER_CHARACTERS])
            self._store.put(session)
        return session

    def all(self) -> Sequence[Session]:
        """Newest first."""
        return sorted(self._store.all(), key=lambda session: session.created_at, reverse=True)

    def end(self, digest: str) -> bool:
        """False when there is no such session."""
        if self._store.get(digest) is None:
            return False
        self._store.delete([digest])
        return True

    def end_all(self) -> None:
        self._store.delete([session.digest for session in self._store.all()])


class SignIn:
    """Signing in with name, password and second factor. ``username`` is the configured one; the administrator may
    have chosen another since."""

    def __init__(
        self,
        sessions: Sessions,
        passwords: PasswordCheck,
        store: DynamoSettings,
        attempts: Attempts,
        username: str,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._sessions = sessions
        self._passwords = passwords
        self._store = store
        self._attempts = attempts
        self._username = username
        self._clock = clock

    def profile(self) -> Profile:
        """The administrator's profile, made at the first call."""
        profile = self._store.profile()
        if not profile.uuid:
            self._store.write_profile(replace(profile, uuid=str(uuid.uuid4())))
            profile = self._store.profile()  # another process may have been first
        return replace(profile, username=profile.username or self._username)

    def log_in(self, username: str, password: str, code: str, caller: Caller) -> OpenedSession:
        """Raises MonitorError: PASSWORD_LOGIN_DISABLED, INVALID_CREDENTIALS, SECOND_FACTOR_REQUIRED,
        SECOND_FACTOR_WRONG, TOO_MANY_ATTEMPTS."""
        if self._store.get().disable_password_login:
            raise MonitorError("PASSWORD_LOGIN_DISABLED")
        profile = self.profile()
        generation = self._passwords.check(password, caller.address)
        if not hmac.compare_digest(username.encode(), profile.username.encode()):
            raise MonitorError("INVALID_CREDENTIALS")
        if profile.second_factor_secret:
            if not code:
                raise MonitorError("SECOND_FACTOR_REQUIRED")
            self.take_code(code)
        return self._sessions.open(generation, "password", caller)

    def step_of(self, secret: str, code: str) -> int:
        """The time step of a code of a secret that is about to be set. Raises MonitorError SECOND_FACTOR_WRONG."""
        step = matching_step(secret, code, self._clock())
        if step is None:
            raise MonitorError("SECOND_FACTOR_WRONG")
        return step

    def take_code(self, code: str) -> None:
        """Accept a code of the second factor, each once. Raises MonitorError SECOND_FACTOR_WRONG, TOO_MANY_ATTEMPTS."""
        self._attempts.note()
        profile = self._store.profile()
        step = matching_step(profile.second_factor_secret, code, self._clock())
        if step is None or step <= profile.second_factor_step:
            raise MonitorError("SECOND_FACTOR_WRONG")
        if not self._store.write_profile(replace(profile, second_factor_step=step)):
            raise MonitorError("SECOND_FACTOR_WRONG")


def matching_step(secret: str, code: str, now_seconds: float) -> int | None:
    """The time step (RFC 6238) the code is of, one before and after now allowed; None for a wrong code."""
    if not secret or len(code) != 6 or not code.isascii() or not code.isdigit():
        return None
    totp = pyotp.TOTP(secret, interval=_CODE_STEP_SECONDS)
    current = int(now_seconds) // _CODE_STEP_SECONDS
    for step in (current, current - 1, current + 1):
        if hmac.compare_digest(totp.generate_otp(step), code):
            return step
    return None
