"""Times as the Komari server shows them."""

from __future__ import annotations

import datetime as dt


def rfc3339(at_seconds: float) -> str:
    """Whole seconds, UTC: ``2026-04-13T00:00:00Z``."""
    return dt.datetime.fromtimestamp(int(at_seconds), dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def rfc3339_ms(at_ms: int) -> str:
    """With milliseconds, UTC: ``2026-04-13T00:00:00.123Z``."""
    return f"{rfc3339(at_ms // 1000)[:-1]}.{at_ms % 1000:03d}Z"


def parsed_rfc3339(text: str) -> dt.datetime | None:
    """A moment with its offset; None for anything else."""
    try:
        moment = dt.datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment if moment.tzinfo is not None else None
