"""The monitor's HTTP API as one Flask application."""

from __future__ import annotations

from collections.abc import Sequence

from flask import Blueprint, Flask

from shared.monitor.api.answers import MonitorEnvelope, failures
from shared.monitor.api.identity import MonitorAuthenticator, MonitorGate
from shared.monitor.api.texts import ERRORS, PROBLEMS
from shared.monitor.times import rfc3339
from shared.web.application import RequestLog, create_app
from shared.web.catalogue import Catalogue

CATALOGUE = Catalogue(ERRORS, problems=PROBLEMS)


def build_monitor_api(
    gate: MonitorGate, blueprints: Sequence[Blueprint], *, request_log: RequestLog | None = None
) -> Flask:
    """Join the views to the API. ``blueprints`` are those of all parts, the agents' own included."""
    app = create_app(
        "monitor_api",
        blueprints,
        envelope=MonitorEnvelope(CATALOGUE),
        authenticator=MonitorAuthenticator(gate),
        shown_time=rfc3339,
        failures=failures(),
        # Komari's texts are English, and front ends compare them.
        default_language="en",
        log=request_log,
    )
    gate.register(app)
    return app
