"""At which resolutions load records are kept, for how long, and which one a chart is drawn from.

A chart never holds more than MAX_POINTS points: its resolution follows from how far back it begins. Every resolution
is kept as long as a chart may be drawn from it, so 30 days cost no more reads than one. Each coarser record is made of
those of the next finer resolution (``source_of``); a slot that is not over yet has a record too, made of what there
is so far and written again until it is over, so that a chart reaches up to now.
"""

from __future__ import annotations

MINUTE_SECONDS = 60
RESOLUTIONS_SECONDS = (60, 300, 900, 3_600, 10_800, 43_200, 86_400)
MAX_POINTS = 300
COARSEST_POINTS = 3_660  # ten years of days: the setting of the retention allows no more
# A chart that begins exactly where a resolution ends still finds its first rows.
_MARGIN_SLOTS = 10


def resolution_for(age_seconds: float) -> int:
    """The finest resolution (seconds) whose records reach back ``age_seconds``."""
    for resolution in RESOLUTIONS_SECONDS:
        if age_seconds <= resolution * MAX_POINTS:
            return resolution
    return RESOLUTIONS_SECONDS[-1]


def kept_seconds(resolution: int, preserve_hours: int) -> int:
    """How long a record of this resolution is kept under the setting ``record_preserve_time``."""
    points = COARSEST_POINTS if resolution == RESOLUTIONS_SECONDS[-1] else MAX_POINTS + _MARGIN_SLOTS
    return max(resolution, min(resolution * points, preserve_hours * 3600))


def slot_start(at_seconds: int, resolution: int) -> int:
    """The start (UTC epoch) of the slot in which the moment lies."""
    return at_seconds - at_seconds % resolution


def source_of(resolution: int) -> int | None:
    """The resolution whose records make one of this; None for minutes, which are made of reports."""
    place = RESOLUTIONS_SECONDS.index(resolution)
    return RESOLUTIONS_SECONDS[place - 1] if place else None
