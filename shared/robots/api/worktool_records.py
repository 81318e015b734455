"""WorkTool's HTTP calls for what became of commands, and for files.

Answered as its own server does (worktool.apifox.cn: api-43575628, api-44952776); the robot's id in the query is the
only credential, as in shared.robots.api.worktool.
"""

from __future__ import annotations

import datetime as dt
import json
import re
import time
from collections.abc import Callable, Iterable
from typing import Any, Protocol

from flask import Blueprint, Response, request
from werkzeug.exceptions import RequestEntityTooLarge

from shared.robots.api.worktool_answers import robot_of_the_query, worktool_success
from shared.robots.api.worktool_pages import MAX_WALKED, newest_first, shown_moment, wanted_period, wanted_rows
from shared.robots.command_states import is_finished, reached
from shared.robots.commands import Asked
from shared.robots.device_requests import MAX_PICTURE_BYTES
from shared.robots.errors import PictureMissing
from shared.robots.ids import stamped_id
from shared.robots.messages import PictureStore
from shared.robots.models import Command
from shared.robots.worktool_frames import worktool_command
from shared.robots.worktool_socket import WorkToolRobots
from shared.web.authentication import open_route
from shared.web.errors import ApiError, FieldProblem
from shared.web.parameters import query_integer, query_text

# A form's boundaries and headers come on top of the file.
MAX_UPLOAD_BODY_BYTES = MAX_PICTURE_BYTES + 64 * 1024
_FILE_NAME = re.compile(r"up_[0-9]{13}_[a-z0-9]{16}\Z")


class CommandRecords(Protocol):
    """Both methods may raise StoreUnavailable."""

    def command(self, robot_id: str, command_id: str) -> Command | None: ...

    def asked_commands(self, robot_id: str, limit: int, asked: Asked) -> Iterable[Command]:
        """By time, read as far as the caller goes and at most ``limit``."""


class WorkToolRecordViews:
    """``address_of`` gives the address under which the world reaches a path of this server. Times of these calls name
    no zone: they are those of ``zone``, the operator's."""

    def __init__(
        self,
        robots: WorkToolRobots,
        commands: CommandRecords,
        files: PictureStore,
        address_of: Callable[[str], str],
        zone: dt.tzinfo,
    ) -> None:
        self._robots = robots
        self._zone = zone
        self._commands = commands
        self._files = files
        self._address_of = address_of

    def add_to(self, blueprint: Blueprint) -> None:
        blueprint.get("/robot/rawMsg/list")(self.list_results)
        blueprint.get("/wework/listRawMessage")(self.list_commands)
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
        robot, wanted = robot_of_the_query(self._robots), wanted_rows()
        kind = query_integer("type", minimum=0, maximum=1000)
        message_id = query_text("messageId")
        found: Iterable[Command]
        if message_id is not None:
            one = self._commands.command(robot.robot_id, message_id)
            found = [] if one is None else [one]
        else:
            period = wanted_period(self._zone)
            asked = Asked(newest_first(), period.first_ms, period.last_ms)
            found = self._commands.asked_commands(robot.robot_id, MAX_WALKED, asked)
        shown = (row for row in map(self._shown, filter(matches, found)) if kind in (None, row["type"]))
        return worktool_success(wanted.envelope(*wanted.of(shown)))

    def _shown(self, command: Command) -> dict[str, Any]:
        run_ms = command.sent_at_ms or command.created_at_ms
        return {
            **_shown(command),
            "createTime": shown_moment(command.created_at_ms, self._zone),
            "runTime": shown_moment(run_ms, self._zone),
        }


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
        "metaJson": command.meta_json,
    }
