"""The part of the composition root that joins the control of the relay itself: signing in, the service, figures,
health, backups, updates, and the chores and tasks behind them.
"""

from __future__ import annotations

import time
import zoneinfo
from pathlib import Path
from typing import TYPE_CHECKING

from shared.aws.settings import settings
from shared.once import once
from shared.outside_composition import PLATFORM_NAMES, clock_ms, http_client, platforms, queue, secret_fields, vault
from shared.push_composition import live_states
from shared.relay_composition import delivery_log, destination_states, live_log, overdue_deliveries
from shared.state_composition import (
    configuration_reader,
    configuration_store,
    configuration_table,
    delivery_counters,
    delivery_store,
)

if TYPE_CHECKING:
    from shared.aws.queue_depths import SqsQueueDepths
    from shared.aws.task_queue import SqsTaskQueue
    from shared.relay.administrator import Administrator, OpenedSession
    from shared.relay.api.control_area import ControlArea
    from shared.relay.api.deliveries import DeliveryArea
    from shared.relay.backups import Backups
    from shared.relay.chores import Chores
    from shared.relay.configuration_generations import ConfigurationGenerations
    from shared.relay.delivery_replay import ReplayDelivery
    from shared.relay.delivery_replay_store import DynamoReplayStore
    from shared.relay.health import HealthCheck
    from shared.relay.log_clearing_store import DynamoClearingStore
    from shared.relay.service_switch import EventSources, ServiceSwitch
    from shared.tasks.batches import TaskBatches

# The queues that a stopped relay leaves unread, and whose messages its status counts.
RELAY_QUEUES = ("events", *PLATFORM_NAMES)


@once
def administrator() -> Administrator:
    from shared.relay.administrator import Administrator
    from shared.relay.login_attempts import LoginAttempts
    from shared.relay.session_records import SessionRecords

    records = SessionRecords(configuration_table(), clock_ms)
    attempts = LoginAttempts(records, time.time)
    return Administrator(records, attempts, first_password=settings().admin_password, clock=time.time)


@once
def event_sources() -> EventSources:
    from shared.relay.service_records import EmbeddedEventSources

    if settings().deployment != "aws":
        return EmbeddedEventSources(configuration_table())
    from shared.aws import clients
    from shared.aws.event_sources import LambdaEventSources

    return LambdaEventSources(lambda: clients.client("lambda"), settings().event_source_mappings)


@once
def service_switch() -> ServiceSwitch:
    from shared.relay.service_records import ServiceRecords
    from shared.relay.service_switch import ServiceSwitch

    return ServiceSwitch(
        ServiceRecords(configuration_table()),
        event_sources(),
        clock_ms,
        # Built only when something changes: maintenance, which settles, has nobody to tell.
        changed=lambda word: live_states().changed("service", None, word),
        clear_caches=lambda: configuration_reader().forget(),
    )


@once
def task_queue() -> SqsTaskQueue:
    from shared.aws import clients
    from shared.aws.task_queue import SqsTaskQueue

    return SqsTaskQueue(lambda: clients.client("sqs"), settings().tasks_queue_url)


@once
def clearing_store() -> DynamoClearingStore:
    from shared.relay.log_clearing_store import DynamoClearingStore

    delivery_store()  # binds the rows
    return DynamoClearingStore(configuration_table(), delivery_counters())


@once
def replay_store() -> DynamoReplayStore:
    from shared.relay.delivery_replay_store import DynamoReplayStore

    delivery_store()  # binds the rows
    return DynamoReplayStore(configuration_table(), delivery_counters())


@once
def replay_delivery() -> ReplayDelivery:
    from shared.aws.platform_queues import SqsPlatformQueues
    from shared.relay.delivery_replay import ReplayDelivery

    return ReplayDelivery(replay_store(), SqsPlatformQueues(queue))


@once
def generations() -> ConfigurationGenerations:
    from shared.aws import clients
    from shared.relay.configuration_generations import ConfigurationGenerations

    return ConfigurationGenerations(clients.client("dynamodb"), settings().config_table, time.time)


@once
def backups() -> Backups:
    from shared.backfill_composition import account_holds
    from shared.relay.backup_stores import DirectoryBackups, S3Backups
    from shared.relay.backups import Backups, BackupStore
    from shared.relay.configuration_restore import ConfigurationRestore

    store: BackupStore
    if settings().deployment == "aws":
        from shared.aws import clients

        store = S3Backups(lambda: clients.client("s3"), settings().backups_bucket)
    else:
        store = DirectoryBackups(Path(settings().data_dir))
    return Backups(
        store=store,
        source=configuration_store(),
        restorer=ConfigurationRestore(generations(), configuration_store(), clock_ms, account_holds()),
        sealer=vault(),
        secret_fields=secret_fields,
        platforms=platforms().names,
        zone=zoneinfo.ZoneInfo(settings().time_zone),
        clock=time.time,
        forget=lambda: configuration_reader().forget(),
    )


