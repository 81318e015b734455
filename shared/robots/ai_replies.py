"""Built-in answers: a message for the robot is answered by a language model, after a human delay.

Ordered through the tasks queue when the message was kept, so that a provider that fails or takes its time never holds
up a report. The answer is a command under an id made of the message's: however often the task runs, it is one answer.
"""

from __future__ import annotations

import hashlib
import logging
import random
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

from shared.robots.activity_log import ActivityLog
from shared.robots.ai_providers import ChatModels, Completion, ProviderFailed
from shared.robots.dispatch import CommandDispatch
from shared.robots.errors import TooManyOpenCommands
from shared.robots.messages import Message
from shared.robots.models import Command, Robot
from shared.robots.send_requests import MAX_CONTENT_CHARACTERS
from shared.stack_traces import failure_fields
from shared.tasks.handlers import SecondsLeft
from shared.tasks.orders import TaskOrder, TaskQueue

logger = logging.getLogger("kook_relay.robots")

TASK_KIND = "robots.ai_reply"
# Nobody waits longer for an answer; until then a provider that is down is asked again.
ANSWER_WITHIN_MS = 5 * 60 * 1000
# After this silence a sender begins a new conversation.
SESSION_GAP_MS = 30 * 60 * 1000
PRIVATE_ROOMS = frozenset({2, 4})
_MAX_LOOKED_AT = 50
_DAY_KEPT_SECONDS = 2 * 24 * 60 * 60


class Records(Protocol):
    def robot(self, robot_id: str) -> Robot | None: ...

    def command(self, robot_id: str, command_id: str) -> Command | None: ...


class MessageRecords(Protocol):
    def message(self, robot_id: str, message_id: str) -> Message | None: ...

    def latest_messages(self, robot_id: str, limit: int) -> Sequence[Message]: ...


class CallCounters(Protocol):
    def count(self, pk: str, sk: str, expires_at_seconds: int) -> int: ...


class CallStatistics(Protocol):
    def ai_called(self, robot: Robot, cost_micros: int) -> None: ...


class Rests(Protocol):
    """Providers that are left alone for a while. May raise StoreUnavailable."""

    def begin(self, provider: str) -> None: ...

    def is_resting(self, provider: str) -> bool: ...


