"""/api/system and /api/cache: the relay as a whole."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Blueprint, Response, jsonify

from shared.relay.api import control_texts as texts
from shared.relay.api.answers import success
from shared.relay.configuration_reader import CacheStatistics
from shared.relay.service_switch import ServiceState, ServiceSwitch
from shared.relay.system_status import SystemOverview
from shared.version import VERSION


class SystemViews:
    """``cache_statistics`` gives those of this process's configuration cache."""

    def __init__(
        self,
        overview: SystemOverview,
        switch: ServiceSwitch,
        cache_statistics: Callable[[], CacheStatistics],
    ) -> None:
        self._overview = overview
        self._switch = switch
        self._cache_statistics = cache_statistics

    def blueprint(self) -> Blueprint:
        blueprint = Blueprint("system", __name__, url_prefix="/api")
        blueprint.get("/system/status")(self.status)
        blueprint.post("/system/start")(self.start)
        blueprint.post("/system/stop")(self.stop)
        blueprint.post("/system/restart")(self.restart)
        blueprint.get("/cache/stats")(self.cache)
        return blueprint

    def status(self) -> Response:
        status = self._overview.status()
        service = status.service
        return jsonify(
            service_running=service is not None and service.running,
            service_state=service.word if service is not None else "unknown",
            # The contract's name; what stands behind it is said beside.
            redis_connected=status.store_reachable,
            queue_size=status.queue_size,
            account_count=status.account_count,
            active_accounts=status.active_accounts,
            bot_count=status.bot_count,
            mapping_count=status.mapping_count,
            offline_at_kook=list(status.offline_at_kook),
            uptime_seconds=service.uptime_seconds if service is not None else 0,
            version=VERSION,
            backend={
                "state_store": {"name": "dynamodb", "reachable": status.store_reachable},
                "queue": {"name": "sqs", "reachable": status.queues_reachable},
            },
        )

    def start(self) -> Response:
        return success(texts.SERVICE_STARTED, **_shown(self._switch.start()))

    def stop(self) -> Response:
        return success(texts.SERVICE_STOPPED, **_shown(self._switch.stop()))

    def restart(self) -> Response:
        return success(texts.SERVICE_RESTARTED, **_shown(self._switch.restart()))

    def cache(self) -> Response:
        found = self._cache_statistics()
        reads = found.hits + found.misses
        hit_rate = round(found.hits / reads, 2) if reads else 0.0
        return jsonify(
            cache_size=found.size,
            hit_rate=hit_rate,
            miss_rate=round(1 - hit_rate, 2) if reads else 0.0,
            total_hits=found.hits,
            total_misses=found.misses,
            scope="process",
        )


def _shown(state: ServiceState) -> dict[str, Any]:
    return {"service_running": state.running, "service_state": state.word}
