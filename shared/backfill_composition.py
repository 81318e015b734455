"""The part of the composition root that joins what keeps KOOK's events coming: backfill and the watch over the bots."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from shared.aws.settings import settings
from shared.once import once
from shared.outside_composition import clock_ms, http_client, kook_clients, vault
from shared.push_composition import live_states
from shared.relay_composition import route_events
from shared.state_composition import configuration_store, configuration_table

if TYPE_CHECKING:
    from shared.relay.account_connections import AccountConnections
    from shared.relay.api.backfills import BackfillArea
    from shared.relay.backfill import Backfill
    from shared.relay.backfill_records import AccountHolds, BackfillRecords
    from shared.relay.backfill_runs import Backfills
    from shared.relay.presence_records import DynamoPresenceRecords
    from shared.relay.presence_watch import PresenceWatch

_HOUR_MS = 3_600_000


@once
def backfill_records() -> BackfillRecords:
    from shared.relay.backfill_records import BackfillRecords

    return BackfillRecords(configuration_table(), clock_ms)


@once
def account_holds() -> AccountHolds:
    from shared.relay.backfill_records import AccountHolds

    return AccountHolds(configuration_store())


@once
def backfills() -> Backfills:
    """What begins them: relay_api, maintenance, the embedded runner."""
    from shared.control_composition import task_queue
    from shared.relay.backfill_runs import Backfills

    return Backfills(
        configuration_store(),
        backfill_records(),
        account_holds(),
        task_queue(),
        clock_ms,
        interval_ms=round(settings().backfill_interval_minutes * 60_000),
    )


@once
def backfill() -> Backfill:
    """What does them: run_task."""
    from shared.relay.backfill import Backfill
    from shared.relay.backfill_records import DeliveryRecordKeys
    from shared.relay.kook_history import KookHistory

    # Records are what keeps a message from being relayed twice: it never looks back beyond them.
    kept_hours = settings().log_retention_days * 24 / 2
    return Backfill(
        configuration=configuration_store(),
        history=KookHistory(kook_clients()),
        progress=backfill_records(),
        holds=account_holds(),
        known=DeliveryRecordKeys(),
        router=route_events(),
        clock_ms=clock_ms,
        max_age_ms=round(min(settings().backfill_max_hours, kept_hours) * _HOUR_MS),
    )


@once
def backfill_area() -> BackfillArea:
    """For relay_api."""
    from shared.relay.api.backfills import BackfillArea

    return BackfillArea(backfills())


@once
def presence_records() -> DynamoPresenceRecords:
    from shared.relay.presence_records import DynamoPresenceRecords

    return DynamoPresenceRecords(configuration_table(), clock_ms)


@once
def presence_watch() -> PresenceWatch:
    """For maintenance."""
    from shared.kook.client.client import KookClients
    from shared.relay.kook_bots import KookBots
    from shared.relay.kook_presence import CALL_TIMEOUT_SECONDS, KookPresence
    from shared.relay.presence_watch import PresenceWatch

    clients = KookClients(
        http_client(),
        settings().kook_api_base,
        language=settings().language,
        timeout_seconds=CALL_TIMEOUT_SECONDS,
    )
    kook = KookBots(clients)
    return PresenceWatch(
        accounts=configuration_store(),
        # Each look asks afresh: it acts on the answer.
        presences=KookPresence(kook, time.monotonic, keep_seconds=0.0),
        kook=kook,
        records=presence_records(),
        backfills=backfills(),
        changed=lambda account_id, state, reason: live_states().changed("account", account_id, state, reason),
        clock_ms=clock_ms,
    )


@once
def account_connections() -> AccountConnections:
    """For relay_api."""
    from shared.relay.account_connections import AccountConnections
    from shared.relay.challenge_records import DynamoChallengeRecords
    from shared.relay.gateway_records import DynamoGatewayRecords

    gateways = DynamoGatewayRecords(configuration_table(), vault(), clock_ms)
    challenges = DynamoChallengeRecords(configuration_table())
    return AccountConnections(presence_records(), gateways, challenges)
