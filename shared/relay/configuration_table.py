"""How the configuration table is read and written: the plumbing of its stores."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

from pynamodb.transactions import TransactWrite

from shared.aws.database import database, transact
from shared.relay.configuration_rows import SEQUENCE, ConfigRow, SequenceRow

Row = TypeVar("Row", bound=ConfigRow)


class ConfigurationTable:
    """The plumbing shared by the stores of accounts, bots and mappings."""

    def __init__(self, pause: Callable[[float], None] = time.sleep) -> None:
        # Made before any subclass asks for its own: they then share one botocore client, which saves a cold start
        # the price of four more.
        self._connection = ConfigRow._get_connection().connection
        self._pause = pause

    def next_id(self, kind: str, count: int = 1) -> int:
        """The first of ``count`` consecutive ids nobody else gets. Raises StoreUnavailable."""
        counter = SequenceRow(SEQUENCE, kind)
        with database("next id"):
            counter.update(actions=[SequenceRow.value.add(count)])
        return int(counter.value) - count + 1

    def get(self, row: type[Row], pk: str, sk: str) -> Row | None:
        """A strongly consistent read. Raises StoreUnavailable."""
        with database(f"read {pk}"):
            try:
                return row.get(pk, sk, consistent_read=True)
            except row.DoesNotExist:
                return None

    def query(self, row: type[Row], pk: str) -> list[Row]:
        """All items of one kind, by key. Raises StoreUnavailable."""
        with database(f"list {pk}"):
            return list(row.query(pk, consistent_read=True))

    def transact(self, operation: str, build: Callable[[TransactWrite], None]) -> None:
        """Commit what ``build`` puts into a transaction; conflicts with other writers are tried again.

        Raises:
            TransactionRefused: a condition did not hold
            StoreUnavailable: DynamoDB failed, or conflicts did not cease
        """
        transact(self._connection, operation, build, self._pause)
