"""A WeCom bot's configuration: which robot posts, and into which groups."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from shared.platforms.base import InvalidConfig
from shared.platforms.pacing import rate_limits_setting

MAX_GROUPS = 100
MAX_GROUP_CHARACTERS = 100
_ROBOT_ID = re.compile(r"[A-Za-z0-9_-]{8,64}")


def validate_wecom_config(config: Mapping[str, Any]) -> dict[str, Any]:
    """``robot_id`` (or ``robotId``), and optionally ``target_groups`` and ``rate_limits``. Raises InvalidConfig."""
    robot_id = config.get("robot_id") or config.get("robotId")
    if not robot_id:
        raise InvalidConfig("robot_id", "missing", "the id of the robot that posts is required")
    if not isinstance(robot_id, str) or not _ROBOT_ID.fullmatch(robot_id.strip()):
        raise InvalidConfig("robot_id", "malformed", "must be a robot's id, such as robot_1703123456789_abc123")
    checked: dict[str, Any] = {"robot_id": robot_id.strip()}
    groups = config.get("target_groups")
    if groups is not None and groups != [] and groups != "":
        checked["target_groups"] = _groups(groups)
    return checked | rate_limits_setting(config)


def wanted_groups(config: Mapping[str, Any], target_channel_id: str) -> list[str]:
    """Where a mapping leads: to the one of the bot's groups that its target names, else to all of them. A bot that
    names no groups leaves it to the mapping, whose target is then a group's name. Raises InvalidConfig."""
    target = target_channel_id.strip()
    groups = list(config.get("target_groups", ()))
    if target in groups:
        return [target]
    return groups or _groups([target])


def _groups(value: Any) -> list[str]:
    names = [value] if isinstance(value, str) else value
    if not isinstance(names, list) or not 1 <= len(names) <= MAX_GROUPS:
        raise InvalidConfig("target_groups", "malformed", f"must be a list of 1 to {MAX_GROUPS} group names")
    for name in names:
        if not isinstance(name, str) or not 1 <= len(name.strip()) <= MAX_GROUP_CHARACTERS or not name.isprintable():
            detail = f"each group is a name of 1 to {MAX_GROUP_CHARACTERS} characters on one line"
            raise InvalidConfig("target_groups", "malformed", detail)
    return list(dict.fromkeys(name.strip() for name in names))
