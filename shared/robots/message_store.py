"""Reported messages in the robots table."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict

from shared.robots import counting
from shared.robots.counting import Day
from shared.robots.errors import RobotBusy
from shared.robots.messages import MESSAGE_KEPT_DAYS, Message
from shared.robots.models import Robot
from shared.robots.seen_groups import sighting_of
from shared.robots.table import Item, RobotsTable

_SECONDS_PER_DAY = 24 * 60 * 60
_PREFIX = "message#"


class DynamoMessages:
    """Implements shared.robots.messages.MessageStore."""

    def __init__(self, table: RobotsTable, day: Day) -> None:
        self._table = table
        self._day = day

    def add_message(self, message: Message, robot: Robot) -> None:
        at_ms = message.received_at_ms
        item = Item(
            pk=f"robot#{message.robot_id}",
            sk=f"{_PREFIX}{message.message_id}",
            body=asdict(message),
            expires_at_seconds=at_ms // 1000 + MESSAGE_KEPT_DAYS * _SECONDS_PER_DAY,
        )
        additions = counting.of_message(robot, message.received_name, message.group_name, at_ms, self._day(at_ms))
        additions += sighting_of(message)
        if not self._table.write(item, additions=additions):
            raise RobotBusy

    def message(self, robot_id: str, message_id: str) -> Message | None:
        item = self._table.get(f"robot#{robot_id}", f"{_PREFIX}{message_id}")
        return None if item is None else Message(**item.body)

    def messages_between(
        self, robot_id: str, first_ms: int, last_ms: int, limit: int, *, newest_first: bool
    ) -> Iterator[Message]:
        """Those received between these moments (both included), read as far as the caller goes, at most ``limit``."""
        if first_ms > last_ms:  # DynamoDB refuses such a span
            return
        # "msg_<milliseconds>_…": "`" is what follows "_".
        span = (f"{_PREFIX}msg_{first_ms:013d}", f"{_PREFIX}msg_{last_ms:013d}`")
        for item in self._table.between(f"robot#{robot_id}", *span, limit, newest_first=newest_first):
            yield Message(**item.body)

    def latest_messages(self, robot_id: str, limit: int) -> Sequence[Message]:
        return [Message(**item.body) for item in self._table.newest_of(f"robot#{robot_id}", _PREFIX, limit)]
