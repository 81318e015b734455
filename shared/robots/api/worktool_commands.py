"""What POST /wework/sendRawMessage takes: messages, which every robot can be sent, and WorkTool's operations."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import Field, ValidationError

from shared.robots.api.worktool_answers import WorkToolRequest
from shared.robots.command_states import OPERATION_TYPE
from shared.robots.send_requests import send_request
from shared.robots.worktool_frames import SEND_FILE, SEND_TEXT
from shared.robots.worktool_operations import Operation
from shared.web.errors import ApiError, FieldProblem
from shared.web.validation import Model, api_error, field_problems, validated

MAX_COMMANDS = 100
SEND_MESSAGE = "send_message"


class RawMessage(WorkToolRequest):
    """203 sends a text, 218 a picture or a file."""

    type: Literal[203, 218]
    title_list: list[str]
    received_content: str | None = None
    at_list: list[str] | None = None
    object_name: str | None = None
    file_url: str | None = None
    file_type: str | None = None
    extra_text: str | None = None

    def as_send_message(self, robot_id: str) -> dict[str, Any]:
        """The body of POST /api/robot/send-message that asks for the same."""
        if self.type == SEND_TEXT:
            kind, fields = "text", {"content": self.received_content, "atList": self.at_list}
        else:
            kind = "image" if self.file_type == "image" else "file"
            fields = {"objectName": self.object_name, "fileUrl": self.file_url, "fileType": self.file_type}
            fields |= {"extraText": self.extra_text} if kind == "image" else {}
        wanted = {"robotId": robot_id, "type": kind, "titleList": self.title_list, **fields}
        return {name: value for name, value in wanted.items() if value is not None}


class RawCommands(WorkToolRequest):
    """The items as the document shows them: each is checked as what its type says."""

    socket_type: Literal[2]
    commands: Annotated[list[RawMessage | Operation], Field(min_length=1, max_length=MAX_COMMANDS, alias="list")]


class _RawCommands(WorkToolRequest):
    socket_type: Literal[2]
    commands: Annotated[list[dict[str, Any]], Field(min_length=1, max_length=MAX_COMMANDS, alias="list")]


def wanted_commands(body: Mapping[str, Any], robot_id: str) -> list[tuple[str, dict[str, Any]]]:
    """Types and parameters of the commands that are asked for. Raises ApiError (400) for the first that cannot be."""
    items = validated(_RawCommands, body).commands
    return [_checked(item, robot_id, f"list.{number}.") for number, item in enumerate(items)]


def _checked(item: dict[str, Any], robot_id: str, place: str) -> tuple[str, dict[str, Any]]:
    if item.get("type") not in (SEND_TEXT, SEND_FILE):
        return OPERATION_TYPE, _item(Operation, item, place).command_params()
    try:
        return SEND_MESSAGE, send_request(_item(RawMessage, item, place).as_send_message(robot_id)).command_params()
    except ValidationError as error:
        raise api_error(error) from None


def _item(model: type[Model], item: dict[str, Any], place: str) -> Model:
    """Problems name the item they are about."""
    try:
        return model.model_validate(item)
    except ValidationError as error:
        told = api_error(error)
        problems = [FieldProblem(place + one.field, one.kind, one.context) for one in field_problems(error)]
        raise ApiError(told.code, problems=problems) from None
