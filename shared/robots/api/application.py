"""The robots API as one Flask application."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Callable
from dataclasses import dataclass

from flask import Blueprint, Flask

from shared.robots.activation import Activations
from shared.robots.activity_log import ActivityLog
from shared.robots.api.access import RobotsAuthenticator, limit_open_routes
from shared.robots.api.administration import AdministrationViews
from shared.robots.api.answers import failures
from shared.robots.api.devices import ActivationViews, DeviceViews
from shared.robots.api.journal import Journal, NotedEnvelope
from shared.robots.api.records import CommandRecords, RobotRecordViews
from shared.robots.api.robots import RobotViews
from shared.robots.api.sending import SendingViews
from shared.robots.api.texts import ERRORS, PROBLEMS
from shared.robots.api.users import UserViews
from shared.robots.callback_failures import LastFailures
from shared.robots.codes import Codes
from shared.robots.commands import Commands
from shared.robots.login import PhoneLogin
from shared.robots.messages import Messages
from shared.robots.models import ActivationCode
from shared.robots.rate_limit import RateLimit
from shared.robots.robots import Robots
from shared.robots.statistics import Statistics
from shared.robots.third_party import ThirdParties
from shared.robots.tokens import RobotTokens
from shared.robots.users import Users
from shared.web.application import RequestLog, create_app
from shared.web.catalogue import Catalogue
from shared.web.language import Language


@dataclass(frozen=True, slots=True)
class RobotsServices:
    """What the API is built on. ``code_of`` reads an activation code by its text; ``worktool`` holds the calls of the
    WorkTool client, which are no part of the documented API."""

    login: PhoneLogin
    tokens: RobotTokens
    activations: Activations
    robots: Robots
    commands: Commands
    command_records: Callable[[], CommandRecords]
    messages: Messages
    third_parties: ThirdParties
    last_failures: LastFailures
    statistics: Statistics
    codes: Codes
    users: Users
    log: ActivityLog
    limit: RateLimit
    code_of: Callable[[str], ActivationCode | None]
    worktool: Blueprint | None = None


def build_robots_api(
    services: RobotsServices,
    *,
    admin_name: str = "admin",
    default_language: Language = "zh",
    request_log: RequestLog | None = None,
    clock: Callable[[], float] = time.time,
) -> Flask:
    """Join the services to the API. ``admin_name``: what the log calls the control plane's administrator."""
    journal = Journal(services.log, admin_name, request_log)
    app = create_app(
        "robots_api",
        [
            *UserViews(services.login, services.tokens, services.statistics).blueprints(),
            ActivationViews(services.activations, services.tokens).blueprint(),
            DeviceViews(services.messages, services.commands, services.statistics.heard_of).blueprint(),
            RobotViews(
                services.robots,
                services.statistics,
                services.third_parties,
                services.code_of,
                lambda: int(clock() * 1000),
            ).blueprint(),
            RobotRecordViews(services.robots, services.messages, services.command_records).blueprint(),
            SendingViews(
                services.robots, services.commands, services.third_parties, services.last_failures
            ).blueprint(),
            AdministrationViews(
                services.codes, services.activations, services.users, services.log, journal
            ).blueprint(),
            *((services.worktool,) if services.worktool is not None else ()),
        ],
        envelope=NotedEnvelope(Catalogue(ERRORS, problems=PROBLEMS)),
        authenticator=RobotsAuthenticator(services.tokens, services.limit),
        shown_time=lambda seconds: dt.datetime.fromtimestamp(seconds, dt.UTC).isoformat(timespec="seconds"),
        failures=failures(),
        default_language=default_language,
        log=request_log,
        clock=clock,
    )
    limit_open_routes(app, services.limit)
    journal.note_refusals(app)
    return app
