"""What else than sending a WorkTool client can be asked for: its operations and queries, as pydantic models. Pure.

github.com/gallonyin/worktool v2.8.1: WeworkMessageBean has the numbers and the fields. Those that only its own server's
paid clients know (305, 512, 900 and the like) are not here.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator
from pydantic.alias_generators import to_camel
from pydantic_core import InitErrorDetails, PydanticCustomError, ValidationError

from shared.robots.send_requests import MAX_COMMAND_BYTES, MAX_CONTENT_CHARACTERS, FileUrl, ObjectName, Title, Titles

# These end when the client has confirmed them: it reports nothing about them.
CONFIRMED = frozenset({201, 202, 304})
# These are answered with a frame of their own type.
ANSWERED = frozenset({501, 503, 505, 506, 509})
GROUP_PAGE = 501
# Fields that an operation cannot do without.
REQUIRED: Mapping[int, tuple[str, ...]] = {
    201: (),
    202: (),
    205: ("title_list", "received_name", "original_content", "name_list"),
    206: ("group_name", "select_list"),
    207: ("group_name",),
    208: ("title_list", "object_name"),
    209: ("title_list", "object_name"),
    213: ("friend",),
    219: ("group_name",),
    220: ("group_name", "friend"),
    221: ("title_list", "received_content"),
    225: ("group_name", "friend"),
    226: ("title_list", "original_content"),
    229: ("name_list", "wework_message_list"),
    230: ("name_list", "wework_message_list"),
    233: (),
    234: ("friend",),
    304: (),
    501: ("select_list",),
    503: (),
    505: (),
    506: (),
    507: (),
    508: (),
    509: (),
}

Text = Annotated[str, StringConstraints(max_length=MAX_CONTENT_CHARACTERS)]
Name = Annotated[str, StringConstraints(min_length=1, max_length=100)]
Names = Annotated[list[Title], Field(max_length=100)]


class _Part(BaseModel):
    model_config = ConfigDict(
        strict=True, extra="ignore", frozen=True, hide_input_in_errors=True, alias_generator=to_camel
    )


class Friend(_Part):
    phone: Annotated[str, StringConstraints(max_length=32)] | None = Field(None, repr=False)
    name: Title | None = None
    mark_name: Title | None = None
    mark_corp: Title | None = None
    mark_extra: Text | None = None
    tag_list: Names | None = None
    leaving_msg: Text | None = None


class Operation(_Part):
    """One operation. Which fields it needs is in REQUIRED; the client passes over what an operation has no use for."""

    type: Literal[
        201, 202, 205, 206, 207, 208, 209, 213, 219, 220, 221, 225, 226, 229, 230, 233, 234,
        304, 501, 503, 505, 506, 507, 508, 509,
    ]  # fmt: skip
    title_list: Titles | None = None
    received_name: Title | None = None
    received_content: Text | None = None
    at_list: Names | None = None
    original_content: Text | None = None
    name_list: Annotated[list[Title], Field(min_length=1, max_length=100)] | None = None
    extra_text: Text | None = None
    text_type: Annotated[int, Field(ge=0, le=18)] | None = None
    max_retry_count: Annotated[int, Field(ge=0, le=10)] | None = None
    group_name: Name | None = None
    select_list: Annotated[list[Title], Field(min_length=1, max_length=100)] | None = None
    group_announcement: Text | None = None
    group_remark: Name | None = None
    group_template: Name | None = None
    new_group_name: Name | None = None
    new_group_announcement: Text | None = None
    remove_list: Names | None = None
    show_message_history: bool | None = None
    object_name: ObjectName | None = None
    file_url: FileUrl | None = None
    file_type: Literal["image", "audio", "video", "*"] | None = None
    friend: Friend | None = None
    wework_message_list: Annotated[list[SentPart], Field(min_length=1, max_length=20)] | None = None

    @model_validator(mode="after")
    def _is_whole_and_fits_a_message(self) -> Self:
        missing = [name for name in REQUIRED[self.type] if getattr(self, name) is None]
        if missing:
            problems = [InitErrorDetails(type="missing", loc=(to_camel(name),), input=None) for name in missing]
            raise ValidationError.from_exception_data("Operation", problems)
        encoded = json.dumps(self.command_params(), ensure_ascii=False, separators=(",", ":")).encode("utf-8")
        if len(encoded) > MAX_COMMAND_BYTES:
            raise PydanticCustomError("too_many_bytes", "is too large", {"limit_bytes": MAX_COMMAND_BYTES})
        return self

    def command_params(self) -> dict[str, Any]:
        """What the client gets."""
        return self.model_dump(by_alias=True, exclude_none=True)


class SentPart(_Part):
    """One message of several that are sent together (229, 230)."""

    type: Annotated[int, Field(ge=200, le=299)]
    title_list: Titles | None = None
    received_content: Text | None = None
    received_name: Title | None = None
    original_content: Text | None = None
    object_name: ObjectName | None = None
    file_url: FileUrl | None = None
    file_type: Literal["image", "audio", "video", "*"] | None = None
    extra_text: Text | None = None
    text_type: Annotated[int, Field(ge=0, le=18)] | None = None


Operation.model_rebuild()
