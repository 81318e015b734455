"""The composition root: where use cases meet their adapters. The only module that knows both.

Every builder is cached, so a process (a Lambda sandbox, or the embedded runner with all functions in it) makes each
thing once, and imports what it needs inside, so that no function pays for what another one uses. The webhook function
has a root of its own (shared/kook/webhook_composition.py).
"""

from __future__ import annotations

import random
import time
import zoneinfo
from typing import TYPE_CHECKING, Any

from shared.aws.settings import settings
from shared.once import once

if TYPE_CHECKING:
    from flask import Flask
    from pynamodb.connection import Connection

    from shared.aws.pacing_store import DynamoPacingStore
    from shared.aws.queues import SqsQueue
    from shared.kook.client.client import KookClients
    from shared.platforms.base import Platform
    from shared.platforms.http import HttpClient
    from shared.platforms.media import MediaFetcher
    from shared.platforms.media_keys import MediaKeys
    from shared.platforms.pacing import Pacer
    from shared.platforms.registry import PlatformRegistry
    from shared.platforms.targets import ListsTargets
    from shared.push.announcer import Announcements
    from shared.push.management_api import ApiGatewayPoster
    from shared.push.orders import PushOrders
    from shared.push.sockets import SocketGateway, SocketKind
    from shared.push.store import DynamoConnections
    from shared.push.tickets import Tickets
    from shared.relay.accounts import Accounts
    from shared.relay.api.kook_area import KookArea
    from shared.relay.bots import Bots
    from shared.relay.configuration_reader import ConfigurationReader
    from shared.relay.configuration_store import ConfigurationStore
    from shared.relay.configuration_table import ConfigurationTable
    from shared.relay.counters import DeliveryCounters
    from shared.relay.delivery_store import DeliveryStore
    from shared.relay.destination_states import DestinationStates
    from shared.relay.event_batches import EventBatches
    from shared.relay.live_log import LiveLog
    from shared.relay.live_states import LiveStates
    from shared.relay.logs import DeliveryLog
    from shared.relay.loop_guard import LoopGuard
    from shared.relay.mappings import Mappings
    from shared.relay.order_batches import OrderBatches
    from shared.relay.overdue import OverdueDeliveries
    from shared.relay.routing import RouteEvents
    from shared.relay.subject_store import SubjectStore
    from shared.security.vault import Vault
    from shared.web.authentication import TokenVerifier

PLATFORM_NAMES = ("discord", "telegram", "feishu", "webhook", "kook", "wecom")


def clock_ms() -> int:
    return time.time_ns() // 1_000_000


# --- outside world ---


@once
def http_client() -> HttpClient:
    from shared.platforms.http import RequestsHttpClient
    from shared.security.outbound import OutboundGuard, guarded_session

    guard = OutboundGuard(settings().outbound_allow)
    return RequestsHttpClient(guarded_session(guard, settings().outbound_proxy))


@once
def media_fetcher() -> MediaFetcher:
    from shared.platforms.media import KookMediaFetcher
    from shared.platforms.media_cache import CachingMediaFetcher

    return CachingMediaFetcher(KookMediaFetcher(http_client(), settings().kook_asset_base))


@once
def media_keys() -> MediaKeys:
    from shared.aws.media_keys import DynamoMediaKeys, MediaKeyRow
    from shared.aws.tables import bind

    bind(MediaKeyRow, settings().pacing_table, dynamodb_connection())
    return DynamoMediaKeys(time.time)


@once
def kook_clients() -> KookClients:
    from shared.kook.client.client import KookClients

    return KookClients(http_client(), settings().kook_api_base, language=settings().language)


@once
def platform(name: str) -> Platform:
    """Raises LookupError for a name without a platform."""
    if name == "discord":
        from shared.platforms.discord import DiscordPlatform

        return DiscordPlatform(http_client(), media_fetcher(), settings().discord_api_base)
    if name == "telegram":
        from shared.platforms.telegram import TelegramPlatform

        return TelegramPlatform(http_client(), media_fetcher(), settings().telegram_api_base, media_keys())
    if name == "feishu":
        from shared.platforms.feishu import FeishuPlatform

        return FeishuPlatform(http_client(), media_fetcher(), settings().feishu_api_base, media_keys=media_keys())
    if name == "webhook":
        from shared.platforms.webhook import WebhookPlatform

        return WebhookPlatform(http_client(), settings().outbound_allow)
    if name == "kook":
        from shared.platforms.kook import KookPlatform

        return KookPlatform(kook_clients().of_bot, media_fetcher())
    if name == "wecom":
        from shared.platforms.wecom import WecomPlatform
        from shared.robots_live_composition import relay_commands

        return WecomPlatform(relay_commands)
    raise LookupError(f"no platform {name!r}")


