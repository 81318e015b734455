"""The relay's control API as one Flask application."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Callable, Sequence
from typing import Protocol

from flask import Blueprint, Flask

from shared.relay.accounts import Accounts
from shared.relay.api.accounts import AccountViews, ConnectionsOf, no_connections
from shared.relay.api.answers import ShownTimes, WebhookAddresses, failures
from shared.relay.api.bots import BotViews, StatesOf, no_states
from shared.relay.api.control_texts import CONTROL_ERRORS
from shared.relay.api.health import health_blueprint
from shared.relay.api.logs import DeliveryLogPages, logs_blueprint
from shared.relay.api.mappings import MappingViews
from shared.relay.api.texts import ERRORS, PROBLEMS
from shared.relay.bots import Bots
from shared.relay.mappings import Mappings
from shared.web.application import RequestLog, create_app
from shared.web.authentication import Authenticator
from shared.web.catalogue import Catalogue
from shared.web.envelopes import Envelope, RelayEnvelope
from shared.web.language import Language


class Area(Protocol):
    """A part of the API with services of its own."""

    def blueprints(self, times: ShownTimes, envelope: Envelope) -> Sequence[Blueprint]: ...


def build_relay_api(
    *,
    accounts: Accounts,
    bots: Bots,
    mappings: Mappings,
    log: DeliveryLogPages,
    authenticator: Authenticator,
    zone: dt.tzinfo,
    areas: Sequence[Area] = (),
    connections: ConnectionsOf = no_connections,
    destination_states: StatesOf = no_states,
    public_url: str = "",
    compressed_webhooks: bool = True,
    default_language: Language = "zh",
    request_log: RequestLog | None = None,
    clock: Callable[[], float] = time.time,
) -> Flask:
    """Join the services to the API.

    Args:
        zone: the operator's time zone, in which answers show times.
        areas: what is offered beside the configuration and the log.
        destination_states: how what each bot sends to stands at present.
        connections: how each account's events come in at present.
        public_url: where the world reaches the relay, without a trailing slash; "" takes each request's own address.
        compressed_webhooks: whether webhook URLs let KOOK compress; False on AWS.
        clock: epoch seconds.
    """
    envelope = RelayEnvelope(Catalogue(ERRORS, CONTROL_ERRORS, problems=PROBLEMS))
    times = ShownTimes(zone)
    addresses = WebhookAddresses(public_url, compressed_webhooks)
    return create_app(
        "relay_api",
        [
            health_blueprint(),
            AccountViews(accounts, times, addresses, connections).blueprint(),
            BotViews(bots, times, destination_states).blueprint(),
            MappingViews(mappings, times, envelope, clock).blueprint(),
            logs_blueprint(log, bots.platform_names, times),
            *(blueprint for area in areas for blueprint in area.blueprints(times, envelope)),
        ],
        envelope=envelope,
        authenticator=authenticator,
        shown_time=times.of_epoch,
        failures=failures(),
        default_language=default_language,
        log=request_log,
        clock=clock,
    )
