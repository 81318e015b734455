"""What callers send. Unknown fields are let pass; every known one is held to its type and size."""

from __future__ import annotations

import json
from typing import Annotated, Any, TypeAlias

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StrictBool,
    StrictInt,
    StringConstraints,
    model_validator,
)
from pydantic_core import PydanticCustomError

from shared.accounts.models import (
    DEFAULT_POOL_SIZE,
    DEFAULT_PRIORITY,
    MAX_PRIORITY,
    AccountStatus,
    AccountType,
    Strategy,
)
from shared.web.cookies import MAX_COOKIE_CHARACTERS

MAX_POOL_SIZE = 100
# As JSON. Tags are in lists, metadata is not.
MAX_TAGS_BYTES = 4_096
MAX_METADATA_BYTES = 16_384
# Far more than labels need, and far less than what copying or writing a nested value can bear.
MAX_OBJECT_DEPTH = 20


def _object_of(max_bytes: int) -> AfterValidator:
    def small(value: dict[str, Any]) -> dict[str, Any]:
        if _is_deeper(value, MAX_OBJECT_DEPTH):
            raise PydanticCustomError("json_depth", "nested too deeply")
        if len(json.dumps(value, ensure_ascii=False).encode("utf-8", "surrogatepass")) > max_bytes:
            raise PydanticCustomError("json_size", "too large", {"max_bytes": max_bytes})
        return value

    return AfterValidator(small)


def _is_deeper(value: Any, levels: int) -> bool:
    """Whether objects and arrays are nested in more levels than these."""
    layer = [value]
    for _ in range(levels):
        nested = (part for part in layer if isinstance(part, dict | list))
        layer = [inner for part in nested for inner in (part.values() if isinstance(part, dict) else part)]
    return any(isinstance(part, dict | list) for part in layer)


def _as_text(value: Any) -> str:
    """JSON may also come as it is instead of as text."""
    if not isinstance(value, str | dict | list):
        raise PydanticCustomError("string_type", "not a string")
    if _is_deeper(value, MAX_OBJECT_DEPTH):
        raise PydanticCustomError("json_depth", "nested too deeply")
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    if not text.strip():
        raise PydanticCustomError("string_too_short", "empty", {"min_length": 1})
    if len(text) > MAX_COOKIE_CHARACTERS:
        raise PydanticCustomError("string_too_long", "too long", {"max_length": MAX_COOKIE_CHARACTERS})
    return text


_NO_CONTROLS = r"^[^\x00-\x1f\x7f]*$"
Name: TypeAlias = Annotated[str, StringConstraints(strict=True, strip_whitespace=True, max_length=100)]
RequiredName: TypeAlias = Annotated[
    str, StringConstraints(strict=True, strip_whitespace=True, min_length=1, max_length=100)
]
OwnerId: TypeAlias = Annotated[str, StringConstraints(strict=True, max_length=100, pattern=_NO_CONTROLS)]
RecordId: TypeAlias = Annotated[str, StringConstraints(strict=True, min_length=1, max_length=100)]
Priority: TypeAlias = Annotated[StrictInt, Field(ge=1, le=MAX_PRIORITY)]
Tags: TypeAlias = Annotated[dict[str, Any], _object_of(MAX_TAGS_BYTES)]
Description: TypeAlias = Annotated[str, StringConstraints(strict=True, max_length=500)]
Metadata: TypeAlias = Annotated[dict[str, Any], _object_of(MAX_METADATA_BYTES)]
CookieData: TypeAlias = Annotated[str, BeforeValidator(_as_text)]


class _Request(BaseModel):
    """A field that is null counts as left out, as clients send what they have not got."""

    # What was sent may be a cookie: no error text repeats it.
    model_config = ConfigDict(hide_input_in_errors=True)

    @model_validator(mode="before")
    @classmethod
    def _without_nulls(cls, data: Any) -> Any:
        if not isinstance(data, dict):
            return data
        return {name: value for name, value in data.items() if value is not None}


class NewAccount(_Request):
    """``cookie_data``: a cookie header, a JSON object or array (as text or as it is), or a Netscape file's lines."""

    platform: RequiredName
    cookie_data: CookieData = Field(repr=False)
    account_name: Name = ""
    account_type: AccountType = AccountType.PERSONAL
    priority: Priority = DEFAULT_PRIORITY
    user_id: OwnerId = ""
    project_id: OwnerId = ""
    tags: Tags = Field(default_factory=dict)
    metadata: Metadata = Field(default_factory=dict)


class AccountChanges(_Request):
    """Only what is given changes; the platform stays. A new ``cookie_data`` makes the account ``pending`` unless a
    status is given too."""

    platform: RequiredName | None = None
    account_name: Name | None = None
    account_type: AccountType | None = None
    priority: Priority | None = None
    status: AccountStatus | None = None
    user_id: OwnerId | None = None
    project_id: OwnerId | None = None
    tags: Tags | None = None
    metadata: Metadata | None = None
    cookie_data: CookieData | None = Field(None, repr=False)


class LoginCallback(_Request):
    platform: RequiredName
    cookie_data: CookieData = Field(repr=False)
    session_id: Annotated[str, StringConstraints(strict=True, max_length=100)] | None = None
    account_name: Name = ""
    user_id: OwnerId = ""


class UsageReport(_Request):
    """How one use of an account ended. ``action``: ``login``, ``publish``, ``check`` or a word of the caller's own."""

    action: Annotated[str, StringConstraints(strict=True, strip_whitespace=True, min_length=1, max_length=50)]
    success: StrictBool
    duration_ms: Annotated[StrictInt, Field(ge=0, le=86_400_000)] = 0
    error: Annotated[str, StringConstraints(strict=True, max_length=500)] | None = None


class NewPool(_Request):
    name: RequiredName
    platform: RequiredName
    description: Description = ""
    strategy: Strategy = Strategy.ROUND_ROBIN
    max_size: Annotated[StrictInt, Field(ge=1, le=MAX_POOL_SIZE)] = DEFAULT_POOL_SIZE


class PoolChanges(_Request):
    """Only what is given changes; the platform stays."""

    name: RequiredName | None = None
    platform: RequiredName | None = None
    description: Description | None = None
    strategy: Strategy | None = None
    max_size: Annotated[StrictInt, Field(ge=1, le=MAX_POOL_SIZE)] | None = None
    is_active: StrictBool | None = None


class NewMember(_Request):
    account_id: RecordId
    priority: Priority = DEFAULT_PRIORITY
