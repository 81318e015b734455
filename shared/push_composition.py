"""The part of the composition root that joins live push: connections, and what tells them of changes."""

from __future__ import annotations

import time
import zoneinfo
from typing import TYPE_CHECKING, Any

from shared.aws.settings import settings
from shared.once import once
from shared.outside_composition import clock_ms, dynamodb_connection

if TYPE_CHECKING:
    from shared.push.announcer import Announcements
    from shared.push.management_api import ApiGatewayPoster
    from shared.push.store import DynamoConnections
    from shared.push.tickets import Tickets
    from shared.relay.live_states import LiveStates


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
def live_states() -> LiveStates:
    from shared.relay.live_states import LiveStates

    return LiveStates(announcements(), clock_ms, zoneinfo.ZoneInfo(settings().time_zone))


@once
def relay_tickets() -> Tickets:
    from shared.push.store import DynamoTickets
    from shared.push.tickets import Tickets

    connections()  # binds the rows
    return Tickets(DynamoTickets(), "relay", time.time)
