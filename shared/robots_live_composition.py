"""The part of the composition root that joins the robots' live side: their sockets, pushes, commands and the relay's
way to them.
"""

from __future__ import annotations

import logging
import time
import zoneinfo
from collections.abc import Sequence
from typing import TYPE_CHECKING

from shared.aws.settings import settings
from shared.once import once
from shared.outside_composition import clock_ms, http_client
from shared.push_composition import announcements, connection_poster, connections

if TYPE_CHECKING:
    from shared.push.orders import Publisher
    from shared.push.sockets import SocketKind
    from shared.relay.machine_health import Machine
    from shared.robots.ai_providers import Providers
    from shared.robots.ai_replies import AiReplies
    from shared.robots.api.worktool import WorkToolViews
    from shared.robots.callbacks import Callbacks
    from shared.robots.command_push import RobotPublisher
    from shared.robots.dispatch import CommandDispatch, RobotBell
    from shared.robots.endings import CommandEndings
    from shared.robots.group_codes import DynamoGroupCodes
    from shared.robots.group_reports import GroupReports
    from shared.robots.live_records import LiveCommands, LiveMessages
    from shared.robots.message_outcomes import DynamoToldMessages
    from shared.robots.messages import Message
    from shared.robots.models import Robot
    from shared.robots.online_periods import DynamoOnlinePeriods
    from shared.robots.online_watch import OnlineWatch
    from shared.robots.presence import Presence
    from shared.robots.relay_commands import RelayCommands
    from shared.robots.robot_socket import LiveRobots
    from shared.robots.seen_groups import DynamoSeenGroups
    from shared.robots.token_robots import TokenRobots
    from shared.robots.worktool_completions import WorkToolCompletions
    from shared.tasks.handlers import TaskHandler

logger = logging.getLogger("kook_relay.robots")


@once
def robot_bell() -> RobotBell:
    from shared.control_composition import task_queue
    from shared.robots.dispatch import RobotBell

    return RobotBell(announcements(), task_queue())


@once
def command_dispatch() -> CommandDispatch:
    from shared.robots.dispatch import CommandDispatch
    from shared.robots.watched_robots import DynamoWatchedRobots
    from shared.robots_composition import commands, robots_table

    return CommandDispatch(
        commands(),
        DynamoWatchedRobots(robots_table()),
        robot_bell(),
        clock_ms,
        finished=lambda command, result: command_endings().reported(command, result),
    )


@once
def command_endings() -> CommandEndings:
    from shared.control_composition import task_queue
    from shared.relay.late_failures import late_failure_order
    from shared.robots.callbacks import Callbacks
    from shared.robots.endings import CommandEndings
    from shared.robots_composition import activity_log

    return CommandEndings(
        lambda command, result: callbacks().finished(command, result),
        Callbacks.order_of,
        task_queue(),
        activity_log,
        late_failure_order,
    )


@once
def callbacks() -> Callbacks:
    from shared.control_composition import task_queue
    from shared.robots.callback_failures import NotedFailures
    from shared.robots.callback_payloads import RecordPayloads
    from shared.robots.callbacks import Callbacks
    from shared.robots.message_outcomes import MessageAnswers
    from shared.robots_composition import (
        activity_log,
        last_failures,
        message_store,
        pictures,
        robot_store,
        third_parties,
    )

    zone = zoneinfo.ZoneInfo(settings().time_zone)
    return Callbacks(
        third_parties(),
        RecordPayloads(robot_store(), message_store(), pictures(), online_periods(), group_codes(), zone),
        NotedFailures(activity_log, last_failures()),
        http_client(),
        task_queue(),
        clock_ms,
        outcomes=MessageAnswers(told_messages(), message_store(), command_dispatch, clock_ms),
    )


@once
def told_messages() -> DynamoToldMessages:
    from shared.robots.message_outcomes import DynamoToldMessages
    from shared.robots_composition import robots_table

    return DynamoToldMessages(robots_table())


