"""What was last seen of the bots at KOOK, in the configuration table (pk "presence")."""

from __future__ import annotations

from collections.abc import Callable
from typing import cast

from shared.aws.database import database
from shared.relay.configuration_rows import PRESENCE, PresenceRow, record_key
from shared.relay.configuration_table import ConfigurationTable
from shared.relay.presence_watch import WatchedPresence, WatchedState

_MAX_DETAIL_CHARACTERS = 300


class DynamoPresenceRecords:
    """Implements shared.relay.presence_watch.PresenceRecords."""

    def __init__(self, table: ConfigurationTable, clock_ms: Callable[[], int]) -> None:
        self._table = table
        self._clock_ms = clock_ms

    def all(self) -> dict[int, WatchedPresence]:
        return {int(row.sk): _presence(row) for row in self._table.query(PresenceRow, PRESENCE)}

    def save(self, account_id: int, presence: WatchedPresence) -> None:
        row = PresenceRow(
            PRESENCE,
            record_key(account_id),
            state=presence.state,
            since=presence.since,
            detail=presence.detail[:_MAX_DETAIL_CHARACTERS],
            attempts=presence.attempts,
            next_attempt_ms=presence.next_attempt_ms,
            checked_at_ms=self._clock_ms(),
        )
        with database("save presence"):
            row.save()

    def forget(self, account_id: int) -> None:
        with database("forget presence"):
            PresenceRow(PRESENCE, record_key(account_id)).delete()


def _presence(row: PresenceRow) -> WatchedPresence:
    return WatchedPresence(
        state=cast(WatchedState, row.state),
        since=row.since or "",
        detail=row.detail or "",
        attempts=int(row.attempts or 0),
        next_attempt_ms=int(row.next_attempt_ms or 0),
    )
