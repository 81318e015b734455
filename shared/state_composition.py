"""The part of the composition root that joins what is stored: configuration, deliveries, counters, pacing."""

from __future__ import annotations

import random
import time
from typing import TYPE_CHECKING

from shared.aws.settings import settings
from shared.once import once
from shared.outside_composition import clock_ms, dynamodb_connection, secret_fields, vault
from shared.push_composition import live_states

if TYPE_CHECKING:
    from shared.aws.pacing_store import DynamoPacingStore
    from shared.platforms.pacing import Pacer
    from shared.relay.configuration_reader import ConfigurationReader
    from shared.relay.configuration_store import ConfigurationStore
    from shared.relay.configuration_table import ConfigurationTable
    from shared.relay.counters import DeliveryCounters
    from shared.relay.delivery_store import DeliveryStore
    from shared.relay.subject_store import SubjectStore


@once
def configuration_table() -> ConfigurationTable:
    """The table alone, for what needs no data key."""
    from shared.aws.tables import bind
    from shared.relay.configuration_rows import ConfigRow
    from shared.relay.configuration_table import ConfigurationTable

    bind(ConfigRow, settings().config_table, dynamodb_connection())
    return ConfigurationTable()


@once
def configuration_store() -> ConfigurationStore:
    from shared.relay.live_states import WatchedConfigurationStore

    configuration_table()
    return WatchedConfigurationStore(vault(), secret_fields, live_states())


@once
def configuration_reader() -> ConfigurationReader:
    from shared.relay.configuration_reader import ConfigurationReader

    return ConfigurationReader(configuration_store())


@once
def delivery_counters() -> DeliveryCounters:
    from shared.aws.tables import bind
    from shared.relay.counters import DAY_SHARDS, CounterRow, DeliveryCounters

    bind(CounterRow, settings().counters_table, dynamodb_connection())
    return DeliveryCounters(
        time_zone=settings().time_zone,
        retention_days=settings().log_retention_days,
        pick_shard=lambda: random.randrange(DAY_SHARDS),  # noqa: S311 - spreads writers out
    )


@once
def delivery_store() -> DeliveryStore:
    from shared.aws.tables import bind
    from shared.relay.delivery_rows import DeliveryRow
    from shared.relay.delivery_store import DeliveryStore

    bind(DeliveryRow, settings().deliveries_table, dynamodb_connection())
    return DeliveryStore(counters=delivery_counters(), clock_ms=clock_ms, retention_days=settings().log_retention_days)


@once
def subject_store() -> SubjectStore:
    from shared.relay.subject_store import SubjectStore

    delivery_store()  # binds the rows
    return SubjectStore()


@once
def pacing_store() -> DynamoPacingStore:
    from shared.aws.pacing_store import DynamoPacingStore, PacingRow
    from shared.aws.tables import bind

    bind(PacingRow, settings().pacing_table, dynamodb_connection())
    return DynamoPacingStore(time.time)


@once
def pacer() -> Pacer:
    from shared.platforms.pacing import Pacer

    return Pacer(pacing_store(), time.time)
