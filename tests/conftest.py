"""Hypothesis on a busy machine: how long an example takes, or its making, is no finding."""

from __future__ import annotations

from hypothesis import HealthCheck, settings

# On top of the profile in force: Hypothesis has one of its own for CI.
settings.register_profile(
    "any_machine",
    settings(),
    deadline=None,
    suppress_health_check=[*settings().suppress_health_check, HealthCheck.too_slow],
)
settings.load_profile("any_machine")
