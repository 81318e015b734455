"""Times as they are stored: UTC ISO 8601 with Z."""

from __future__ import annotations

import datetime as dt


def iso_utc(moment_ms: int) -> str:
    """``2026-01-31T08:00:00.123Z`` for milliseconds since the epoch."""
    moment = dt.datetime.fromtimestamp(moment_ms / 1000, dt.UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
