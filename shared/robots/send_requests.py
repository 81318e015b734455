"""What POST /api/robot/send-message takes: a text, an image or a file, as pydantic models. Pure."""

from __future__ import annotations

import json
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator
from pydantic.alias_generators import to_camel
from pydantic_core import PydanticCustomError

MAX_TITLES = 100
MAX_CONTENT_CHARACTERS = 20_000
# A WebSocket message has at most 128 KB: a larger command would reach its device with its texts cut. The rest is for
# the envelope of either dialect.
MAX_COMMAND_BYTES = 124 * 1024

NORMAL_PRIORITY = 1

RobotId = Annotated[str, StringConstraints(min_length=1, max_length=64)]
Title = Annotated[str, StringConstraints(min_length=1, max_length=100)]
Titles = Annotated[list[Title], Field(min_length=1, max_length=MAX_TITLES)]
FileUrl = Annotated[str, StringConstraints(pattern=r"^https?://[^\s]+$", max_length=2048)]
ObjectName = Annotated[str, StringConstraints(min_length=1, max_length=255)]


class _SendRequest(BaseModel):
    model_config = ConfigDict(
        strict=True, extra="ignore", frozen=True, hide_input_in_errors=True, alias_generator=to_camel
    )

    robot_id: RobotId
    title_list: Titles
    # Not the contract's: 0 low, 1 normal, 2 high, 3 urgent.
    priority: Annotated[int, Field(ge=0, le=3)] | None = None

    @model_validator(mode="after")
    def _fits_a_message(self) -> Self:
        encoded = json.dumps(self.command_params(), ensure_ascii=False, separators=(",", ":")).encode("utf-8")
        if len(encoded) > MAX_COMMAND_BYTES:
            raise PydanticCustomError("too_many_bytes", "is too large", {"limit_bytes": MAX_COMMAND_BYTES})
        return self

    def command_params(self) -> dict[str, Any]:
        """What the device gets: the request without the robot's id and the priority, and without what was left out."""
        return self.model_dump(by_alias=True, exclude={"robot_id", "priority"}, exclude_none=True)

    @property
    def urgency(self) -> int:
        return NORMAL_PRIORITY if self.priority is None else self.priority


class SendText(_SendRequest):
    type: Literal["text"]
    content: Annotated[str, StringConstraints(min_length=1, max_length=MAX_CONTENT_CHARACTERS)]
    at_list: Annotated[list[Title], Field(max_length=MAX_TITLES)] | None = None


class SendImage(_SendRequest):
    type: Literal["image"]
    file_url: FileUrl
    file_type: Literal["image"]
    object_name: ObjectName
    extra_text: Annotated[str, StringConstraints(max_length=MAX_CONTENT_CHARACTERS)] | None = None


class SendFile(_SendRequest):
    """The device fetches the file itself; the relay never opens ``file_url``."""

    type: Literal["file"]
    file_url: FileUrl
    file_type: Literal["image", "audio", "video", "*"]
    object_name: ObjectName


class _SendKind(BaseModel):
    model_config = ConfigDict(strict=True, extra="ignore", hide_input_in_errors=True)

    type: Literal["text", "image", "file"]


_MODELS: dict[str, type[SendText] | type[SendImage] | type[SendFile]] = {
    "text": SendText,
    "image": SendImage,
    "file": SendFile,
}


def send_request(data: dict[str, Any]) -> SendText | SendImage | SendFile:
    """The request as the model its ``type`` names, so that every problem is about a field of that kind.

    Raises pydantic.ValidationError.
    """
    return _MODELS[_SendKind.model_validate(data).type].model_validate(data)
