"""What callers send to configure the relay, as pydantic models. Pure.

Known fields are strict: a number where a text belongs is an error, not a guess. Unknown fields are ignored.
"""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, ConfigDict, Field, StringConstraints
from pydantic_core import PydanticCustomError

from shared.relay.models import MESSAGE_KINDS, ChangePolicy, Ingress, MediaPolicy, OutcomePolicy
from shared.web.cookies import MAX_COOKIE_CHARACTERS
from shared.web.optional_nulls import NullsAreAbsent

MAX_BATCH = 500
MAX_IMPORT = 2000
MAX_ID = 2**53 - 1

_EMAIL = re.compile(r"[^@\s\x00-\x1f\x7f]+@[^@\s\x00-\x1f\x7f]+\Z")
_HEADER_SAFE = re.compile(r"[\x21-\x7e]*\Z")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_SPACE_OR_CONTROL = re.compile(r"[\s\x00-\x1f\x7f]")


def _email(value: str) -> str:
    if not _EMAIL.match(value):
        raise PydanticCustomError("email_malformed", "must be an e-mail address")
    return value


def _token(value: str) -> str:
    if not _HEADER_SAFE.match(value):
        raise PydanticCustomError("token_characters", "must hold printable ASCII without spaces")
    return value


def _one_line(value: str) -> str:
    if _CONTROL.search(value):
        raise PydanticCustomError("control_characters", "must not hold control characters")
    return value


def _identifier(value: str) -> str:
    if _SPACE_OR_CONTROL.search(value):
        raise PydanticCustomError("spaces", "must not hold spaces or control characters")
    return value


def _message_kind(value: str) -> str:
    if value not in MESSAGE_KINDS:
        raise PydanticCustomError("choice", "must be a message kind", {"expected": ", ".join(MESSAGE_KINDS)})
    return value


def _flag(value: Any) -> int:
    """0 or 1 as the contract has it; true and false mean the same."""
    if isinstance(value, (bool, int)) and value in (0, 1):
        return int(value)
    raise PydanticCustomError("choice", "must be 0 or 1", {"expected": "0, 1"})


def _listed(value: Any) -> Any:
    """A JSON array for a tuple field; strict mode would take nothing but a tuple."""
    return tuple(value) if isinstance(value, list) else value


Email = Annotated[str, StringConstraints(strip_whitespace=True, min_length=3, max_length=254), AfterValidator(_email)]
Token = Annotated[str, StringConstraints(strip_whitespace=True, max_length=512), AfterValidator(_token)]
# KOOK makes these without spaces: what surrounds a pasted key is not part of it.
EncryptKey = Annotated[str, StringConstraints(strip_whitespace=True, max_length=256), AfterValidator(_one_line)]
CookieText = Annotated[str, StringConstraints(max_length=MAX_COOKIE_CHARACTERS)]
Password = Annotated[str, StringConstraints(max_length=512)]
DisplayName = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100), AfterValidator(_one_line)
]
ChannelName = Annotated[str, StringConstraints(max_length=200), AfterValidator(_one_line)]
ServerId = Annotated[str, StringConstraints(strip_whitespace=True, max_length=128), AfterValidator(_identifier)]
ChannelId = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=128), AfterValidator(_identifier)
]
TargetId = Annotated[str, StringConstraints(strip_whitespace=True, max_length=256), AfterValidator(_one_line)]
PlatformName = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=32)]
RecordId = Annotated[int, Field(ge=1, le=MAX_ID)]
Flag = Annotated[Literal[0, 1], BeforeValidator(_flag)]
NameFormat = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100), AfterValidator(_one_line)
]
FilterText = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100)]
FilterTexts = Annotated[tuple[FilterText, ...], BeforeValidator(_listed), Field(max_length=100)]
MessageKinds = Annotated[
    tuple[Annotated[str, AfterValidator(_message_kind)], ...], BeforeValidator(_listed), Field(max_length=20)
]