class AiReplies:
    """``day_of`` gives the operator's day of a moment in epoch milliseconds."""

    def __init__(
        self,
        records: Records,
        messages: MessageRecords,
        models: ChatModels,
        dispatch: CommandDispatch,
        tasks: TaskQueue,
        counters: CallCounters,
        rests: Rests,
        statistics: CallStatistics,
        log: Callable[[], ActivityLog],
        clock_ms: Callable[[], int],
        day_of: Callable[[int], str],
        pick_seconds: Callable[[int, int], int] = random.randint,
    ) -> None:
        self._records = records
        self._messages = messages
        self._models = models
        self._dispatch = dispatch
        self._tasks = tasks
        self._counters = counters
        self._rests = rests
        self._statistics = statistics
        self._log = log
        self._clock_ms = clock_ms
        self._day_of = day_of
        self._pick_seconds = pick_seconds

    def consider(self, message: Message, robot: Robot) -> None:
        """Order an answer if the message is for the robot and its answers are built in. Never raises."""
        settings = robot.settings
        is_for_robot = message.at_me or message.room_type in PRIVATE_ROOMS
        if settings.ai_mode != "builtin" or not is_for_robot or not message.spoken.strip() or not _title(message):
            return
        try:
            if not self._models.has(settings.ai_provider):
                if settings.ai_provider:
                    self._note_unanswered(robot)
                return
            delay_seconds = self._pick_seconds(settings.reply_delay_min, settings.reply_delay_max)
            order = TaskOrder(TASK_KIND, {"robot_id": robot.robot_id, "message_id": message.message_id})
            self._tasks.order(order, delay_seconds=delay_seconds)
        except Exception as error:  # noqa: BLE001 - the report is kept, whatever becomes of its answer
            logger.error("an answer was not ordered", extra=failure_fields(error))

    def carry_out(self, payload: Mapping[str, Any], seconds_left: SecondsLeft) -> None:
        """Raises ProviderFailed while asking again may help and somebody still waits for the answer."""
        robot_id, message_id = str(payload["robot_id"]), str(payload["message_id"])
        robot, message = self._records.robot(robot_id), self._messages.message(robot_id, message_id)
        if robot is None or robot.deleted_at_ms is not None or message is None:
            return
        if self._records.command(robot_id, reply_id(message_id)) is not None:
            return
        settings = robot.settings
        try:
            if self._rests.is_resting(settings.ai_provider):
                raise ProviderFailed("resting", final=False)
            if self._is_over_limit(robot):
                return
            completion = self._asked(robot, message)
        except ProviderFailed as failure:
            if not failure.final and self._clock_ms() - message.received_at_ms < ANSWER_WITHIN_MS:
                raise
            details = {"robotId": robot_id, "provider": settings.ai_provider, "reason": failure.reason}
            self._log().note("ai", "error", "the language model gave no answer", details)
            return
        self._statistics.ai_called(robot, completion.cost_micros)
        params = answer_params(message, completion.text)
        if params is None:
            return
        try:
            self._dispatch.send(robot_id, "send_message", params, command_id=reply_id(message_id))
        except TooManyOpenCommands:
            # Nobody waits for an answer that a thousand commands are ahead of.
            details = {"robotId": robot_id, "reason": "too_many_open_commands"}
            self._log().note("ai", "error", "an answer found no room among the robot's commands", details)

    def _asked(self, robot: Robot, message: Message) -> Completion:
        settings = robot.settings
        try:
            return self._models.complete(
                settings.ai_provider,
                settings.ai_model,
                self._conversation(robot, message),
                temperature=settings.ai_temperature,
                max_tokens=settings.ai_max_tokens,
            )
        except ProviderFailed as failure:
            if failure.was_slow:
                self._rests.begin(settings.ai_provider)
            raise

    def _note_unanswered(self, robot: Robot) -> None:
        """Once a day: a robot without a model gets messages all day."""
        now_ms = self._clock_ms()
        key = (f"ai_unanswered#{robot.robot_id}", self._day_of(now_ms))
        if self._counters.count(*key, now_ms // 1000 + _DAY_KEPT_SECONDS) == 1:
            details = {"robotId": robot.robot_id, "provider": robot.settings.ai_provider, "reason": "not_configured"}
            self._log().note("ai", "warn", "a robot has no language model to answer with", details)

    def _is_over_limit(self, robot: Robot) -> bool:
        now_ms = self._clock_ms()
        expires_at_seconds = now_ms // 1000 + _DAY_KEPT_SECONDS
        calls = self._counters.count(f"ai_calls#{robot.robot_id}", self._day_of(now_ms), expires_at_seconds)
        if calls == robot.settings.ai_call_limit_daily + 1:
            self._log().note("ai", "warn", "the day's calls are used up", {"robotId": robot.robot_id})
        return calls > robot.settings.ai_call_limit_daily

    def _conversation(self, robot: Robot, message: Message) -> list[dict[str, str]]:
        """The scenario, then what the same sender said and was answered, then the message itself."""
        turns = [{"role": "user", "content": message.spoken}]
        later_ms = message.received_at_ms
        for earlier in self._messages.latest_messages(robot.robot_id, _MAX_LOOKED_AT):
            if earlier.received_at_ms >= message.received_at_ms or not _same_sender(earlier, message):
                continue
            if later_ms - earlier.received_at_ms > SESSION_GAP_MS:
                break
            later_ms = earlier.received_at_ms
            answer = self._records.command(robot.robot_id, reply_id(earlier.message_id))
            if answer is not None:
                turns.append({"role": "assistant", "content": str(answer.params["content"])})
            turns.append({"role": "user", "content": earlier.spoken})
            if len(turns) > robot.settings.ai_context_length:
                break
        turns = turns[: max(1, robot.settings.ai_context_length)]
        scenario = robot.settings.ai_scenario.strip()
        return [*([{"role": "system", "content": scenario}] if scenario else []), *reversed(turns)]


def reply_id(message_id: str) -> str:
    """The id of the command that answers a message."""
    return f"cmd_reply_{hashlib.sha256(message_id.encode()).hexdigest()[:32]}"


def _same_sender(one: Message, other: Message) -> bool:
    return (one.received_name, one.group_name) == (other.received_name, other.group_name)


def _title(message: Message) -> str:
    """The chat to answer in, "" where the report names none."""
    if message.room_type in PRIVATE_ROOMS:
        return message.received_name
    return message.group_name or message.group_remark


def answer_params(message: Message, text: str) -> dict[str, Any] | None:
    """The send-message command that answers a message, None where its report names no chat."""
    title = _title(message)
    if not title:
        return None
    answer: dict[str, Any] = {"type": "text", "titleList": [title], "content": text[:MAX_CONTENT_CHARACTERS]}
    return answer if message.room_type in PRIVATE_ROOMS else {**answer, "atList": [message.received_name]}
