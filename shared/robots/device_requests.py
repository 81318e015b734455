"""What a robot's device sends: its activation, messages it saw, results of commands. Pydantic models, pure."""

from __future__ import annotations

import base64
import binascii
from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, AwareDatetime, ConfigDict, Field, StringConstraints, model_validator
from pydantic.alias_generators import to_camel
from pydantic_core import PydanticCustomError

from shared.robots.command_states import CommandResult
from shared.robots.models import Device
from shared.robots.send_requests import RobotId
from shared.web.optional_nulls import NullsAreAbsent

# A function takes 6 MB in all, and base64 makes four characters of three bytes.
MAX_PICTURE_BYTES = 4 * 1024 * 1024
MAX_TEXT_CHARACTERS = 20_000
IMAGE_TEXT_TYPE = 2
_MAX_RESULT_NAMES = 100


def _base64(value: str) -> str:
    try:
        content = base64.b64decode(value, validate=True)
    except (binascii.Error, ValueError):
        raise PydanticCustomError("base64", "must be base64") from None
    if len(content) > MAX_PICTURE_BYTES:
        raise PydanticCustomError("too_many_bytes", "is too large", {"limit_bytes": MAX_PICTURE_BYTES})
    return value


Name = Annotated[str, StringConstraints(max_length=256)]
DeviceText = Annotated[str, StringConstraints(min_length=1, max_length=128)]
Spoken = Annotated[str, StringConstraints(max_length=MAX_TEXT_CHARACTERS)]
Names = Annotated[list[Name], Field(max_length=_MAX_RESULT_NAMES)]
# ISO 8601 with its zone, in years that every zone can write.
Moment = Annotated[
    AwareDatetime, Field(strict=False, ge=datetime(1970, 1, 2, tzinfo=UTC), lt=datetime(9999, 1, 1, tzinfo=UTC))
]


class _DeviceRequest(NullsAreAbsent):
    model_config = ConfigDict(
        strict=True, extra="ignore", frozen=True, hide_input_in_errors=True, alias_generator=to_camel
    )


class DeviceInfo(_DeviceRequest):
    device_id: DeviceText
    brand: DeviceText
    model: DeviceText
    os: DeviceText
    os_version: DeviceText
    manufacturer: Name = ""
    network: Name = ""
    app_version: Name = ""
    total_memory: Annotated[float, Field(ge=0, le=2**53)] | None = None  # megabytes
    screen_resolution: Name = ""

    def as_device(self) -> Device:
        return Device(self.device_id, self.model_dump(by_alias=True, exclude={"device_id"}, exclude_defaults=True))


class Activate(_DeviceRequest):
    code: Annotated[str, StringConstraints(min_length=1, max_length=64)]
    device_info: DeviceInfo


class ReportMessage(_DeviceRequest):
    """A message the device saw. ``file_base64`` is a PNG and only read when ``text_type`` says image."""

    @model_validator(mode="before")
    @classmethod
    def _no_file_without_an_image(cls, data: Any) -> Any:
        if not isinstance(data, dict) or data.get("textType") == IMAGE_TEXT_TYPE:
            return data
        return {name: value for name, value in data.items() if name != "fileBase64"}

    robot_id: RobotId
    spoken: Spoken
    raw_spoken: Spoken
    received_name: Name
    group_name: Name = ""
    group_remark: Name = ""
    room_type: Literal[1, 2, 3, 4]
    at_me: bool
    text_type: Literal[0, 1, 2, 3, 5, 7, 8, 9, 13, 15]
    file_base64: Annotated[str, AfterValidator(_base64)] = Field("", repr=False)
    timestamp: Moment

    @property
    def picture(self) -> bytes:
        """The reported picture, empty when there is none."""
        return base64.b64decode(self.file_base64)


class ReportResult(_DeviceRequest):
    """What became of a command. ``error_code`` 0 is success."""

    robot_id: RobotId
    command_id: Annotated[str, StringConstraints(min_length=1, max_length=64)]
    error_code: Annotated[int, Field(ge=-(2**31), le=2**31 - 1)]
    error_reason: Annotated[str, StringConstraints(max_length=2000)] = ""
    execution_time_ms: Annotated[int, Field(ge=0, le=2**53 - 1)] | None = None
    success_list: Names = Field(default_factory=list)
    fail_list: Names = Field(default_factory=list)

    def result(self) -> CommandResult:
        return CommandResult(
            self.error_code,
            self.error_reason,
            self.execution_time_ms,
            tuple(self.success_list),
            tuple(self.fail_list),
        )
