"""The composition root: where use cases meet their adapters, and what the relay's handlers call.

The rooms beside it (shared/*_composition.py) join one part each; nothing else knows both sides. Every builder is
cached, so a process (a Lambda sandbox, or the embedded runner with all functions in it) makes each thing once, and
imports what it needs inside, so that no function pays for what another one uses. The webhook function has a root of its
own (shared/kook/webhook_composition.py).
"""

from __future__ import annotations

import time
import zoneinfo
from typing import TYPE_CHECKING

from shared.aws.settings import settings
from shared.once import once
from shared.outside_composition import clock_ms, platforms, queue
from shared.push_composition import connection_poster, connections, live_states, relay_tickets
from shared.relay_composition import (
    accounts,
    bots,
    delivery_log,
    destination_states,
    kook_area,
    live_log,
    mappings,
    route_events,
    token_verifiers,
)
from shared.state_composition import configuration_reader, configuration_store, delivery_store, pacer, subject_store

if TYPE_CHECKING:
    from flask import Flask

    from shared.push.orders import PushOrders
    from shared.push.sockets import SocketGateway, SocketKind
    from shared.relay.event_batches import EventBatches
    from shared.relay.order_batches import OrderBatches


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
