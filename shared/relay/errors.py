"""What the relay's services refuse and what its store reports. Typed, worded for readers elsewhere (api/texts.py)."""

from __future__ import annotations

from enum import StrEnum
from typing import Any


class Refusal(StrEnum):
    """Why a use case was refused; the values are the API's stable error codes."""

    ACCOUNT_NOT_FOUND = "ACCOUNT_NOT_FOUND"
    BOT_NOT_FOUND = "BOT_NOT_FOUND"
    MAPPING_NOT_FOUND = "MAPPING_NOT_FOUND"
    EMAIL_TAKEN = "EMAIL_TAKEN"
    INVALID_COOKIE = "INVALID_COOKIE"
    BOT_TOKEN_REQUIRED = "BOT_TOKEN_REQUIRED"  # noqa: S105 - an error code
    GATEWAY_UNAVAILABLE = "GATEWAY_UNAVAILABLE"
    ACCOUNT_STOPPED = "ACCOUNT_STOPPED"
    KOOK_TOKEN_REFUSED = "KOOK_TOKEN_REFUSED"  # noqa: S105 - an error code
    UNSUPPORTED_PLATFORM = "UNSUPPORTED_PLATFORM"
    PLATFORM_FIXED = "PLATFORM_FIXED"
    INVALID_BOT_CONFIG = "INVALID_BOT_CONFIG"
    BOT_CONFIG_TOO_LARGE = "BOT_CONFIG_TOO_LARGE"
    BOT_TEST_REFUSED = "BOT_TEST_REFUSED"
    BOT_TEST_INCONCLUSIVE = "BOT_TEST_INCONCLUSIVE"
    BOT_PLATFORM_MISMATCH = "BOT_PLATFORM_MISMATCH"
    BOT_NAME_MISMATCH = "BOT_NAME_MISMATCH"
    INVALID_TARGET_CHANNEL = "INVALID_TARGET_CHANNEL"
    MAPPING_EXISTS = "MAPPING_EXISTS"
    CONTRADICTORY_ENTRIES = "CONTRADICTORY_ENTRIES"
    BOT_TOKEN_MISSING = "BOT_TOKEN_MISSING"  # noqa: S105 - an error code
    KOOK_RATE_LIMITED = "KOOK_RATE_LIMITED"
    KOOK_UNREACHABLE = "KOOK_UNREACHABLE"
    KOOK_TOO_SLOW = "KOOK_TOO_SLOW"
    KOOK_REFUSED = "KOOK_REFUSED"
    KOOK_PERMISSION_MISSING = "KOOK_PERMISSION_MISSING"
    KOOK_LIST_TOO_LONG = "KOOK_LIST_TOO_LONG"
    INVALID_KOOK_ARGUMENT = "INVALID_KOOK_ARGUMENT"
    UNKNOWN_KOOK_CALL = "UNKNOWN_KOOK_CALL"
    ADMINISTRATOR_REQUIRED = "ADMINISTRATOR_REQUIRED"
    NOTHING_TO_MATCH = "NOTHING_TO_MATCH"
    TOO_MANY_CHANNELS = "TOO_MANY_CHANNELS"
    INVALID_CURSOR = "INVALID_CURSOR"
    PAGE_TOO_FAR = "PAGE_TOO_FAR"
    INVALID_PASSWORD = "INVALID_PASSWORD"  # noqa: S105 - an error code
    PASSWORD_NOT_SET = "PASSWORD_NOT_SET"  # noqa: S105 - an error code
    SAME_PASSWORD = "SAME_PASSWORD"  # noqa: S105 - an error code
    PASSWORD_CHANGED_MEANWHILE = "PASSWORD_CHANGED_MEANWHILE"  # noqa: S105 - an error code
    TOO_MANY_REQUESTS = "TOO_MANY_REQUESTS"
    NO_SESSION = "NO_SESSION"
    API_TOKEN_REQUIRED = "API_TOKEN_REQUIRED"  # noqa: S105 - an error code
    SERVICE_SWITCH_FAILED = "SERVICE_SWITCH_FAILED"
    QUEUE_UNAVAILABLE = "QUEUE_UNAVAILABLE"
    CLEARING_NOT_FOUND = "CLEARING_NOT_FOUND"
    DELIVERY_NOT_FOUND = "DELIVERY_NOT_FOUND"
    DELIVERY_NOT_FAILED = "DELIVERY_NOT_FAILED"
    DELIVERY_WITHOUT_CONTENT = "DELIVERY_WITHOUT_CONTENT"
    MESSAGE_DELETED = "MESSAGE_DELETED"
    DESTINATION_SWITCHED_OFF = "DESTINATION_SWITCHED_OFF"
    REPLAY_NOT_FOUND = "REPLAY_NOT_FOUND"
    BACKUP_NOT_FOUND = "BACKUP_NOT_FOUND"
    BACKUP_UNUSABLE = "BACKUP_UNUSABLE"
    BACKUP_STORE_UNAVAILABLE = "BACKUP_STORE_UNAVAILABLE"
    PASSPHRASE_REQUIRED = "PASSPHRASE_REQUIRED"  # noqa: S105 - an error code
    WRONG_PASSPHRASE = "WRONG_PASSPHRASE"  # noqa: S105 - an error code
    RESTORE_CONFLICT = "RESTORE_CONFLICT"
    STORE_UNAVAILABLE = "STORE_UNAVAILABLE"
    SECRETS_UNREADABLE = "SECRETS_UNREADABLE"


class RelayError(Exception):
    """A use case was refused. ``params`` fill the text and hold no secret; ``field`` names what in the request is
    to blame, as a dotted path, "" when nothing in particular is."""

    def __init__(self, refusal: Refusal, *, field: str = "", **params: Any) -> None:
        super().__init__(refusal.value)
        self.refusal = refusal
        self.field = field
        self.params = params


# --- what the store reports ---


class SecretsUnreadable(Exception):
    """Secrets of a record do not open: the data key is another one than they were sealed under, or they are damaged.
    ``fields`` names them."""

    def __init__(self, kind: str, record_id: int, fields: tuple[str, ...]) -> None:
        super().__init__(f"{kind} {record_id}: {', '.join(fields)} cannot be unsealed")
        self.kind = kind
        self.record_id = record_id
        self.fields = fields


class RecordNotFound(Exception):
    """There is no (longer a) record of that id."""

    def __init__(self, kind: str, record_id: int) -> None:
        super().__init__(f"no {kind} {record_id}")
        self.kind = kind
        self.record_id = record_id


class ConditionUnmet(Exception):
    """The record is not as the caller required; nothing was changed."""


class EmailTaken(Exception):
    """Another account has this e-mail address."""


class TargetTaken(Exception):
    """Another mapping already leads from this channel to this target. ``mapping_id`` is its id."""

    def __init__(self, mapping_id: int) -> None:
        super().__init__(f"mapping {mapping_id} has the same channel and target")
        self.mapping_id = mapping_id
