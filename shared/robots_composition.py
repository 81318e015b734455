"""The part of the composition root that joins the robots area."""

from __future__ import annotations

import sys
import time
import zoneinfo
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from shared.aws.settings import settings
from shared.once import once
from shared.outside_composition import clock_ms, dynamodb_connection, vault

if TYPE_CHECKING:
    from flask import Flask

    from shared.robots.activation import Activations
    from shared.robots.activity_log import ActivityLog
    from shared.robots.callback_failures import DynamoLastFailures
    from shared.robots.commands import Commands
    from shared.robots.counting import Day
    from shared.robots.login import SmsSender
    from shared.robots.login_store import DynamoUsers
    from shared.robots.message_store import DynamoMessages
    from shared.robots.messages import PictureStore
    from shared.robots.robots import Robots
    from shared.robots.statistics import Statistics
    from shared.robots.store import DynamoRobots
    from shared.robots.table import RobotsTable
    from shared.robots.third_party import ThirdParties
    from shared.robots.tokens import RobotTokens
    from shared.web.lambda_bridge import LambdaHandler
    from shared.web.shared_paths import Claim

_JWT_KEY_PURPOSE = "robots tokens"


@once
def robots_table() -> RobotsTable:
    from shared.aws.tables import bind
    from shared.robots.rows import RobotsRow
    from shared.robots.table import RobotsTable

    bind(RobotsRow, settings().robots_table, dynamodb_connection())
    return RobotsTable()


@once
def day() -> Day:
    """The operator's day of a moment."""
    from shared.robots.counting import day_in

    return day_in(zoneinfo.ZoneInfo(settings().time_zone))


@once
def robot_store() -> DynamoRobots:
    from shared.robots.store import DynamoRobots

    return DynamoRobots(robots_table(), day(), settings().robots_max_open_commands)


@once
def user_store() -> DynamoUsers:
    from shared.robots.login_store import DynamoUsers

    return DynamoUsers(robots_table())


@once
def robots() -> Robots:
    from shared.robots.robots import Robots

    return Robots(robot_store(), clock_ms)


@once
def activations() -> Activations:
    from shared.robots.activation import Activations

    return Activations(robot_store(), clock_ms)


@once
def commands() -> Commands:
    from shared.robots.commands import Commands
    from shared.robots_live_composition import command_endings

    return Commands(robot_store(), clock_ms, lambda command: command_endings().timed_out(command))


@once
def robot_tokens() -> RobotTokens:
    from shared.control_composition import administrator
    from shared.robots.tokens import RobotTokens
    from shared.security.jwt_tokens import JwtTokens

    return RobotTokens(
        JwtTokens(vault().derived_key(_JWT_KEY_PURPOSE), time.time),
        robot_store(),
        user_store(),
        time.time,
        control_plane_version=lambda: administrator().password_generation(),
    )


@once
def pictures() -> PictureStore:
    from shared.robots.picture_stores import DirectoryPictures, S3Pictures

    if settings().deployment != "aws":
        return DirectoryPictures(Path(settings().data_dir))
    from shared.aws import clients

    return S3Pictures(lambda: clients.client("s3"), settings().robot_pictures_bucket)


@once
def message_store() -> DynamoMessages:
    from shared.robots.message_store import DynamoMessages

    return DynamoMessages(robots_table(), day())


@once
def third_parties() -> ThirdParties:
    from shared.robots.third_party import ThirdParties
    from shared.robots.third_party_store import DynamoThirdParties

    return ThirdParties(DynamoThirdParties(robots_table(), vault()))


@once
def last_failures() -> DynamoLastFailures:
    from shared.robots.callback_failures import DynamoLastFailures

    return DynamoLastFailures(robots_table())


@once
def statistics() -> Statistics:
    from shared.robots.statistics import Statistics
    from shared.robots.statistics_store import DynamoStatistics

    zone = zoneinfo.ZoneInfo(settings().time_zone)
    return Statistics(DynamoStatistics(robots_table(), day()), zone, clock_ms)


@once
def activity_log() -> ActivityLog:
    from shared.robots.activity_log import ActivityLog
    from shared.robots.activity_log_store import DynamoActivityLog

    return ActivityLog(DynamoActivityLog(robots_table(), day(), clock_ms), clock_ms)


@once
def sms_sender() -> SmsSender:
    """On one machine login codes appear where the stack was started; on AWS they are sent."""
    from shared.robots.sms import ConsoleSms, SnsSms

    if settings().deployment != "aws":
        return ConsoleSms(sys.stdout)
    from shared.aws import clients

    return SnsSms(lambda: clients.client("sns"))


@once
def robots_api() -> Flask:
    from shared.aws.logging import function_logger
    from shared.robots.api.application import RobotsServices, build_robots_api
    from shared.robots.codes import Codes
    from shared.robots.login import PhoneLogin
    from shared.robots.rate_limit import RateLimit
    from shared.robots.users import Users
    from shared.robots_live_composition import live_commands, live_messages, worktool_views

    admin_phones = (settings().admin_phone,) if settings().admin_phone else ()
    users = Users(user_store())
    return build_robots_api(
        RobotsServices(
            login=PhoneLogin(user_store(), sms_sender(), clock_ms, admin_phones),
            tokens=robot_tokens(),
            activations=activations(),
            robots=robots(),
            commands=live_commands(),
            command_records=robot_store,
            messages=live_messages(),
            third_parties=third_parties(),
            last_failures=last_failures(),
            statistics=statistics(),
            codes=Codes(robot_store(), activations(), users, clock_ms),
            users=users,
            log=activity_log(),
            limit=RateLimit(robots_table(), settings().robots_rate_limit_per_minute, time.time),
            code_of=robot_store().code,
            worktool=worktool_views().blueprint(),
        ),
        admin_name=settings().admin_username,
        default_language=settings().language,
        request_log=function_logger("robots_api"),
    )


def claims() -> tuple[Claim, ...]:
    """Requests on this function's routes that are another area's, by what the caller presents: /api/admin/logs is the
    monitor's for its session cookie and its API key, and the robots' for their tokens and for nobody."""
    from shared.monitor.identity import SESSION_COOKIE
    from shared.web.shared_paths import Claim, bearer_token

    def is_the_monitors(headers: Mapping[str, str], cookies: Sequence[str]) -> bool:
        token = bearer_token(headers)
        # Robots' tokens are JWTs: three parts. The monitor's API key is one.
        is_api_key = bool(token) and token.count(".") != 2
        return is_api_key or any(cookie.startswith(f"{SESSION_COOKIE}=") for cookie in cookies)

    return (Claim("/api/admin/logs", is_the_monitors, monitor_handler),)


@once
def monitor_handler() -> LambdaHandler:
    from shared import monitor_composition
    from shared.web.lambda_bridge import lambda_handler

    return lambda_handler(monitor_composition.monitor_api())


@once
def robots_api_handler() -> LambdaHandler:
    """For robots_api."""
    from shared.web.lambda_bridge import lambda_handler
    from shared.web.shared_paths import with_claims

    return with_claims(lambda_handler(robots_api()), claims())
