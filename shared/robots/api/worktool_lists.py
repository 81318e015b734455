"""WorkTool's lists of what a robot saw: when it was online, the groups it is in, what was said to it and answered.

The fields are those that published clients of WorkTool's own server read; what this server does not know of them is
empty there (docs/decisions/0053).
"""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Iterable, Iterator
from typing import Any, Protocol

from flask import Blueprint, Response

from shared.robots.api.worktool_answers import robot_of_the_query, worktool_success
from shared.robots.api.worktool_pages import (
    MAX_WALKED,
    matching,
    newest_first,
    shown_moment,
    wanted_day,
    wanted_period,
    wanted_rows,
)
from shared.robots.messages import Message
from shared.robots.online_periods import OnlinePeriod
from shared.robots.question_log import Question, QuestionLog
from shared.robots.seen_groups import SeenGroup
from shared.robots.worktool_socket import WorkToolRobots
from shared.web.authentication import open_route
from shared.web.parameters import query_text

DEFAULT_PERIODS = 100
_MS_PER_MINUTE = 60_000
_WORK_TYPES = {1: "external", 3: "internal"}


class Periods(Protocol):
    """May raise StoreUnavailable."""

    def between(self, robot_id: str, first_ms: int, last_ms: int, limit: int) -> Iterator[OnlinePeriod]: ...


class Groups(Protocol):
    """May raise StoreUnavailable."""

    def newest(self, robot_id: str, limit: int) -> Iterable[SeenGroup]: ...


class WorkToolListViews:
    """Times of these calls name no zone: they are those of ``zone``, the operator's."""

    def __init__(
        self, robots: WorkToolRobots, periods: Periods, groups: Groups, questions: QuestionLog, zone: dt.tzinfo
    ) -> None:
        self._robots = robots
        self._periods = periods
        self._groups = groups
        self._questions = questions
        self._zone = zone

    def add_to(self, blueprint: Blueprint) -> None:
        blueprint.get("/robot/robotInfo/onlineInfos")(self.list_periods)
        blueprint.get("/robot/wework/group/list")(self.list_groups)
        blueprint.get("/robot/qaLog/list")(self.list_questions)

    @open_route
    def list_periods(self) -> Response:
        """The periods in which the robot's socket was open, the latest first: a plain list, as the original's is."""
        robot, wanted, day = robot_of_the_query(self._robots), wanted_rows(DEFAULT_PERIODS), wanted_day(self._zone)
        found, _ = wanted.of(self._periods.between(robot.robot_id, day.first_ms, day.last_ms, MAX_WALKED))
        return worktool_success([self._shown_period(period) for period in found])

    @open_route
    def list_groups(self) -> Response:
        robot, wanted = robot_of_the_query(self._robots), wanted_rows()
        groups = self._groups.newest(robot.robot_id, MAX_WALKED)
        named = matching(groups, query_text("groupName"), _names_of_group)
        found, more = wanted.of(named)
        return worktool_success(wanted.envelope([self._shown_group(robot.robot_id, group) for group in found], more))

    @open_route
    def list_questions(self) -> Response:
        robot, wanted, period = robot_of_the_query(self._robots), wanted_rows(), wanted_period(self._zone)
        message_id = query_text("messageId")
        messages: Iterable[Message]
        if message_id is not None:
            one = self._questions.message(robot.robot_id, message_id)
            messages = [] if one is None else [one]
        else:
            messages = self._questions.messages(
                robot.robot_id, period.first_ms, period.last_ms, MAX_WALKED, newest_first=newest_first()
            )
        found, more = wanted.of(matching(messages, query_text("name"), _names_of_message))
        # A page's answers are read a hundred at a time.
        answered = itertools.chain.from_iterable(
            self._questions.answered(robot.robot_id, found[begin : begin + 100]) for begin in range(0, len(found), 100)
        )
        return worktool_success(wanted.envelope([self._shown_question(question) for question in answered], more))

    def _shown_period(self, period: OnlinePeriod) -> dict[str, Any]:
        ended_ms = period.offline_at_ms
        return {
            "robotId": period.robot_id,
            "onlineTime": shown_moment(period.online_at_ms, self._zone),
            "offline": None if ended_ms is None else shown_moment(ended_ms, self._zone),
            "onlineTimes": None if ended_ms is None else round((ended_ms - period.online_at_ms) / _MS_PER_MINUTE, 2),
            "ip": "",
        }

    def _shown_group(self, robot_id: str, group: SeenGroup) -> dict[str, Any]:
        told = group.description
        return {
            "workType": _WORK_TYPES.get(group.room_type, ""),
            "groupName": told.name,
            "groupRemark": told.remark or "",
            "masterName": told.owner or "",
            "robotId": robot_id,
            "msgInsertTime": shown_moment(group.last_seen_ms, self._zone),
            "msgNum": group.messages,
            "membersNum": told.members or 0,
            "groupAnnouncement": told.announcement or "",
            "parentId": "",
            "level": 0,
            "createTime": shown_moment(group.first_seen_ms, self._zone),
            "updateTime": shown_moment(group.last_seen_ms, self._zone),
        }

    def _shown_question(self, question: Question) -> dict[str, Any]:
        message, answer, told = question.message, question.answer, question.told
        return {
            "messageId": message.message_id,
            "robotId": message.robot_id,
            "question": message.spoken,
            "rawSpoken": message.raw_spoken,
            "answer": "" if answer is None else str(answer.params.get("content", "")),
            "receivedName": message.received_name,
            "groupName": message.group_name,
            "groupRemark": message.group_remark,
            "roomType": message.room_type,
            "textType": message.text_type,
            "atMe": message.at_me,
            "openThirdParty": 0 if told is None else 1,
            "errorReason": "" if told is None else told.reason,
            "startTime": shown_moment(message.received_at_ms, self._zone),
            "timeCost": None if question.time_cost_ms is None else question.time_cost_ms / 1000,
        }


def _names_of_group(group: SeenGroup) -> tuple[str, str]:
    return group.description.name, group.description.remark or ""


def _names_of_message(message: Message) -> tuple[str, str, str]:
    return message.group_name, message.group_remark, message.received_name
