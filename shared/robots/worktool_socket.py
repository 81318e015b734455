"""``/webserver/wework/{robotId}``: the socket of the open-source WorkTool client, over the same commands and reports.

The client knows no token: the robot's id is its only credential. So the id has to be unguessable, and it opens this
door only for a robot that no device was ever activated for: an activated one has a token, and its id is no secret, also
after its device was unbound.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Protocol

from shared.push.connections import CONNECTION_LIFETIME_SECONDS, Connection
from shared.push.handshake import Handshake
from shared.push.sockets import Admission, Refusal, Reply
from shared.robots.dispatch import AFTER_CONNECT_SECONDS, RobotBell, robot_topic
from shared.robots.errors import CommandNotDelivered, CommandUnknown, RobotBusy, RobotUnknown
from shared.robots.models import Robot
from shared.robots.online_watch import OnlineWatch
from shared.robots.presence import Presence
from shared.robots.robot_socket import Reports, RobotRecords, principal_of
from shared.robots.worktool_frames import COMMANDS, CONFIRMATION, RESULTS, frame_of, reports_of, results_of

logger = logging.getLogger("kook_relay.robots")

SOCKET_NAME = "worktool"
MIN_ROBOT_ID_CHARACTERS = 24
MAX_ROBOT_ID_CHARACTERS = 64
WRITE_ATTEMPTS = 6
_PATH = "/webserver/wework/"
_TELLING = (CONFIRMATION, COMMANDS, RESULTS)


class MessageReports(Protocol):
    def take(self, robot: Robot, report: Mapping[str, Any]) -> None:
        """Take the body of POST /api/robot/report-message for this robot. Never raises for what is in it."""


class FrameTaker(Protocol):
    """Looks at every frame but heartbeats, and does nothing about those that are not its own."""

    def take(self, robot_id: str, frame: Mapping[str, Any]) -> None:
        """Raises StoreUnavailable and RobotBusy."""


class WorkToolRecords(RobotRecords, Protocol):
    def replace_robot(self, robot: Robot) -> bool:
        """False when the robot was changed since it was read."""


class WorkToolRobots:
    """Which robots the client may speak for. Both methods may raise StoreUnavailable."""

    def __init__(self, records: WorkToolRecords) -> None:
        self._records = records

    def robot(self, robot_id: str) -> Robot | None:
        if not MIN_ROBOT_ID_CHARACTERS <= len(robot_id) <= MAX_ROBOT_ID_CHARACTERS:
            return None
        robot = self._records.robot(robot_id)
        if robot is None or robot.deleted_at_ms is not None or robot.activation_code is not None:
            return None
        return robot

    def keep_settings(self, robot_id: str, *, reply_all: int | None, encrypt_type: int | None) -> None:
        """Keep the client's own settings, those that are given. Raises RobotUnknown and RobotBusy."""
        for _ in range(WRITE_ATTEMPTS):
            robot = self.robot(robot_id)
            if robot is None:
                raise RobotUnknown
            kept = robot.settings
            settings = replace(
                kept,
                reply_all=kept.reply_all if reply_all is None else reply_all,
                encrypt_type=kept.encrypt_type if encrypt_type is None else encrypt_type,
            )
            if settings == kept or self._records.replace_robot(replace(robot, settings=settings)):
                return
        raise RobotBusy


class WorkToolSocket:
    """Implements shared.push.sockets.SocketKind and NoticesEnd. The client expects no answers, so there are none."""

    name = SOCKET_NAME

    def __init__(
        self,
        robots: WorkToolRobots,
        presence: Presence,
        reports: Reports,
        messages: Callable[[], MessageReports],
        bell: RobotBell,
        clock_ms: Callable[[], int],
        watch: OnlineWatch,
        takers: Callable[[], Sequence[FrameTaker]],
    ) -> None:
        self._watch = watch
        self._takers = takers
        self._robots = robots
        self._presence = presence
        self._reports = reports
        self._messages = messages
        self._bell = bell
        self._clock_ms = clock_ms

    def serves(self, handshake: Handshake) -> bool:
        return handshake.path.startswith(_PATH)

    def connect(self, handshake: Handshake) -> Admission | Refusal:
        robot = self._robots.robot(handshake.path.removeprefix(_PATH))
        if robot is None:
            return Refusal(401)
        self._presence.note(robot.robot_id)
        self._watch.heard(robot.robot_id, handshake.connection_id)
        self._bell.ring_later(robot.robot_id, AFTER_CONNECT_SECONDS)
        return Admission(CONNECTION_LIFETIME_SECONDS, robot_topic(robot.robot_id), principal_of(robot))

    def receive(self, connection: Connection, text: str) -> Reply:
        robot = self._robots.robot(connection.principal.rpartition("@")[0])
        if robot is None or principal_of(robot) != connection.principal:
            return Reply(forget=True)
        if self._presence.note(robot.robot_id):
            self._watch.heard(robot.robot_id, connection.connection_id)
            self._bell.ring(robot.robot_id)
        frame = frame_of(text)
        self._take_result(robot, frame)
        for report in reports_of(frame, robot.robot_id, robot.name, self._clock_ms()):
            self._messages().take(robot, report)
        if frame.get("socketType") in _TELLING:
            for taker in self._takers():
                taker.take(robot.robot_id, frame)
        return Reply()

    def disconnected(self, connection: Connection) -> None:
        """Implements shared.push.sockets.NoticesEnd."""
        self._watch.closed(connection.principal.rpartition("@")[0], connection.connection_id)

    def _take_result(self, robot: Robot, frame: Mapping[str, Any]) -> None:
        found = results_of(frame)
        if found is None:
            return
        command_id, result = found
        try:
            self._reports.report(robot.robot_id, command_id, result)
        except (CommandUnknown, CommandNotDelivered) as refused:
            # The client waits for nothing: a result nobody asked for can only be noted.
            logger.warning("a result was not taken", extra={"reason": type(refused).__name__})