@once
def platforms(*names: str) -> PlatformRegistry:
    """The registry of these platforms, of all without a name."""
    from shared.platforms.registry import PlatformRegistry

    return PlatformRegistry([platform(name) for name in names or PLATFORM_NAMES])


# --- state ---


@once
def dynamodb_connection() -> Connection:
    from shared.aws.tables import shared_connection

    return shared_connection()


@once
def configuration_table() -> ConfigurationTable:
    """The table alone, for what needs no data key."""
    from shared.aws.tables import bind
    from shared.relay.configuration_rows import ConfigRow
    from shared.relay.configuration_table import ConfigurationTable

    bind(ConfigRow, settings().config_table, dynamodb_connection())
    return ConfigurationTable()


@once
def vault() -> Vault:
    """Seals and opens what is kept. Making it asks for the data key, on AWS KMS."""
    from shared.aws import clients
    from shared.security.vault import Vault, load_data_key

    data_key = load_data_key(
        data_key_file=settings().data_key_file,
        kms_key_id=settings().kms_key_id,
        config_table=settings().config_table,
        dynamodb=clients.client("dynamodb"),
        kms=None if settings().data_key_file else clients.client("kms"),
    )
    return Vault(data_key)


@once
def configuration_store() -> ConfigurationStore:
    from shared.relay.live_states import WatchedConfigurationStore

    configuration_table()
    return WatchedConfigurationStore(vault(), secret_fields, live_states())


def secret_fields(platform_name: str) -> frozenset[str]:
    """A platform's secret settings, none for an unknown one."""
    return platform(platform_name).secret_fields if platform_name in PLATFORM_NAMES else frozenset()


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


@once
def destination_states() -> DestinationStates:
    from shared.relay.destination_states import DestinationStates

    return DestinationStates(configuration_store(), platforms(), pacing_store(), time.time)


@once
def queue(name: str) -> SqsQueue:
    """A platform's queue, or ``events``."""
    from shared.aws import clients
    from shared.aws.queues import SqsQueue

    return SqsQueue(clients.client("sqs"), settings().queue_url(name), settings().dead_letters_url(name))


@once
def accounts() -> Accounts:
    from shared.backfill_composition import backfills
    from shared.relay.accounts import Accounts
    from shared.relay.kook_bots import KookBots

    # Only the embedded runner can hold a connection to KOOK's gateway open.
    gateway_available = settings().deployment != "aws"
    return Accounts(
        configuration_store(),
        KookBots(kook_clients()),
        clock_ms,
        gateway_available=gateway_available,
        started=lambda account_id: backfills().after_start(account_id),
    )


@once
def token_verifiers() -> tuple[TokenVerifier, ...]:
    """Every kind of token that opens the control API, over HTTP and WebSocket alike."""
    from shared.control_composition import administrator
    from shared.relay.credential_records import CredentialRecords
    from shared.relay.session_verifier import SessionVerifier
    from shared.web.authentication import ApiTokenVerifier

    credentials = CredentialRecords(configuration_table())
    api_token = ApiTokenVerifier(settings().api_token, credentials.api_token_digests)
    return api_token, SessionVerifier(administrator())


# --- live push ---


@once
def connections() -> DynamoConnections:
    from shared.aws.tables import bind
    from shared.push.store import ConnectionRow, DynamoConnections

    bind(ConnectionRow, settings().connections_table, dynamodb_connection())
    return DynamoConnections(time.time)


@once
def connection_poster() -> ApiGatewayPoster:
    from shared.push.broadcast import MAX_PARALLEL_POSTS
    from shared.push.impatient_clients import impatient_client
    from shared.push.management_api import ApiGatewayPoster

    endpoint_url = settings().websocket_endpoint
    client = impatient_client("apigatewaymanagementapi", endpoint_url=endpoint_url, max_connections=MAX_PARALLEL_POSTS)
    return ApiGatewayPoster(client)


@once
def push_sender() -> Any:
    """The SQS client that push orders are sent with: they must not keep a delivery waiting."""
    from shared.push.impatient_clients import impatient_client

    return impatient_client("sqs", max_attempts=2)


