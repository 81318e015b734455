"""The composition root: where use cases meet their adapters. The only module that knows both.

Every builder is cached, so a process (a Lambda sandbox, or the embedded runner with all functions in it) makes each
thing once, and imports what it needs inside, so that no function pays for what another one uses. The webhook function
has a root of its own (shared/kook/webhook_composition.py).
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from functools import cache
from threading import RLock
from typing import TYPE_CHECKING, Any, TypeVar

from shared.aws.settings import settings

if TYPE_CHECKING:
    from flask import Flask
    from pynamodb.connection import Connection

    from shared.aws.queues import SqsQueue
    from shared.kook.client.client import KookClients
    from shared.platforms.base import Platform
    from shared.platforms.http import HttpClient
    from shared.platforms.media import MediaFetcher
    from shared.platforms.pacing import Pacer
    from shared.platforms.registry import PlatformRegistry
    from shared.relay.accounts import Accounts
    from shared.relay.configuration_reader import ConfigurationReader
    from shared.relay.configuration_store import ConfigurationStore
    from shared.relay.counters import DeliveryCounters
    from shared.relay.delivery_store import DeliveryStore
    from shared.relay.event_batches import EventBatches
    from shared.relay.order_batches import OrderBatches
    from shared.relay.overdue import OverdueDeliveries

PLATFORM_NAMES = ("discord", "telegram", "feishu")

Built = TypeVar("Built")
_building = RLock()


def _once(builder: Callable[..., Built]) -> Callable[..., Built]:
    """Cached, and built by one thread at a time: the embedded runner calls functions side by side."""
    cached = cache(builder)

    def locked(*args: Any) -> Built:
        with _building:
            return cached(*args)

    locked.__doc__ = builder.__doc__
    return locked


def clock_ms() -> int:
    return time.time_ns() // 1_000_000


# --- outside world ---


@_once
def http_client() -> HttpClient:
    from shared.platforms.http import RequestsHttpClient
    from shared.security.outbound import OutboundGuard, guarded_session

    guard = OutboundGuard(settings().outbound_allow)
    return RequestsHttpClient(guarded_session(guard, settings().outbound_proxy))


@_once
def media_fetcher() -> MediaFetcher:
    from shared.platforms.media import KookMediaFetcher

    return KookMediaFetcher(http_client(), settings().kook_asset_base)


@_once
def kook_clients() -> KookClients:
    from shared.kook.client.client import KookClients

    return KookClients(http_client(), settings().kook_api_base, language=settings().language)


@_once
def platform(name: str) -> Platform:
    """Raises LookupError for a name without a platform."""
    if name == "discord":
        from shared.platforms.discord import DiscordPlatform

        return DiscordPlatform(http_client(), media_fetcher(), settings().discord_api_base)
    if name == "telegram":
        from shared.platforms.telegram import TelegramPlatform

        return TelegramPlatform(http_client(), media_fetcher(), settings().telegram_api_base)
    if name == "feishu":
        from shared.platforms.feishu import FeishuPlatform

        return FeishuPlatform(http_client(), media_fetcher(), settings().feishu_api_base)
    raise LookupError(f"no platform {name!r}")


@_once
def platforms(*names: str) -> PlatformRegistry:
    """The registry of these platforms, of all without a name."""
    from shared.platforms.registry import PlatformRegistry

    return PlatformRegistry([platform(name) for name in names or PLATFORM_NAMES])


# --- state ---


@_once
def dynamodb_connection() -> Connection:
    from shared.aws.tables import shared_connection

    return shared_connection()


@_once
def configuration_store() -> ConfigurationStore:
    from shared.aws import clients
    from shared.aws.tables import bind
    from shared.relay.configuration_rows import ConfigRow
    from shared.relay.configuration_store import ConfigurationStore
    from shared.security.vault import Vault, load_data_key

    bind(ConfigRow, settings().config_table, dynamodb_connection())
    data_key = load_data_key(
        data_key_file=settings().data_key_file,
        kms_key_id=settings().kms_key_id,
        config_table=settings().config_table,
        dynamodb=clients.client("dynamodb"),
        kms=None if settings().data_key_file else clients.client("kms"),
    )
    return ConfigurationStore(Vault(data_key), _secret_fields)


def _secret_fields(platform_name: str) -> frozenset[str]:
    return platform(platform_name).secret_fields if platform_name in PLATFORM_NAMES else frozenset()


@_once
def configuration_reader() -> ConfigurationReader:
    from shared.relay.configuration_reader import ConfigurationReader

    return ConfigurationReader(configuration_store())


@_once
def delivery_counters() -> DeliveryCounters:
    from shared.aws.tables import bind
    from shared.relay.counters import DAY_SHARDS, CounterRow, DeliveryCounters

    bind(CounterRow, settings().counters_table, dynamodb_connection())
    return DeliveryCounters(
        time_zone=settings().time_zone,
        retention_days=settings().log_retention_days,
        pick_shard=lambda: random.randrange(DAY_SHARDS),  # noqa: S311 - spreads writers out
    )


@_once
def delivery_store() -> DeliveryStore:
    from shared.aws.tables import bind
    from shared.relay.delivery_rows import DeliveryRow
    from shared.relay.delivery_store import DeliveryStore

    bind(DeliveryRow, settings().deliveries_table, dynamodb_connection())
    return DeliveryStore(counters=delivery_counters(), clock_ms=clock_ms, retention_days=settings().log_retention_days)


@_once
def pacer() -> Pacer:
    from shared.aws.pacing_store import DynamoPacingStore, PacingRow
    from shared.aws.tables import bind
    from shared.platforms.pacing import Pacer

    bind(PacingRow, settings().pacing_table, dynamodb_connection())
    return Pacer(DynamoPacingStore(time.time), time.time)


@_once
def queue(name: str) -> SqsQueue:
    """A platform's queue, or ``events``."""
    from shared.aws import clients
    from shared.aws.queues import SqsQueue

    return SqsQueue(clients.client("sqs"), settings().queue_url(name), settings().dead_letters_url(name))


