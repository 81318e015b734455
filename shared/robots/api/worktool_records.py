"""WorkTool's HTTP calls that are not about one robot's settings: what became of commands, whom to tell, and files.

Answered as its own server does (worktool.apifox.cn: api-43575628, api-44952776); the robot's id in the query is the
only credential, as in shared.robots.api.worktool.
"""

from __future__ import annotations

import datetime as dt
import itertools
import json
import re
import time
from collections.abc import Callable, Iterable
from typing import Annotated, Any, Literal, Protocol

from flask import Blueprint, Response, request
from pydantic import Field, StringConstraints
from werkzeug.exceptions import RequestEntityTooLarge

from shared.robots.api.requests import CallbackUrl
from shared.robots.api.worktool_answers import WorkToolRequest, robot_of_the_query, worktool_success
from shared.robots.command_states import is_finished, reached
from shared.robots.commands import LAST_MS, Asked
from shared.robots.device_requests import MAX_PICTURE_BYTES
from shared.robots.errors import PictureMissing
from shared.robots.ids import stamped_id
from shared.robots.messages import PictureStore
from shared.robots.models import Command
from shared.robots.third_party import ThirdParties
from shared.robots.worktool_frames import worktool_command
from shared.robots.worktool_socket import WorkToolRobots
from shared.web.authentication import open_route
from shared.web.errors import ApiError, FieldProblem, invalid_parameter
from shared.web.parameters import query_integer, query_text
from shared.web.request_json import json_object
from shared.web.validation import validated

RESULT_CALLBACK, MESSAGE_CALLBACK = 1, 11
MAX_PAGE_SIZE = 100
# Commands read for one answer.
MAX_WALKED = 1000
DEFAULT_PAGE_SIZE = 10
# A form's boundaries and headers come on top of the file.
MAX_UPLOAD_BODY_BYTES = MAX_PICTURE_BYTES + 64 * 1024
_FILE_NAME = re.compile(r"up_[0-9]{13}_[a-z0-9]{16}\Z")
_CALLBACK_FIELDS = {MESSAGE_CALLBACK: "message_callback_url", RESULT_CALLBACK: "result_callback_url"}
_CALLBACK_NAMES = {MESSAGE_CALLBACK: "消息回调", RESULT_CALLBACK: "指令执行结果回调"}

RequiredUrl = Annotated[CallbackUrl, StringConstraints(min_length=1)]


class CommandRecords(Protocol):
    """Both methods may raise StoreUnavailable."""

    def command(self, robot_id: str, command_id: str) -> Command | None: ...

    def asked_commands(self, robot_id: str, limit: int, asked: Asked) -> Iterable[Command]:
        """By time, read as far as the caller goes and at most ``limit``."""


class DeleteCallback(WorkToolRequest):
    """1: what became of commands, 11: messages. The others of WorkTool's own server are not told here."""

    type: Literal[1, 11]


class BindCallback(DeleteCallback):
    call_back_url: RequiredUrl = Field(repr=False)


