"""/api/robots: a user's own robots."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from flask import Blueprint, Response

from shared.robots.api import texts
from shared.robots.api.access import current_user, only
from shared.robots.api.answers import shown_device, shown_moment, success, wanted_page
from shared.robots.api.periods import wanted_period
from shared.robots.api.requests import CreateRobot, UpdateRobot
from shared.robots.models import ActivationCode, Device, Robot, RobotSettings
from shared.robots.pages import page_of
from shared.robots.robots import Robots
from shared.robots.statistics import Activity, Statistics
from shared.robots.third_party import ThirdParties
from shared.web.parameters import query_choice
from shared.web.request_json import json_object
from shared.web.validation import validated

STATUSES = ("online", "offline", "deleted")
_LISTED_DEVICE = ("brand", "model")
_WHOLE_DEVICE = ("brand", "model", "os", "osVersion")


class RobotViews:
    """``code_of`` reads an activation code by its text."""

    def __init__(
        self,
        robots: Robots,
        statistics: Statistics,
        third_parties: ThirdParties,
        code_of: Callable[[str], ActivationCode | None],
        clock_ms: Callable[[], int] = lambda: time.time_ns() // 1_000_000,
    ) -> None:
        self._robots = robots
        self._statistics = statistics
        self._third_parties = third_parties
        self._code_of = code_of
        self._clock_ms = clock_ms

    def blueprint(self) -> Blueprint:
        blueprint = Blueprint("robots_robots", __name__, url_prefix="/api/robots")
        blueprint.get("")(self.list_robots)
        blueprint.post("")(self.create_robot)
        blueprint.get("/<robot_id>")(self.show_robot)
        blueprint.put("/<robot_id>")(self.update_robot)
        blueprint.delete("/<robot_id>")(self.delete_robot)
        blueprint.get("/<robot_id>/statistics")(self.show_statistics)
        return only("user", blueprint)

    def list_robots(self) -> Response:
        status = query_choice("status", STATUSES)
        wanted = wanted_page()
        robots = self._robots.of(current_user().user_id, deleted=status == "deleted")
        # The status is needed of all of them only to choose by it.
        activities = self._activities(robots) if status in ("online", "offline") else {}
        page = page_of(robots, wanted, matches=lambda robot: self._fits(robot, status, activities))
        activities = activities or self._activities(page.entries)
        shown = [self._shown(robot, activities[robot.robot_id], _LISTED_DEVICE) for robot in page.entries]
        return success(texts.OK, {"total": page.total, "list": shown})

    def create_robot(self) -> Response:
        wanted = validated(CreateRobot, json_object())
        robot = self._robots.create(current_user().user_id, wanted.name, RobotSettings(**wanted.settings()))
        return success(texts.CREATED, {"robotId": robot.robot_id, "name": robot.name})

    def show_robot(self, robot_id: str) -> Response:
        robot = self._own(robot_id)
        code = self._code_of(robot.activation_code) if robot.activation_code else None
        shown = self._shown(robot, self._statistics.activities([robot_id])[robot_id], _WHOLE_DEVICE)
        answers = robot.settings
        return success(
            texts.OK,
            {
                **shown,
                "robotUuid": robot.robot_uuid,
                "aiModel": answers.ai_model,
                "aiTemperature": answers.ai_temperature,
                "aiMaxTokens": answers.ai_max_tokens,
                "aiContextLength": answers.ai_context_length,
                "aiScenario": answers.ai_scenario,
                "replyDelayMin": answers.reply_delay_min,
                "replyDelayMax": answers.reply_delay_max,
                "aiCallLimitDaily": answers.ai_call_limit_daily,
                "activationInfo": None if code is None else _activation(code),
            },
        )

    def update_robot(self, robot_id: str) -> Response:
        wanted = validated(UpdateRobot, json_object())
        self._robots.update(current_user().user_id, robot_id, wanted.name, wanted.settings())
        return success(texts.UPDATED)

    def delete_robot(self, robot_id: str) -> Response:
        self._own(robot_id)
        # The secret first: whoever is told that this failed can ask again while the robot is there.
        self._third_parties.forget(robot_id)
        self._robots.delete(current_user().user_id, robot_id)
        return success(texts.DELETED)

    def show_statistics(self, robot_id: str) -> Response:
        found = self._statistics.of_robot(self._own(robot_id).robot_id, wanted_period())
        return success(
            texts.OK,
            {
                "totalMessages": found.messages,
                "totalAICalls": found.ai_calls,
                "avgResponseTime": found.average_seconds,
                "successRate": found.success_percent,
                "topContacts": [{"name": named.name, "messageCount": named.messages} for named in found.contacts],
                "topGroups": [{"name": named.name, "messageCount": named.messages} for named in found.groups],
            },
        )

    def _own(self, robot_id: str) -> Robot:
        return self._robots.owned(current_user().user_id, robot_id)

    def _activities(self, robots: Any) -> dict[str, Activity]:
        return self._statistics.activities([robot.robot_id for robot in robots])

    def _fits(self, robot: Robot, status: str | None, activities: dict[str, Activity]) -> bool:
        if status not in ("online", "offline"):
            return True
        return activities[robot.robot_id].is_online(self._clock_ms()) == (status == "online")

    def _shown(self, robot: Robot, activity: Activity, device_fields: tuple[str, ...]) -> dict[str, Any]:
        return {
            "robotId": robot.robot_id,
            "name": robot.name,
            "status": self._status(robot, activity),
            "aiMode": robot.settings.ai_mode,
            "aiProvider": robot.settings.ai_provider,
            "totalMessages": activity.messages,
            "aiCallsToday": activity.ai_calls_today,
            "lastActiveAt": shown_moment(activity.last_seen_ms),
            "deviceInfo": _device(robot.device, device_fields),
            "createdAt": shown_moment(robot.created_at_ms),
        }

    def _status(self, robot: Robot, activity: Activity) -> str:
        if robot.deleted_at_ms is not None:
            return "deleted"
        return "online" if activity.is_online(self._clock_ms()) else "offline"


def _device(device: Device | None, fields: tuple[str, ...]) -> dict[str, Any] | None:
    return None if device is None else shown_device(dict(device.details), device.device_id, *fields)


def _activation(code: ActivationCode) -> dict[str, Any]:
    return {
        "code": code.code,
        "firstActivatedAt": shown_moment(code.first_activated_at_ms),
        "lastActivatedAt": shown_moment(code.last_activated_at_ms),
    }