@once
def announcements() -> Announcements:
    from shared.push.announcer import Announcer
    from shared.push.gathering import GatheredAnnouncements
    from shared.push.orders import PushQueue

    orders = PushQueue(push_sender, settings().push_queue_url, clock_ms)
    announcer = Announcer(connections(), orders, time.monotonic)
    return announcer if settings().deployment == "aws" else GatheredAnnouncements(announcer)


@once
def live_log() -> LiveLog:
    from shared.relay.live_log import LiveLog
    from shared.relay.live_rows import DynamoTextLookup

    delivery_store()  # binds the rows
    return LiveLog(announcements(), DynamoTextLookup(), clock_ms, zoneinfo.ZoneInfo(settings().time_zone))


@once
def live_states() -> LiveStates:
    from shared.relay.live_states import LiveStates

    return LiveStates(announcements(), clock_ms, zoneinfo.ZoneInfo(settings().time_zone))


@once
def relay_tickets() -> Tickets:
    from shared.push.store import DynamoTickets
    from shared.push.tickets import Tickets

    connections()  # binds the rows
    return Tickets(DynamoTickets(), "relay", time.time)


def socket_kinds() -> tuple[SocketKind, ...]:
    """What is served at which path of the WebSocket API: the first that serves a handshake gets it. An area adds its
    own kind here."""
    from shared.monitor_agents_composition import monitor_socket_kinds
    from shared.monitor_composition import rpc_socket
    from shared.push.subscriber_socket import SubscriberSocket
    from shared.relay.live_messages import RELAY_TOPIC
    from shared.robots_live_composition import robot_socket, worktool_socket

    relay = SubscriberSocket(
        "relay",
        RELAY_TOPIC,
        # The same path with a robotId is a robot's.
        serves=lambda handshake: handshake.path == "/ws" and "robotId" not in handshake.query,
        verifiers=token_verifiers(),
        tickets=relay_tickets(),
        clock=time.time,
    )
    return relay, robot_socket(), worktool_socket(), rpc_socket(), *monitor_socket_kinds()


# --- what the functions call ---


@once
def loop_guard() -> LoopGuard:
    from shared.relay.loop_guard import LoopGuard
    from shared.relay.sighting_store import DynamoSightings

    pacing_store()  # binds the rows
    return LoopGuard(DynamoSightings(time.time))


@once
def route_events() -> RouteEvents:
    from shared.aws.platform_queues import SqsPlatformQueues
    from shared.relay.accounts import LearnedIdentities
    from shared.relay.live_log import WatchedNewDeliveries
    from shared.relay.routing import RouteEvents
    from shared.relay.routing_configuration import RoutingConfiguration

    return RouteEvents(
        configuration=RoutingConfiguration(
            configuration_reader(),
            configuration_store(),
            clock_ms,
            # On one machine there is one clock.
            clock_tolerance_ms=1_000 if settings().deployment == "aws" else 0,
        ),
        deliveries=WatchedNewDeliveries(delivery_store(), live_log()),
        queues=SqsPlatformQueues(queue),
        platforms=platforms(),
        identities=LearnedIdentities(accounts(), time.monotonic),
        clock_ms=clock_ms,
        random_bits=lambda: random.getrandbits(11),
        delivered=subject_store(),
        loops=loop_guard(),
    )


@once
def event_batches() -> EventBatches:
    """For route_event."""
    from shared.relay.account_activity import AccountActivity
    from shared.relay.event_batches import EventBatches

    return EventBatches(route_events(), AccountActivity(configuration_store(), clock_ms), queue("events"))


@once
def order_batches(platform_name: str) -> OrderBatches:
    """For a deliver function."""
    from shared.relay.bot_switch import BotSwitch
    from shared.relay.delivering import DeliverMessages
    from shared.relay.order_batches import OrderBatches
    from shared.relay.retrying import RetryPolicy

    messages = DeliverMessages(
        deliveries=delivery_store(),
        bots=BotSwitch(
            configuration_reader(),
            configuration_store(),
            lambda bot_id, state, reason: live_states().changed("bot", bot_id, state, reason),
        ),
        platforms=platforms(platform_name),
        policy=RetryPolicy(give_up_after_seconds=settings().delivery_give_up_hours * 3600),
        clock_ms=clock_ms,
        subjects=subject_store(),
    )
    return OrderBatches(messages, pacer(), queue(platform_name), live_log())