@once
def online_periods() -> DynamoOnlinePeriods:
    from shared.robots.online_periods import DynamoOnlinePeriods
    from shared.robots_composition import robots_table

    return DynamoOnlinePeriods(robots_table())


@once
def online_watch() -> OnlineWatch:
    """For websocket, robots_api and maintenance."""
    from shared.control_composition import task_queue
    from shared.robots.callbacks import Callbacks
    from shared.robots.online_watch import OnlineWatch
    from shared.robots.presence import DynamoSightings
    from shared.robots_composition import robots_table

    sightings = DynamoSightings(robots_table())
    return OnlineWatch(online_periods(), sightings, task_queue(), Callbacks.order_of_change, clock_ms)


@once
def group_codes() -> DynamoGroupCodes:
    from shared.robots.group_codes import DynamoGroupCodes
    from shared.robots_composition import robots_table

    return DynamoGroupCodes(robots_table())


@once
def seen_groups() -> DynamoSeenGroups:
    from shared.robots.seen_groups import DynamoSeenGroups
    from shared.robots_composition import robots_table

    return DynamoSeenGroups(robots_table())


@once
def group_reports() -> GroupReports:
    """For websocket."""
    from shared.robots.group_reports import GroupReports

    return GroupReports(seen_groups(), group_codes(), callbacks, clock_ms)


@once
def worktool_completions() -> WorkToolCompletions:
    """For websocket."""
    from shared.robots.worktool_completions import WorkToolCompletions
    from shared.robots_composition import robot_store

    return WorkToolCompletions(robot_store(), command_dispatch())


@once
def live_commands() -> LiveCommands:
    """For robots_api."""
    from shared.robots.live_records import LiveCommands
    from shared.robots_composition import robot_store

    return LiveCommands(robot_store(), clock_ms, command_dispatch(), command_endings().timed_out)


@once
def live_messages() -> LiveMessages:
    """For robots_api, and for the WorkTool client."""
    from shared.robots.live_records import LiveMessages
    from shared.robots_composition import message_store, pictures

    answers = ai_replies()

    def taken(message: Message, robot: Robot) -> None:
        callbacks().order("message", robot.robot_id, message.message_id)
        answers.consider(message, robot)

    return LiveMessages(message_store(), pictures(), clock_ms, taken)


@once
def chat_providers() -> Providers:
    """None where the setting cannot be used: the robots' API goes on without answers, and each one that is not given
    is in the activity log. One machine does not start with such a setting."""
    from shared.robots.ai_providers import Providers, ProvidersRefused

    try:
        return Providers.from_setting(settings().ai_providers)
    except ProvidersRefused as refused:
        logger.error("AI_PROVIDERS cannot be used: no robot answers", extra={"problems": str(refused)})
        return Providers({})


@once
def ai_replies() -> AiReplies:
    from shared.control_composition import task_queue
    from shared.robots.ai_providers import ChatModels
    from shared.robots.ai_replies import AiReplies
    from shared.robots.provider_rests import ProviderRests
    from shared.robots_composition import activity_log, day, message_store, robot_store, robots_table, statistics

    return AiReplies(
        robot_store(),
        message_store(),
        ChatModels(chat_providers(), http_client()),
        command_dispatch(),
        task_queue(),
        robots_table(),
        ProviderRests(robots_table(), clock_ms),
        statistics(),
        activity_log,
        clock_ms,
        day(),
    )


@once
def relay_commands() -> RelayCommands:
    """For deliver_wecom, and for testing a bot."""
    from shared.robots.relay_commands import RelayCommands
    from shared.robots_composition import robot_store

    return RelayCommands(robot_store(), command_dispatch())


@once
def presence() -> Presence:
    from shared.robots.presence import DynamoSightings, Presence
    from shared.robots_composition import robots_table

    return Presence(DynamoSightings(robots_table()), clock_ms)


