"""What is counted when something happens: the aggregates behind statistics, lists and totals. Pure.

Days are the operator's (TIME_ZONE). The aggregates of a day are kept as long as anybody may ask for it.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Callable

from shared.robots.aggregates import Addition
from shared.robots.command_states import is_finished
from shared.robots.models import Command, Robot

TOTAL = "total"
OPEN = "open"
KEPT_DAYS = 2 * 366
_SECONDS_PER_DAY = 24 * 60 * 60

Day = Callable[[int], str]


def day_in(zone: dt.tzinfo) -> Day:
    """Milliseconds since the epoch to the day they lie in, ``2024-12-01``."""
    return lambda moment_ms: dt.datetime.fromtimestamp(moment_ms / 1000, zone).date().isoformat()


def robot_sums(robot_id: str) -> str:
    return f"sum#robot#{robot_id}"


def user_sums(user_id: int) -> str:
    return f"sum#user#{user_id}"


def listing_sums(listing: str) -> str:
    return f"sum#listing#{listing}"


def kept_until(moment_ms: int) -> int:
    """When a day's aggregates may go, in seconds since the epoch."""
    return moment_ms // 1000 + KEPT_DAYS * _SECONDS_PER_DAY


def of_message(robot: Robot, sender: str, group: str, at_ms: int, day: str) -> list[Addition]:
    """A reported message, for the robot, its owner, the sender and the group."""
    pk, until = robot_sums(robot.robot_id), kept_until(at_ms)
    one = {"messages": 1}
    additions = [
        Addition(pk, TOTAL, one),
        Addition(pk, f"day#{day}", one, expires_at_seconds=until),
    ]
    for kind, name in (("contact", sender), ("group", group)):
        if name:
            additions.append(Addition(pk, f"{kind}#{day}#{_digest(name)}", one, name, until))
    if robot.owner_id is not None:
        additions.append(Addition(user_sums(robot.owner_id), f"robot#{day}#{robot.robot_id}", one, "", until))
    return additions


def of_ai_call(robot: Robot, cost_micros: int, at_ms: int, day: str) -> list[Addition]:
    """One call of a language model. ``cost_micros``: millionths of a yuan."""
    amounts, until = {"ai_calls": 1, "ai_cost_micros": cost_micros}, kept_until(at_ms)
    additions = [Addition(robot_sums(robot.robot_id), f"day#{day}", amounts, expires_at_seconds=until)]
    if robot.owner_id is not None:
        additions.append(Addition(user_sums(robot.owner_id), f"robot#{day}#{robot.robot_id}", amounts, "", until))
    return additions


def of_command(before: Command, after: Command, day: Day) -> list[Addition]:
    """A command, when this write is the one that ends it."""
    if is_finished(before) or not is_finished(after):
        return []
    at_ms = after.finished_at_ms or after.created_at_ms
    ended = [Addition(robot_sums(after.robot_id), OPEN, {"items": -1})] if before.counted else []
    amounts = {"successes" if after.state == "success" else "failures": 1}
    if after.execution_time_ms is not None:
        amounts |= {"timed_results": 1, "execution_ms": after.execution_time_ms}
    pk = robot_sums(after.robot_id)
    return [*ended, Addition(pk, f"day#{day(at_ms)}", amounts, expires_at_seconds=kept_until(at_ms))]


def of_new_command(robot_id: str, max_open: int) -> list[Addition]:
    """A command that begins, refused where the robot has as many open ones as it may."""
    return [Addition(robot_sums(robot_id), OPEN, {"items": 1}, limits={"items": max_open})]


def of_robot(robot: Robot) -> list[Addition]:
    """A robot that is made (nothing of it is stored yet) or deleted, for its owner. No other write counts."""
    if robot.owner_id is None:
        return []
    step = (1 if robot.version == 0 else 0) - (1 if robot.deleted_at_ms is not None else 0)
    return [Addition(user_sums(robot.owner_id), TOTAL, {"robots": step})] if step else []


def of_code(listing: str, bound_user_id: int | None) -> list[Addition]:
    """A new activation code, for the list of all and for the user it is bound to."""
    additions = [Addition(listing_sums(listing), TOTAL, {"items": 1})]
    if bound_user_id is not None:
        additions.append(Addition(user_sums(bound_user_id), TOTAL, {"codes": 1}))
    return additions


def _digest(name: str) -> str:
    """Names are no keys: they can be long, and keys turn up in metrics."""
    return hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()[:32]
