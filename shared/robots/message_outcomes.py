"""What became of a message's callback, and the answer that its third party gave at once."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Protocol

from shared.aws.store_failures import StoreUnavailable
from shared.robots.ai_replies import answer_params, reply_id
from shared.robots.dispatch import CommandDispatch
from shared.robots.errors import TooManyOpenCommands
from shared.robots.messages import MESSAGE_KEPT_DAYS, Message
from shared.robots.table import Item, RobotsTable
from shared.stack_traces import failure_fields

logger = logging.getLogger("kook_relay.robots")

_KEPT_SECONDS = MESSAGE_KEPT_DAYS * 24 * 60 * 60


@dataclass(frozen=True, slots=True)
class ToldMessage:
    """The try that counted: how long it took, and why it failed, "" where it did not."""

    robot_id: str
    message_id: str
    told_at_ms: int
    time_cost_ms: int
    reason: str


class DynamoToldMessages:
    """In the robots table. Every method may raise StoreUnavailable."""

    def __init__(self, table: RobotsTable) -> None:
        self._table = table

    def keep(self, told: ToldMessage) -> None:
        key = _key(told.robot_id, told.message_id)
        before = self._table.get(*key)
        version = 0 if before is None else before.version
        # A task that ran twice at once told the same twice: either record is true.
        self._table.write(Item(*key, asdict(told), version, expires_at_seconds=told.told_at_ms // 1000 + _KEPT_SECONDS))

    def of(self, robot_id: str, message_ids: Sequence[str]) -> dict[str, ToldMessage]:
        """Those of the messages that somebody was told of, by their ids."""
        found = self._table.get_each([_key(robot_id, message_id) for message_id in message_ids])
        return {told.message_id: told for told in (ToldMessage(**item.body) for item in found)}


class Records(Protocol):
    def message(self, robot_id: str, message_id: str) -> Message | None: ...


class MessageAnswers:
    """Implements shared.robots.callbacks.MessageOutcomes."""

    def __init__(
        self,
        told: DynamoToldMessages,
        messages: Records,
        dispatch: Callable[[], CommandDispatch],
        clock_ms: Callable[[], int],
    ) -> None:
        self._told = told
        self._messages = messages
        self._dispatch = dispatch
        self._clock_ms = clock_ms

    def note(self, robot_id: str, message_id: str, time_cost_ms: int, reason: str) -> None:
        """Never raises StoreUnavailable: a receiver is not told again for the sake of a log."""
        try:
            self._told.keep(ToldMessage(robot_id, message_id, self._clock_ms(), time_cost_ms, reason))
        except StoreUnavailable as error:
            logger.error("a callback is missing in the question log", extra=failure_fields(error))

    def answer(self, robot_id: str, message_id: str, text: str) -> None:
        """Have the robot say it in the message's chat. However often this is asked, it is one answer."""
        message = self._messages.message(robot_id, message_id)
        params = None if message is None else answer_params(message, text)
        if params is None:
            logger.warning("a third party's answer has no chat to go to")
            return
        try:
            self._dispatch().send(robot_id, "send_message", params, command_id=reply_id(message_id))
        except TooManyOpenCommands:
            logger.warning("a third party's answer found no room among the robot's commands")


def _key(robot_id: str, message_id: str) -> tuple[str, str]:
    return f"robot#{robot_id}", f"told#{message_id}"
