"""/health: whether the API answers at all, open and therefore without detail. /api/health/check: all, measured."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Any

from flask import Blueprint, Response, jsonify

from shared.relay.api.answers import ShownTimes, said
from shared.relay.api.control_texts import HINTS
from shared.relay.api.delivery_texts import shown_reason
from shared.relay.destination_health import DestinationsHealth
from shared.relay.health import HealthCheck, ScrapersHealth, StoreHealth, WorkerHealth
from shared.relay.health_hints import Hint
from shared.relay.machine_health import MachinesHealth
from shared.web.authentication import open_route


def health_blueprint() -> Blueprint:
    blueprint = Blueprint("health", __name__)

    @blueprint.get("/health")
    @open_route
    def health() -> Response:
        return jsonify({"status": "healthy"})

    return blueprint


class HealthCheckViews:
    """``clock``: epoch seconds."""

    def __init__(self, check: HealthCheck, times: ShownTimes, clock: Callable[[], float] = time.time) -> None:
        self._check = check
        self._times = times
        self._clock = clock

    def blueprint(self) -> Blueprint:
        blueprint = Blueprint("health_check", __name__, url_prefix="/api/health")
        blueprint.get("/check")(self.check)
        return blueprint

    def check(self) -> Response:
        """200 whatever it finds: the colours are in the body, under the contract's names."""
        report = self._check.report()
        return jsonify(
            status=report.overall,
            components={
                "redis": _store(report.configuration),
                "database": _store(report.deliveries),
                "worker": self._worker(report.worker),
                "scrapers": self._scrapers(report.scrapers),
                "destinations": self._destinations(report.destinations),
                "machines": self._machines(report.machines),
            },
            timestamp=self._times.of_epoch(self._clock()),
        )

    def _worker(self, worker: WorkerHealth) -> dict[str, Any]:
        queues = [
            {
                "name": queue.depth.name,
                "waiting": queue.depth.waiting,
                "in_flight": queue.depth.in_flight,
                "delayed": queue.depth.delayed,
                "dead_letters": queue.depth.dead_letters,
                "oldest_at": self._shown(queue.oldest_at),
            }
            for queue in worker.queues
        ]
        return {
            "status": worker.status,
            "backend": "sqs",
            "queues": queues,
            **_hints(worker.hints),
        }

    def _scrapers(self, scrapers: ScrapersHealth) -> dict[str, Any]:
        return {
            "total": scrapers.total,
            "active": scrapers.active,
            "last_event_at": self._shown(scrapers.last_event_at),
            "accounts": [
                {"id": account.account_id, "status": account.status, "kook": account.kook}
                for account in scrapers.accounts
            ],
            **_hints(scrapers.hints),
        }

    def _destinations(self, destinations: DestinationsHealth) -> dict[str, Any]:
        return {
            "total": destinations.total,
            "working": destinations.working,
            "troubled": [
                {
                    "bot_id": one.bot.id,
                    "bot_name": one.bot.name,
                    "platform": one.bot.platform,
                    "target_channel_id": one.state.target_channel_id or None,
                    "state": one.state.state,
                    "since": self._shown(one.state.since or None),
                    "reason": one.state.reason or None,
                    "solution": shown_reason(one.state.reason, is_pending=one.state.state != "off"),
                    "next_probe_at": self._shown(one.state.next_probe_at or None),
                }
                for one in destinations.troubled
            ],
            **_hints(destinations.hints),
        }

    def _machines(self, machines: MachinesHealth) -> dict[str, Any]:
        return {
            "total": machines.total,
            "online": machines.online,
            "silent": [
                {
                    "kind": machine.kind,
                    "id": machine.id,
                    "name": machine.name,
                    "last_seen_at": self._shown(machine.last_seen_at),
                }
                for machine in machines.silent
            ],
            **_hints(machines.hints),
        }

    def _shown(self, moment: str | None) -> str | None:
        return None if moment is None else self._times.of_iso(moment)


def _store(store: StoreHealth) -> dict[str, Any]:
    return {
        "status": store.status,
        "latency_ms": store.latency_ms,
        "backend": "dynamodb",
        "table": store.table,
        **_hints(store.hints),
    }


def _hints(hints: Sequence[Hint]) -> dict[str, str]:
    """``hint`` where something is amiss."""
    return {"hint": "; ".join(said(HINTS[hint.key], **hint.params) for hint in hints)} if hints else {}