class RobotMachines:
    """Implements shared.relay.machine_health.MachineList."""

    def machines(self) -> Sequence[Machine]:
        from shared.relay.machine_health import Machine
        from shared.relay.times import iso_utc
        from shared.robots.heard_robots import HeardRobots
        from shared.robots.presence import DynamoSightings
        from shared.robots_composition import robot_store, robots_table

        heard = HeardRobots(DynamoSightings(robots_table()), robot_store(), clock_ms)
        return [
            Machine("robot", robot.robot_id, robot.name, robot.online, iso_utc(robot.last_seen_ms))
            for robot in heard.all()
        ]


@once
def live_robots() -> LiveRobots:
    from shared.robots.robot_socket import LiveRobots
    from shared.robots_composition import robot_store

    return LiveRobots(robot_store())


@once
def token_robots() -> TokenRobots:
    from shared.robots.token_robots import TokenRobots
    from shared.robots_composition import robot_tokens

    return TokenRobots(robot_tokens())


@once
def robot_socket() -> SocketKind:
    """For websocket. The data key is asked for when the first robot knocks."""
    from shared.robots.robot_socket import RobotSocket

    return RobotSocket(token_robots, live_robots(), presence(), command_dispatch(), robot_bell(), clock_ms)


@once
def worktool_views() -> WorkToolViews:
    """For robots_api."""
    from shared.robots.api.worktool import WorkToolViews
    from shared.robots.api.worktool_answers import ServedAddresses
    from shared.robots.api.worktool_callbacks import WorkToolCallbackViews
    from shared.robots.api.worktool_lists import WorkToolListViews
    from shared.robots.api.worktool_records import WorkToolRecordViews
    from shared.robots.question_log import QuestionLog
    from shared.robots.worktool_socket import WorkToolRobots
    from shared.robots_composition import message_store, pictures, robot_store, third_parties

    robots = WorkToolRobots(robot_store())
    addresses = ServedAddresses(settings().public_url)
    zone = zoneinfo.ZoneInfo(settings().time_zone)
    questions = QuestionLog(message_store(), robot_store(), told_messages())
    more = (
        WorkToolRecordViews(robots, robot_store(), pictures(), addresses.of, zone),
        WorkToolCallbackViews(robots, third_parties),
        WorkToolListViews(robots, online_periods(), seen_groups(), questions, zone),
    )
    return WorkToolViews(robots, live_commands(), third_parties, more, online_watch())


@once
def worktool_socket() -> SocketKind:
    """For websocket."""
    from shared.robots.worktool_socket import WorkToolRobots, WorkToolSocket
    from shared.robots_composition import robot_store

    return WorkToolSocket(
        WorkToolRobots(robot_store()),
        presence(),
        command_dispatch(),
        live_messages,
        robot_bell(),
        clock_ms,
        online_watch(),
        lambda: (group_reports(), worktool_completions()),
    )


def robot_publisher(others: Publisher) -> RobotPublisher:
    """For push."""
    from shared.robots import robot_socket as own
    from shared.robots import worktool_socket as worktool
    from shared.robots.command_push import RobotPublisher, command_frame
    from shared.robots.worktool_frames import worktool_command
    from shared.robots_composition import commands

    return RobotPublisher(
        others,
        connections(),
        connection_poster(),
        commands,
        live_robots,
        {own.SOCKET_NAME: command_frame, worktool.SOCKET_NAME: worktool_command},
        time.time,
    )


def robot_tasks() -> dict[str, TaskHandler]:
    """For run_task."""
    from shared.robots import ai_replies as answers
    from shared.robots import callbacks as told
    from shared.robots.dispatch import WAKE_TASK

    return {
        WAKE_TASK: robot_bell().wake,
        # Made when the first one comes: it opens secrets.
        told.TASK_KIND: lambda payload, seconds_left: callbacks().carry_out(payload, seconds_left),
        answers.TASK_KIND: lambda payload, seconds_left: ai_replies().carry_out(payload, seconds_left),
    }
