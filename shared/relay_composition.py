"""The part of the composition root that joins the relay's own use cases: accounts, bots, mappings, routing, the
log."""

from __future__ import annotations

import random
import time
import zoneinfo
from typing import TYPE_CHECKING

from shared.aws.settings import settings
from shared.once import once
from shared.outside_composition import PLATFORM_NAMES, clock_ms, http_client, kook_clients, platforms, queue
from shared.push_composition import announcements
from shared.state_composition import (
    configuration_reader,
    configuration_store,
    configuration_table,
    delivery_counters,
    delivery_store,
    pacing_store,
    subject_store,
)

if TYPE_CHECKING:
    from shared.platforms.targets import ListsTargets
    from shared.relay.accounts import Accounts
    from shared.relay.api.kook_area import KookArea
    from shared.relay.bots import Bots
    from shared.relay.destination_states import DestinationStates
    from shared.relay.live_log import LiveLog
    from shared.relay.logs import DeliveryLog
    from shared.relay.loop_guard import LoopGuard
    from shared.relay.mappings import Mappings
    from shared.relay.overdue import OverdueDeliveries
    from shared.relay.routing import RouteEvents
    from shared.web.authentication import TokenVerifier


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
def bots() -> Bots:
    from shared.relay.bots import Bots

    return Bots(configuration_store(), platforms(), clock_ms)


@once
def mappings() -> Mappings:
    from shared.relay.mappings import Mappings

    return Mappings(configuration_store(), platforms(), clock_ms)


@once
def destination_states() -> DestinationStates:
    from shared.relay.destination_states import DestinationStates

    return DestinationStates(configuration_store(), platforms(), pacing_store(), time.time)


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
def live_log() -> LiveLog:
    from shared.relay.live_log import LiveLog
    from shared.relay.live_rows import DynamoTextLookup

    delivery_store()  # binds the rows
    return LiveLog(announcements(), DynamoTextLookup(), clock_ms, zoneinfo.ZoneInfo(settings().time_zone))


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
def overdue_deliveries() -> OverdueDeliveries:
    """For maintenance."""
    from shared.aws.platform_queues import SqsPlatformQueues
    from shared.relay.overdue import OverdueDeliveries

    return OverdueDeliveries(
        deliveries=delivery_store(), queues=SqsPlatformQueues(queue), platforms=PLATFORM_NAMES, clock_ms=clock_ms
    )