@once
def health_check() -> HealthCheck:
    from shared.kook.client.client import KookClients
    from shared.monitor_agents_composition import MonitoredMachines
    from shared.relay.health import HealthCheck
    from shared.relay.health_probes import ConfigurationProbe, DeliveriesProbe
    from shared.relay.kook_bots import KookBots
    from shared.relay.kook_presence import CALL_TIMEOUT_SECONDS, KookPresence
    from shared.robots_live_composition import RobotMachines

    delivery_store()  # binds the rows
    deliveries = DeliveriesProbe(settings().deliveries_table)
    # Clients of their own: a health check does not wait as long as a start of an account may.
    clients = KookClients(
        http_client(),
        settings().kook_api_base,
        language=settings().language,
        timeout_seconds=CALL_TIMEOUT_SECONDS,
    )
    return HealthCheck(
        configuration=ConfigurationProbe(configuration_table(), settings().config_table),
        deliveries=deliveries,
        oldest=deliveries,
        depths=_queue_depths("tasks"),
        service=service_switch(),
        accounts=configuration_store(),
        presences=KookPresence(KookBots(clients), time.monotonic),
        bots=configuration_store(),
        destination_states=lambda bots: destination_states().of(bots),
        platforms=PLATFORM_NAMES,
        machines=(MonitoredMachines(), RobotMachines()),
    )


@once
def control_area() -> ControlArea:
    """For relay_api."""
    from shared import monitor_composition
    from shared.backfill_composition import account_connections
    from shared.relay.api.control_area import ControlArea
    from shared.relay.log_clearing import LogClearings
    from shared.relay.statistics import DeliveryStatistics
    from shared.relay.system_status import SystemOverview
    from shared.relay.updates import UpdateFeed

    counters = delivery_counters()
    return ControlArea(
        administrator=administrator(),
        overview=SystemOverview(configuration_store(), _queue_depths(), service_switch(), account_connections()),
        switch=service_switch(),
        cache_statistics=configuration_reader().statistics,
        statistics=DeliveryStatistics(counters, PLATFORM_NAMES, clock_ms),
        clearings=LogClearings(clearing_store(), task_queue(), counters, clock_ms),
        health=health_check(),
        backups=backups(),
        updates=UpdateFeed(http_client(), settings().update_feed_url, time.monotonic),
        sign_in_extras=_robots_admin_token,
        beside_login=monitor_composition.sign_in_beside,
    )


def _robots_admin_token(session: OpenedSession) -> dict[str, str]:
    """One administrator for the whole control plane: signing in there opens the robots' administration as well."""
    from shared.robots_composition import robot_tokens

    return {"robots_admin_token": robot_tokens().for_control_plane(session.generation).text}


@once
def delivery_area() -> DeliveryArea:
    """For relay_api."""
    from shared.relay.api.deliveries import DeliveryArea
    from shared.relay.delivery_replay import Replays

    replays = Replays(replay_store(), replay_delivery(), task_queue(), clock_ms)
    return DeliveryArea(delivery_log(), replays, platforms().names)


@once
def task_batches() -> TaskBatches:
    """For run_task."""
    from shared import accounts_composition
    from shared.backfill_composition import backfill
    from shared.relay import backfill_orders, delivery_replay, late_failures, log_clearing
    from shared.relay.late_failure_store import DynamoLateFailures
    from shared.robots_live_composition import robot_tasks
    from shared.tasks.batches import TaskBatches
    from shared.tasks.handlers import TaskHandler

    clear_log = log_clearing.ClearLog(clearing_store(), delivery_counters(), clock_ms)
    replay = delivery_replay.ReplayMany(replay_store(), replay_delivery(), clock_ms)
    delivery_store()  # binds the rows
    late = DynamoLateFailures(delivery_counters(), clock_ms)
    handlers: dict[str, TaskHandler] = {
        log_clearing.TASK_KIND: clear_log,
        delivery_replay.TASK_KIND: replay,
        backfill_orders.TASK_KIND: backfill(),
        late_failures.TASK_KIND: late_failures.LateFailures(late, live_log().failed_late),
        **accounts_composition.task_handlers(),
    }
    handlers |= robot_tasks()
    return TaskBatches(handlers, task_queue(), task_queue())


@once
def chores() -> Chores:
    """For maintenance."""
    from shared import accounts_composition, monitor_agents_composition
    from shared.backfill_composition import backfills, presence_watch
    from shared.relay.chores import Chores
    from shared.robots_live_composition import command_dispatch, online_watch

    def order_again() -> int:
        # What a stopped relay holds back is not overdue.
        return overdue_deliveries().order_again() if service_switch().is_running() else 0

    return Chores(
        {
            "settled": lambda: service_switch().settle(),
            "configuration_groups_written": lambda: generations().roll_forward(),
            "ordered_again": order_again,
            "monitor_records_written": lambda: monitor_agents_composition.roll_up().run(),
            "monitor_pings_pushed": lambda: monitor_agents_composition.quiet_agents().ask(),
            "monitor_sockets_closed": lambda: monitor_agents_composition.quiet_agents().drop(),
            "accounts_seen_changed": lambda: presence_watch().look(),
            "backfills_begun": lambda: backfills().begin_scheduled(),
            "commands_settled": lambda: command_dispatch().sweep(),
            "robots_gone_silent": lambda: online_watch().sweep(),
            "account_checks_ordered": lambda: accounts_composition.health_schedule().run(),
        }
    )


def _queue_depths(*more: str) -> SqsQueueDepths:
    from shared.aws import clients
    from shared.aws.queue_depths import QueueUrls, SqsQueueDepths

    names = (*RELAY_QUEUES, *more)
    urls = [QueueUrls(name, settings().queue_url(name), settings().dead_letters_url(name)) for name in names]
    return SqsQueueDepths(lambda: clients.client("sqs"), urls)
