"""What people said to a robot, and what it answered: reported messages with the command that answered each."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from shared.robots.ai_replies import reply_id
from shared.robots.message_outcomes import ToldMessage
from shared.robots.messages import Message
from shared.robots.models import Command


@dataclass(frozen=True, slots=True)
class Question:
    """``answer`` is the command that answers, ``told`` what became of the callback; None where there was none."""

    message: Message
    answer: Command | None
    told: ToldMessage | None

    @property
    def time_cost_ms(self) -> int | None:
        """How long its third party took to answer the callback; without one, how long the answer took."""
        if self.told is not None:
            return self.told.time_cost_ms
        return None if self.answer is None else max(0, self.answer.created_at_ms - self.message.received_at_ms)


class Messages(Protocol):
    def message(self, robot_id: str, message_id: str) -> Message | None: ...

    def messages_between(
        self, robot_id: str, first_ms: int, last_ms: int, limit: int, *, newest_first: bool
    ) -> Iterable[Message]: ...


class Answers(Protocol):
    def commands_named(self, robot_id: str, command_ids: Sequence[str]) -> Sequence[Command]: ...


class Callbacks(Protocol):
    def of(self, robot_id: str, message_ids: Sequence[str]) -> Mapping[str, ToldMessage]: ...


class QuestionLog:
    """Every method may raise StoreUnavailable. Messages are read one by one; their answers once for a page."""

    def __init__(self, messages: Messages, answers: Answers, told: Callbacks) -> None:
        self._messages = messages
        self._answers = answers
        self._told = told

    def message(self, robot_id: str, message_id: str) -> Message | None:
        return self._messages.message(robot_id, message_id)

    def messages(
        self, robot_id: str, first_ms: int, last_ms: int, limit: int, *, newest_first: bool
    ) -> Iterable[Message]:
        """Those received between these moments, read as far as the caller goes."""
        return self._messages.messages_between(robot_id, first_ms, last_ms, limit, newest_first=newest_first)

    def answered(self, robot_id: str, messages: Sequence[Message]) -> list[Question]:
        """The messages with what they were answered, in their order."""
        if not messages:
            return []
        ids = {reply_id(message.message_id): message.message_id for message in messages}
        found = self._answers.commands_named(robot_id, list(ids))
        answers = {ids[command.command_id]: command for command in found}
        told = self._told.of(robot_id, [message.message_id for message in messages])
        return [
            Question(message, answers.get(message.message_id), told.get(message.message_id)) for message in messages
        ]
