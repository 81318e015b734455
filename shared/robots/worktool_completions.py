"""How operations of a WorkTool client end where it reports no result: with its confirmation, or with what was asked.

The client reports what became of most operations (socketType 3, as of messages). It only confirms that it stopped,
went on or cleared its queue, and answers a query with a frame of the query's own type.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from shared.robots.command_states import CommandResult
from shared.robots.errors import CommandNotDelivered, CommandUnknown
from shared.robots.models import Command
from shared.robots.worktool_frames import COMMANDS, CONFIRMATION, command_id_of, fitting_meta
from shared.robots.worktool_operations import ANSWERED, CONFIRMED, GROUP_PAGE

logger = logging.getLogger("kook_relay.robots")

# An answer is one of a few queries that are open: further commands need not be read for it.
MAX_LOOKED_AT = 200


class Records(Protocol):
    """Both methods may raise StoreUnavailable."""

    def command(self, robot_id: str, command_id: str) -> Command | None: ...

    def open_commands(self, robot_id: str, limit: int) -> Sequence[Command]: ...


class Reports(Protocol):
    def report(self, robot_id: str, command_id: str, result: CommandResult) -> Command: ...


class WorkToolCompletions:
    """Implements shared.robots.worktool_socket.FrameTaker."""

    def __init__(self, records: Records, reports: Reports) -> None:
        self._records = records
        self._reports = reports

    def take(self, robot_id: str, frame: Mapping[str, Any]) -> None:
        """Raises StoreUnavailable and RobotBusy."""
        if frame.get("socketType") == CONFIRMATION:
            self._confirmed(robot_id, command_id_of(frame))
        if frame.get("socketType") == COMMANDS:
            items = frame.get("list")
            for item in items if isinstance(items, list) else []:
                if isinstance(item, dict) and item.get("type") in ANSWERED_TYPES:
                    self._answered(robot_id, item)

    def _confirmed(self, robot_id: str, command_id: str) -> None:
        command = self._records.command(robot_id, command_id) if command_id else None
        if command is not None and command.params.get("type") in CONFIRMED:
            self._report(robot_id, command.command_id, CommandResult(0))

    def _answered(self, robot_id: str, item: Mapping[str, Any]) -> None:
        waiting = [
            command
            for command in self._records.open_commands(robot_id, MAX_LOOKED_AT)
            if command.state == "sent" and command.params.get("type") == item["type"] and _asks_for(command, item)
        ]
        if waiting:
            oldest = min(waiting, key=lambda command: (command.sent_at_ms or 0, command.command_id))
            self._report(robot_id, oldest.command_id, CommandResult(0, meta_json=_meta(item)))

    def _report(self, robot_id: str, command_id: str, result: CommandResult) -> None:
        try:
            self._reports.report(robot_id, command_id, result)
        except (CommandUnknown, CommandNotDelivered) as refused:
            logger.warning("an operation was not closed", extra={"reason": type(refused).__name__})


# Of a type that a hostile frame may give as anything at all.
ANSWERED_TYPES = tuple(ANSWERED)


def _asks_for(command: Command, item: Mapping[str, Any]) -> bool:
    """A group's page answers the query that names the group, by its name or its remark."""
    if item["type"] != GROUP_PAGE:
        return True
    names = (item.get("groupName"), item.get("groupRemark"))
    return any(name in names for name in command.params.get("selectList", ()))


def _meta(item: Mapping[str, Any]) -> str:
    told = {name: value for name, value in item.items() if value is not None}
    return fitting_meta(json.dumps(told, ensure_ascii=False, separators=(",", ":")))
