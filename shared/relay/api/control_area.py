"""What the API offers around the relay itself: signing in, the service, figures, health, backups and updates."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from flask import Blueprint, Response

from shared.relay.administrator import Administrator
from shared.relay.api.answers import ShownTimes
from shared.relay.api.auth import AuthViews, SignInExtras
from shared.relay.api.backups import BackupViews
from shared.relay.api.health import HealthCheckViews
from shared.relay.api.log_statistics import LogStatisticsViews
from shared.relay.api.system import SystemViews
from shared.relay.api.updates import updates_blueprint
from shared.relay.backups import Backups
from shared.relay.configuration_reader import CacheStatistics
from shared.relay.health import HealthCheck
from shared.relay.log_clearing import LogClearings
from shared.relay.service_switch import ServiceSwitch
from shared.relay.statistics import DeliveryStatistics
from shared.relay.system_status import SystemOverview
from shared.relay.updates import UpdateFeed
from shared.web.envelopes import Envelope


@dataclass(frozen=True, slots=True)
class ControlArea:
    """Implements shared.relay.api.application.Area. ``clock``: epoch seconds."""

    administrator: Administrator
    overview: SystemOverview
    switch: ServiceSwitch
    cache_statistics: Callable[[], CacheStatistics]
    statistics: DeliveryStatistics
    clearings: LogClearings
    health: HealthCheck
    backups: Backups
    updates: UpdateFeed
    clock: Callable[[], float] = time.time
    sign_in_extras: SignInExtras = lambda _: {}
    beside_login: Callable[[Response], None] = lambda response: None

    def blueprints(self, times: ShownTimes, envelope: Envelope) -> Sequence[Blueprint]:
        return (
            AuthViews(self.administrator, self.sign_in_extras, self.beside_login).blueprint(),
            SystemViews(self.overview, self.switch, self.cache_statistics).blueprint(),
            LogStatisticsViews(self.statistics, self.clearings, times).blueprint(),
            HealthCheckViews(self.health, times, self.clock).blueprint(),
            BackupViews(self.backups).blueprint(),
            updates_blueprint(self.updates),
        )