@_once
def accounts() -> Accounts:
    from shared.relay.accounts import Accounts
    from shared.relay.kook_bots import KookBots

    return Accounts(configuration_store(), KookBots(kook_clients()), clock_ms)


# --- what the functions call ---


@_once
def event_batches() -> EventBatches:
    """For route_event."""
    from shared.aws.platform_queues import SqsPlatformQueues
    from shared.relay.account_activity import AccountActivity
    from shared.relay.accounts import LearnedIdentities
    from shared.relay.event_batches import EventBatches
    from shared.relay.routing import RouteEvents
    from shared.relay.routing_configuration import RoutingConfiguration

    events = RouteEvents(
        configuration=RoutingConfiguration(configuration_reader(), configuration_store()),
        deliveries=delivery_store(),
        queues=SqsPlatformQueues(queue),
        platforms=platforms(),
        identities=LearnedIdentities(accounts(), time.monotonic),
        clock_ms=clock_ms,
        random_bits=lambda: random.getrandbits(11),
    )
    return EventBatches(events, AccountActivity(configuration_store(), clock_ms), queue("events"))


@_once
def order_batches(platform_name: str) -> OrderBatches:
    """For a deliver function."""
    from shared.relay.bot_switch import BotSwitch
    from shared.relay.delivering import DeliverMessages
    from shared.relay.order_batches import OrderBatches
    from shared.relay.retrying import RetryPolicy

    messages = DeliverMessages(
        deliveries=delivery_store(),
        bots=BotSwitch(configuration_reader(), configuration_store()),
        platforms=platforms(platform_name),
        policy=RetryPolicy(give_up_after_seconds=settings().delivery_give_up_hours * 3600),
        clock_ms=clock_ms,
    )
    return OrderBatches(messages, pacer(), queue(platform_name))


@_once
def relay_api() -> Flask:
    """For relay_api."""
    import zoneinfo

    from shared.aws.logging import function_logger
    from shared.relay.api.application import build_relay_api
    from shared.relay.bots import Bots
    from shared.relay.configuration_table import ConfigurationTable
    from shared.relay.credential_records import CredentialRecords
    from shared.relay.log_reader import DynamoLogReader
    from shared.relay.logs import DeliveryLog
    from shared.relay.mappings import Mappings
    from shared.web.authentication import ApiTokenVerifier, Authenticator

    store = configuration_store()
    delivery_store()  # binds the rows the log reads
    credentials = CredentialRecords(ConfigurationTable(), clock_ms)
    return build_relay_api(
        accounts=accounts(),
        bots=Bots(store, platforms(), clock_ms),
        mappings=Mappings(store, platforms(), clock_ms),
        log=DeliveryLog(DynamoLogReader(delivery_counters(), clock_ms)),
        authenticator=Authenticator([ApiTokenVerifier(settings().api_token, credentials.api_token_digests)]),
        zone=zoneinfo.ZoneInfo(settings().time_zone),
        public_url=settings().public_url,
        compressed_webhooks=settings().deployment != "aws",
        default_language=settings().language,
        request_log=function_logger("relay_api"),
    )


@_once
def overdue_deliveries() -> OverdueDeliveries:
    """For maintenance."""
    from shared.aws.platform_queues import SqsPlatformQueues
    from shared.relay.overdue import OverdueDeliveries

    return OverdueDeliveries(
        deliveries=delivery_store(), queues=SqsPlatformQueues(queue), platforms=PLATFORM_NAMES, clock_ms=clock_ms
    )
