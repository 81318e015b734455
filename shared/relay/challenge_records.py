"""When KOOK's challenges were answered, in the configuration table (pk "challenge"); shared.kook.challenge_notes
writes them."""

from __future__ import annotations

from shared.relay.configuration_rows import CHALLENGE, ChallengeRow
from shared.relay.configuration_table import ConfigurationTable
from shared.relay.times import iso_utc


class DynamoChallengeRecords:
    """Implements shared.relay.account_connections.Challenges."""

    def __init__(self, table: ConfigurationTable) -> None:
        self._table = table

    def answered(self) -> dict[int, str]:
        """The moment of each account's last one, UTC ISO 8601. Raises StoreUnavailable."""
        rows = self._table.query(ChallengeRow, CHALLENGE)
        return {int(row.sk): iso_utc(int(row.answered_at_ms)) for row in rows if row.answered_at_ms}