class WorkToolRecordViews:
    """``address_of`` gives the address under which the world reaches a path of this server. Times of these calls name
    no zone: they are those of ``zone``, the operator's."""

    def __init__(
        self,
        robots: WorkToolRobots,
        commands: CommandRecords,
        third_parties: Callable[[], ThirdParties],
        files: PictureStore,
        address_of: Callable[[str], str],
        zone: dt.tzinfo,
    ) -> None:
        self._robots = robots
        self._zone = zone
        self._commands = commands
        self._third_parties = third_parties
        self._files = files
        self._address_of = address_of

    def add_to(self, blueprint: Blueprint) -> None:
        blueprint.get("/robot/rawMsg/list")(self.list_results)
        blueprint.get("/wework/listRawMessage")(self.list_commands)
        blueprint.post("/robot/robotInfo/callBack/bind")(self.bind_callback)
        blueprint.get("/robot/robotInfo/callBack/get")(self.list_callbacks)
        blueprint.post("/robot/robotInfo/callBack/deleteByType")(self.delete_callback)
        blueprint.post("/fileUpload/upload")(self.upload)
        blueprint.get("/fileUpload/files/<name>")(self.download)

    @open_route
    def list_results(self) -> Response:
        """Only commands that have come to their end."""
        return self._listed(is_finished)

    @open_route
    def list_commands(self) -> Response:
        return self._listed(lambda command: True)

    @open_route
    def bind_callback(self) -> Response:
        robot, wanted = robot_of_the_query(self._robots), validated(BindCallback, json_object())
        self._third_parties().configure(robot.robot_id, {_CALLBACK_FIELDS[wanted.type]: wanted.call_back_url})
        return worktool_success()

    @open_route
    def list_callbacks(self) -> Response:
        told = self._third_parties().of(robot_of_the_query(self._robots).robot_id)
        shown = [
            {"type": kind, "typeName": _CALLBACK_NAMES[kind], "callBackUrl": getattr(told, field)}
            for kind, field in sorted(_CALLBACK_FIELDS.items())
            if getattr(told, field)
        ]
        return worktool_success(shown)

    @open_route
    def delete_callback(self) -> Response:
        robot, wanted = robot_of_the_query(self._robots), validated(DeleteCallback, json_object())
        self._third_parties().configure(robot.robot_id, {_CALLBACK_FIELDS[wanted.type]: ""})
        return worktool_success()

    @open_route
    def upload(self) -> Response:
        """Keep the form's ``file`` for thirty days; ``data`` is its address, which nobody guesses."""
        robot_of_the_query(self._robots)
        request.max_content_length = MAX_UPLOAD_BODY_BYTES
        given = request.files.get("file")
        if given is None:
            raise ApiError("MISSING_PARAMETER", problems=[FieldProblem("file", "missing")])
        content = given.stream.read(MAX_PICTURE_BYTES + 1)
        if len(content) > MAX_PICTURE_BYTES:
            raise RequestEntityTooLarge
        if not content:
            raise ApiError("INVALID_PARAMETER", problems=[FieldProblem("file", "string_too_short", {"min_length": 1})])
        name = stamped_id("up", time.time_ns() // 1_000_000)
        self._files.save(name, content)
        return worktool_success(self._address_of(f"/fileUpload/files/{name}"))

    @open_route
    def download(self, name: str) -> Response:
        """As a download of no type: what somebody uploaded is never shown as a page of this server."""
        if not _FILE_NAME.match(name):
            raise ApiError("FILE_UNKNOWN")
        try:
            content = self._files.load(name)
        except PictureMissing:
            raise ApiError("FILE_UNKNOWN") from None
        headers = {"Content-Disposition": "attachment", "X-Content-Type-Options": "nosniff"}
        return Response(content, mimetype="application/octet-stream", headers=headers)

    def _listed(self, matches: Callable[[Command], bool]) -> Response:
        robot = robot_of_the_query(self._robots)
        size = query_integer("size", minimum=1, maximum=MAX_PAGE_SIZE) or DEFAULT_PAGE_SIZE
        page = query_integer("page", minimum=1, maximum=MAX_WALKED // size) or 1
        kind = query_integer("type", minimum=0, maximum=1000)
        message_id = query_text("messageId")
        found: Iterable[Command]
        if message_id is not None:
            one = self._commands.command(robot.robot_id, message_id)
            found = [] if one is None else [one]
        else:
            found = self._commands.asked_commands(robot.robot_id, MAX_WALKED, self._asked())
        shown = (row for row in map(self._shown, filter(matches, found)) if kind in (None, row["type"]))
        return worktool_success(list(itertools.islice(shown, (page - 1) * size, page * size)))

    def _asked(self) -> Asked:
        first_ms, last_ms = self._moment_ms("startTime"), self._moment_ms("endTime")
        return Asked(
            newest_first=query_text("sort") != "run_time,asc",
            first_ms=0 if first_ms is None else min(LAST_MS, first_ms),
            # The whole of its last second.
            last_ms=LAST_MS if last_ms is None else min(LAST_MS, last_ms + 999),
        )

    def _moment_ms(self, name: str) -> int | None:
        text = query_text(name)
        if text is None:
            return None
        try:
            moment = dt.datetime.strptime(text.replace("T", " "), "%Y-%m-%d %H:%M:%S").replace(tzinfo=self._zone)
            return max(0, int(moment.timestamp() * 1000))
        except (ValueError, OverflowError):
            raise invalid_parameter(name, "moment") from None

    def _shown(self, command: Command) -> dict[str, Any]:
        run_ms = command.sent_at_ms or command.created_at_ms
        run_at = dt.datetime.fromtimestamp(run_ms / 1000, self._zone)
        return {**_shown(command), "runTime": run_at.strftime("%Y-%m-%dT%H:%M:%S")}


def _shown(command: Command) -> dict[str, Any]:
    """``rawSuccess`` is the error code, 0 for success; lists are JSON in texts, as the original has them."""
    item = worktool_command(command)["list"][0]
    success_list, fail_list = reached(command) if is_finished(command) else ([], [])
    return {
        "messageId": command.command_id,
        "robotId": command.robot_id,
        "type": item["type"],
        "apiSend": 1,
        "rawMsg": json.dumps({**item, "messageId": command.command_id}, ensure_ascii=False, separators=(",", ":")),
        "rawSuccess": command.error_code or 0,
        "errorReason": command.error_reason,
        "timeCost": (command.execution_time_ms or 0) / 1000,
        "successList": json.dumps(success_list, ensure_ascii=False),
        "failList": json.dumps(fail_list, ensure_ascii=False),
    }
