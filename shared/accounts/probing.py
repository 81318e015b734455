"""What the accounts area asks of the platforms: is a cookie logged in, and how does one log in.

The platforms themselves (shared.accounts.platforms) implement these Protocols; the composition root joins them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Protocol

from shared.accounts.models import Identity
from shared.web.cookies import Cookie

PROBE_TIMEOUT_SECONDS = 8.0


class ProbeOutcome(StrEnum):
    """Only an explicit answer of the platform is one of the first two; everything else is ``unknown``."""

    LOGGED_IN = "logged_in"
    MUST_LOG_IN = "must_log_in"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class ProbeResult:
    """``reason`` is an English sentence for operators, "" when logged in; it never quotes a cookie or an answer."""

    outcome: ProbeOutcome
    reason: str = ""
    identity: Identity = field(default_factory=Identity)


class Probe(Protocol):
    """Asks a platform about a cookie."""

    def check(self, platform: str, cookies: Sequence[Cookie]) -> ProbeResult:
        """Within PROBE_TIMEOUT_SECONDS, and without raising for anything the network or the platform does.

        Raises LookupError for a platform that is not described.
        """


class LoginOutcome(StrEnum):
    """Where a login by QR code stands. ``waiting``: nobody scanned the code; ``scanned``: not confirmed on the phone;
    ``unknown``: the platform could not be asked or understood, so ask again."""

    WAITING = "waiting"
    SCANNED = "scanned"
    DONE = "done"
    EXPIRED = "expired"
    REFUSED = "refused"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class StartedLogin:
    """A login that was begun.

    Attributes:
        qrcode_url: what the QR code says, or the site's login page where a browser is needed.
        qrcode_png: the picture; None where a browser is needed.
        state: what ``poll`` needs, JSON, kept sealed by the caller; None when there is nothing to poll: the cookie
            then comes by the callback.
    """

    qrcode_url: str
    expires_in_seconds: int
    qrcode_png: bytes | None = None
    state: Mapping[str, Any] | None = None

    def __repr__(self) -> str:
        return f"StartedLogin(expires_in_seconds={self.expires_in_seconds})"


@dataclass(frozen=True, slots=True)
class LoginPoll:
    """One look at a login. ``cookies`` are there when it is DONE; ``state`` replaces the old one when not None."""

    outcome: LoginOutcome
    reason: str = ""
    cookies: Sequence[Cookie] = ()
    state: Mapping[str, Any] | None = None

    def __repr__(self) -> str:
        return f"LoginPoll(outcome={self.outcome!r}, cookies={len(self.cookies)})"


class LoginFailed(Exception):
    """A login could not be begun. ``reason`` is an English sentence without anything secret."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Logins(Protocol):
    """Logging in by QR code. Keeps nothing itself: the caller keeps ``state``."""

    def start(self, platform: str) -> StartedLogin:
        """Raises LoginFailed, and LookupError for a platform that is not described."""

    def poll(self, platform: str, state: Mapping[str, Any]) -> LoginPoll:
        """Never raises for what the network or the platform does: that is ``unknown``. Raises LookupError."""


class PlatformCatalogue(Protocol):
    """The platforms that are described, by name."""

    @property
    def names(self) -> Sequence[str]: ...
