"""What WorkTool's calls have in common: the robot in the query, and ``{"code": 200, "message", "data"}``."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from flask import Response, jsonify, request
from pydantic import BaseModel, ConfigDict
from pydantic.alias_generators import to_camel

from shared.robots.errors import RobotUnknown
from shared.robots.models import Robot
from shared.robots.worktool_socket import WorkToolRobots
from shared.web.parameters import query_text

# The front door passes on the host that the caller used.
ORIGINAL_HOST_HEADER = "X-Relay-Original-Host"
_HOST = re.compile(r"[A-Za-z0-9.\-]+(:[0-9]{1,5})?\Z")


@dataclass(frozen=True, slots=True)
class ServedAddresses:
    """``public_url`` is the operator's setting, without a trailing slash; without it the address that the caller used
    is taken, which on AWS the front door passes on."""

    public_url: str = ""

    def of(self, path: str) -> str:
        if self.public_url:
            return self.public_url + path
        original = request.headers.get(ORIGINAL_HOST_HEADER, "")
        host = original if _HOST.match(original) else request.host
        return f"{request.scheme}://{host}{path}"


class WorkToolRequest(BaseModel):
    model_config = ConfigDict(strict=True, extra="ignore", hide_input_in_errors=True, alias_generator=to_camel)


def robot_of_the_query(robots: WorkToolRobots) -> Robot:
    """Raises RobotUnknown."""
    robot = robots.robot(query_text("robotId") or "")
    if robot is None:
        raise RobotUnknown
    return robot


def worktool_success(data: Any = None) -> Response:
    return jsonify({"code": 200, "message": "success", "data": data})
