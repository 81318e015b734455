"""What the accounts area refuses, typed. No text here holds a cookie."""

from __future__ import annotations


class AccountsError(Exception):
    """The base of every refusal of the area."""


class AccountUnknown(AccountsError):
    """There is no such account (404)."""


class PoolUnknown(AccountsError):
    """There is no such pool (404)."""


class MemberUnknown(AccountsError):
    """The account is not in the pool (404)."""


class JobUnknown(AccountsError):
    """There is no such batch check, or it ended more than a day ago (404)."""


class PlatformUnknown(AccountsError):
    """The platform is not described (400)."""

    def __init__(self, field: str, known: tuple[str, ...]) -> None:
        super().__init__("platform unknown")
        self.field = field
        self.known = known


class CookieRefused(AccountsError):
    """The cookie is in none of the accepted forms (400)."""


class CookieUnreadableNow(AccountsError):
    """The stored cookie does not open under the configured passphrases (409)."""


class PlatformDiffers(AccountsError):
    """Pool and account are of different platforms, or a pool's platform was to change (409)."""


class AlreadyMember(AccountsError):
    """The account is in the pool already (409)."""


class PoolFull(AccountsError):
    """The pool has as many members as it may (409)."""

    def __init__(self, max_size: int) -> None:
        super().__init__("pool full")
        self.max_size = max_size


class PoolLimit(AccountsError):
    """There are as many pools, or pools of one account, as there may be (409)."""

    def __init__(self, limit: int) -> None:
        super().__init__("too many pools")
        self.limit = limit


class NoAvailableAccount(AccountsError):
    """No member of the pool can be used (503)."""


class PageTooFar(AccountsError):
    """The offset is beyond what is walked (400)."""

    def __init__(self, max_offset: int) -> None:
        super().__init__("offset too large")
        self.max_offset = max_offset


class RecordBusy(AccountsError):
    """Others changed the same record at the same moment, again and again; asking again helps (503)."""


class QueueFailed(AccountsError):
    """What takes longer could not be handed over to the tasks queue (503)."""


class LoginUnavailable(AccountsError):
    """The platform gave no QR code (502). ``reason`` is an English sentence."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class LoginUnknown(AccountsError):
    """There is no such login session, or it ended more than an hour ago (404)."""


class LoginElsewhere(AccountsError):
    """The login session belongs to another platform (409)."""
