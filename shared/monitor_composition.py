"""The part of the composition root that joins the monitor: its table, its stores, its API."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from shared import composition
from shared.aws.settings import settings
from shared.once import once

if TYPE_CHECKING:
    from shared.monitor.store import DynamoLive, DynamoNodes
    from shared.monitor.store_records import DynamoPings, DynamoPingTasks, DynamoRecords
    from shared.monitor.store_settings import DynamoSettings
    from shared.monitor.table import MonitorTable


@once
def monitor_table() -> MonitorTable:
    from shared.aws.tables import bind
    from shared.monitor.rows import MonitorRow
    from shared.monitor.table import MonitorTable

    bind(MonitorRow, settings().monitor_table, composition.dynamodb_connection())
    return MonitorTable(time.time)


@once
def monitor_nodes() -> DynamoNodes:
    from shared.monitor.store import DynamoNodes

    return DynamoNodes(monitor_table(), composition.vault())


@once
def monitor_live() -> DynamoLive:
    from shared.monitor.store import DynamoLive

    return DynamoLive(monitor_table())


@once
def monitor_records() -> DynamoRecords:
    from shared.monitor.store_records import DynamoRecords

    return DynamoRecords(monitor_table())


@once
def monitor_pings() -> DynamoPings:
    from shared.monitor.store_records import DynamoPings

    return DynamoPings(monitor_table())


@once
def monitor_ping_tasks() -> DynamoPingTasks:
    from shared.monitor.store_records import DynamoPingTasks

    return DynamoPingTasks(monitor_table())


@once
def monitor_settings() -> DynamoSettings:
    from shared.monitor.store_settings import DynamoSettings

    return DynamoSettings(monitor_table(), composition.vault())