class _Request(NullsAreAbsent):
    model_config = ConfigDict(strict=True, extra="ignore", frozen=True)


class NewAccount(_Request):
    email: Email
    cookie: CookieText = Field("", repr=False)
    password: Password = Field("", repr=False)
    bot_token: Token = Field("", repr=False)
    verify_token: Token = Field("", repr=False)
    encrypt_key: EncryptKey = Field("", repr=False)
    ingress: Ingress = "webhook"
    is_default: bool = False


class AccountChanges(_Request):
    """Only the fields that were sent are changed; an empty text removes a credential."""

    email: Email | None = None
    cookie: CookieText | None = Field(None, repr=False)
    password: Password | None = Field(None, repr=False)
    bot_token: Token | None = Field(None, repr=False)
    verify_token: Token | None = Field(None, repr=False)
    encrypt_key: EncryptKey | None = Field(None, repr=False)
    ingress: Ingress | None = None
    is_default: bool | None = None


class NewBot(_Request):
    platform: PlatformName
    name: DisplayName
    config: dict[str, Any] = Field(repr=False)


class BotChanges(_Request):
    """``config`` is merged into the present one, null removes a setting. ``platform`` may be repeated, not changed."""

    platform: PlatformName | None = None
    name: DisplayName | None = None
    config: dict[str, Any] | None = Field(None, repr=False)
    status: Literal["active", "disabled"] | None = None


class BotTest(_Request):
    """Where a test message goes; "" is the bot's own destination."""

    target_channel_id: TargetId = ""


class FilterSettings(_Request):
    include_keywords: FilterTexts = ()
    exclude_keywords: FilterTexts = ()
    include_users: FilterTexts = ()
    exclude_users: FilterTexts = ()
    message_kinds: MessageKinds = ()
    relay_bots: bool = False


class NewMapping(_Request):
    kook_server_id: ServerId
    kook_channel_id: ChannelId
    kook_channel_name: ChannelName
    target_platform: PlatformName
    target_bot_id: RecordId
    target_channel_id: TargetId
    enabled: Flag = 1
    name_format: NameFormat = "{name}"
    media_policy: MediaPolicy = "upload"
    edit_policy: ChangePolicy = "apply_or_note"
    pin_policy: ChangePolicy = "ignore"
    reaction_policy: ChangePolicy = "ignore"
    delete_policy: ChangePolicy = "apply_or_note"
    outcome_policy: OutcomePolicy = "at_least_once"
    filters: FilterSettings = Field(default_factory=FilterSettings)


class ImportedMapping(NewMapping):
    """A row of an export. ``target_bot_name`` guards against another installation's ids: see Mappings.import_rows."""

    target_bot_name: DisplayName | None = None


class MappingChanges(_Request):
    """Only the fields that were sent are changed. ``filters`` replaces all filters."""

    kook_server_id: ServerId | None = None
    kook_channel_id: ChannelId | None = None
    kook_channel_name: ChannelName | None = None
    target_platform: PlatformName | None = None
    target_bot_id: RecordId | None = None
    target_channel_id: TargetId | None = None
    enabled: Flag | None = None
    name_format: NameFormat | None = None
    media_policy: MediaPolicy | None = None
    edit_policy: ChangePolicy | None = None
    pin_policy: ChangePolicy | None = None
    reaction_policy: ChangePolicy | None = None
    delete_policy: ChangePolicy | None = None
    outcome_policy: OutcomePolicy | None = None
    filters: FilterSettings | None = None


class MappingBatch(_Request):
    mappings: Annotated[list[NewMapping], Field(min_length=1, max_length=MAX_BATCH)]


class MappingImport(_Request):
    """Rows are checked one by one, so that one bad row does not cost the others."""

    mappings: Annotated[list[Any], Field(max_length=MAX_IMPORT)]
    replace_existing: bool = False
