"""The reads that a health check makes of the tables."""

from __future__ import annotations

from shared.aws.database import database
from shared.relay.configuration_rows import ConfigRow
from shared.relay.configuration_table import ConfigurationTable
from shared.relay.delivery_rows import DeliveryRow, log_scope

_NO_SUCH_MESSAGE = "health-check"


class ConfigurationProbe:
    """Implements shared.relay.health.Probe."""

    def __init__(self, table: ConfigurationTable, name: str) -> None:
        self._table = table
        self.table = name

    def read(self) -> None:
        self._table.get(ConfigRow, "system", "service")


class DeliveriesProbe:
    """Implements shared.relay.health.Probe and OldestOpen. Reads the index the log is read from."""

    def __init__(self, name: str) -> None:
        self.table = name

    def read(self) -> None:
        with database("health check"):
            list(DeliveryRow.log_by_status.query(_NO_SUCH_MESSAGE, limit=1))

    def oldest_open_at(self, platform: str) -> str | None:
        with database("oldest open delivery"):
            scope = log_scope("pending", platform)
            found = DeliveryRow.log_by_status.query(scope, scan_index_forward=True, limit=1, page_size=1)
            return next((str(row.created_at) for row in found), None)