@once
def bots() -> Bots:
    from shared.relay.bots import Bots

    return Bots(configuration_store(), platforms(), clock_ms)


@once
def mappings() -> Mappings:
    from shared.relay.mappings import Mappings

    return Mappings(configuration_store(), platforms(), clock_ms)


@once
def kook_area() -> KookArea:
    """KOOK's lists, calls on the record, and smart mapping, for the control API."""
    from shared.platforms.discord_targets import DiscordTargets
    from shared.platforms.feishu_targets import FeishuTargets
    from shared.platforms.kook_targets import KookTargets
    from shared.platforms.telegram_targets import TelegramTargets
    from shared.relay.api.kook_area import KookArea
    from shared.relay.audit_records import AuditRecords
    from shared.relay.bot_targets import BotTargets
    from shared.relay.kook_calling import AccountConnection, KookCalling
    from shared.relay.kook_directory import KookDirectory
    from shared.relay.kook_lists import RestKookLists
    from shared.relay.smart_mapping import SmartMapping

    wanted = settings()
    listers: dict[str, ListsTargets] = {
        "discord": DiscordTargets(http_client(), wanted.discord_api_base),
        "telegram": TelegramTargets(http_client(), wanted.telegram_api_base),
        "feishu": FeishuTargets(http_client(), wanted.feishu_api_base),
        "kook": KookTargets(kook_clients()),
    }
    audit = AuditRecords(configuration_table(), clock_ms)
    directory = KookDirectory(accounts(), RestKookLists(kook_clients()), time.monotonic)
    return KookArea(
        directory=directory,
        calling=KookCalling(
            accounts(),
            lambda account: AccountConnection(
                account, kook_clients(), http_client(), wanted.kook_api_base, wanted.language
            ),
            audit,
        ),
        audit=audit,
        smart_mapping=SmartMapping(directory, bots(), mappings(), BotTargets(listers, time.monotonic)),
    )


@once
def delivery_log() -> DeliveryLog:
    from shared.relay.log_reader import DynamoLogReader
    from shared.relay.logs import DeliveryLog

    delivery_store()  # binds the rows the log reads
    return DeliveryLog(DynamoLogReader(delivery_counters(), clock_ms))


@once
def relay_api() -> Flask:
    """For relay_api."""
    from shared.aws.logging import function_logger
    from shared.backfill_composition import account_connections, backfill_area
    from shared.control_composition import control_area, delivery_area
    from shared.push.api import tickets_blueprint
    from shared.relay.api.application import build_relay_api
    from shared.web.authentication import Authenticator

    app = build_relay_api(
        accounts=accounts(),
        bots=bots(),
        mappings=mappings(),
        areas=(kook_area(), control_area(), delivery_area(), backfill_area()),
        connections=account_connections().of,
        destination_states=destination_states().of,
        log=delivery_log(),
        authenticator=Authenticator(token_verifiers()),
        zone=zoneinfo.ZoneInfo(settings().time_zone),
        public_url=settings().public_url,
        compressed_webhooks=settings().deployment != "aws",
        default_language=settings().language,
        request_log=function_logger("relay_api"),
    )
    app.register_blueprint(tickets_blueprint(relay_tickets()))
    return app


@once
def socket_gateway() -> SocketGateway:
    """For websocket."""
    from shared.push.sockets import SocketGateway
    from shared.web.language import choose_language

    return SocketGateway(
        socket_kinds(),
        connections(),
        connection_poster(),
        clock=time.time,
        choose_language=lambda accepted: choose_language(accepted, settings().language),
    )


@once
def push_orders() -> PushOrders:
    """For push."""
    from shared.push.broadcast import Broadcaster
    from shared.push.orders import PushOrders
    from shared.robots_live_composition import robot_publisher

    broadcaster = Broadcaster(connections(), connection_poster(), time.time)
    return PushOrders(robot_publisher(broadcaster), queue("push"), clock_ms)


@once
def overdue_deliveries() -> OverdueDeliveries:
    """For maintenance."""
    from shared.aws.platform_queues import SqsPlatformQueues
    from shared.relay.overdue import OverdueDeliveries

    return OverdueDeliveries(
        deliveries=delivery_store(), queues=SqsPlatformQueues(queue), platforms=PLATFORM_NAMES, clock_ms=clock_ms
    )
