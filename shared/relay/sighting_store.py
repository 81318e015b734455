"""What bots have lately said in a channel, in the pacing table: one small row a channel, gone soon after."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence

from shared.aws.database import database
from shared.aws.pacing_store import PacingRow
from shared.relay.loop_guard import Sighting, from_stored, to_stored


class DynamoSightings:
    """Implements shared.relay.loop_guard.SightingStore."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock

    def load(self, channel_id: str) -> list[Sighting]:
        with database("read sightings"):
            try:
                row = PacingRow.get(_key(channel_id), consistent_read=True)
            except PacingRow.DoesNotExist:
                return []
        return from_stored(json.loads(row.state))

    def save(self, channel_id: str, sightings: Sequence[Sighting], keep_seconds: float) -> None:
        state = json.dumps(to_stored(sightings), separators=(",", ":"))
        expires_at = int(self._clock() + keep_seconds) + 60
        with database("write sightings"):
            PacingRow(_key(channel_id), state=state, version=0, expires_at=expires_at).save()


def _key(channel_id: str) -> str:
    """No destination's key: those begin with the name of a platform."""
    return f"said-by-bots:{channel_id}"
