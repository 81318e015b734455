"""Commands over a robot's socket: what is pending is handed out when the push order is carried out, to the robot's
newest connection, and taken back where it could not be posted.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Protocol

from shared.aws.batches import Defer
from shared.push.broadcast import Publication
from shared.push.connections import OPENING_SECONDS, Connection, ConnectionStore
from shared.push.frames import encode_frame
from shared.push.orders import Publisher
from shared.push.posting import Poster, PostResult
from shared.robots.commands import Commands
from shared.robots.models import Command

logger = logging.getLogger("kook_relay.robots")

_TOPIC_PREFIX = "robot:"
_TRY_AGAIN_SECONDS = 1.0
# Each takes up to fifty commands: more than a robot does in a day.
_MAX_ROUNDS = 20

Dialect = Callable[[Command], Mapping[str, Any]]


class RobotAccess(Protocol):
    """Whether a connection may still speak for its robot. May raise StoreUnavailable."""

    def holds(self, principal: str, robot_id: str) -> bool: ...


def command_frame(command: Command) -> dict[str, Any]:
    """The contract's ``{"type": "command", "data": …}``."""
    created = datetime.fromtimestamp(command.created_at_ms / 1000, UTC)
    return {
        "type": "command",
        "data": {
            "commandId": command.command_id,
            "commandType": command.command_type,
            "commandParams": dict(command.params),
            "createdAt": created.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        },
    }


class RobotPublisher:
    """Implements shared.push.orders.Publisher: robots' topics here, every other one as before.

    ``dialects`` gives, by the kind of socket, the form in which a command goes out. ``clock`` gives epoch seconds.
    """

    def __init__(
        self,
        others: Publisher,
        connections: ConnectionStore,
        poster: Poster,
        commands: Callable[[], Commands],
        access: Callable[[], RobotAccess],
        dialects: Mapping[str, Dialect],
        clock: Callable[[], float],
    ) -> None:
        self._others = others
        self._connections = connections
        self._poster = poster
        self._commands = commands
        self._access = access
        self._dialects = dict(dialects)
        self._clock = clock

    def publish_all(self, topic: str, messages: Sequence[Mapping[str, Any]]) -> Publication:
        """Raises Defer where the robot is connected and could not be posted to just now, and what the stores raise."""
        if not topic.startswith(_TOPIC_PREFIX):
            return self._others.publish_all(topic, messages)
        robot_id = topic.removeprefix(_TOPIC_PREFIX)
        named = [str(message["command_id"]) for message in messages if message.get("command_id")]
        gone = 0
        while (connection := self._newest(topic, robot_id)) is not None:
            result = self._post_pending(robot_id, connection, named)
            if result is PostResult.POSTED:
                return Publication(served=1, gone=gone)
            if result is not PostResult.GONE or self._clock() - connection.connected_at <= OPENING_SECONDS:
                raise Defer(_TRY_AGAIN_SECONDS)
            self._connections.remove(connection.connection_id)
            gone += 1
        return Publication(gone=gone)

    def _newest(self, topic: str, robot_id: str) -> Connection | None:
        """A robot that came back may have a connection that nobody has noticed is dead: the newest is the live one.

        The index trails: a row that was just removed may still be in it, so the connection itself is read.
        """
        listed = sorted(self._connections.of_topic(topic), key=lambda found: found.connected_at, reverse=True)
        for found in listed:
            connection = self._connections.get(found.connection_id)
            if connection is None or connection.kind not in self._dialects:
                continue
            if self._access().holds(connection.principal, robot_id):
                return connection
            self._connections.remove(connection.connection_id)
        return None

    def _post_pending(self, robot_id: str, connection: Connection, named: Sequence[str]) -> PostResult:
        dialect = self._dialects[connection.kind]
        for _ in range(_MAX_ROUNDS):
            handed = self._commands().hand_out(robot_id, named)
            for index, command in enumerate(handed):
                result = self._poster.post(connection.connection_id, encode_frame(dialect(command)))
                if result is not PostResult.POSTED:
                    for unsent in handed[index:]:
                        self._commands().take_back(unsent)
                    return result
            if not handed:
                break
        return PostResult.POSTED
