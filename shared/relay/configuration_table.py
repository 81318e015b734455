"""How the configuration table is read and written: typed failures, transactions that are retried."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from botocore.exceptions import BotoCoreError, ClientError
from pynamodb.exceptions import PynamoDBException, TransactWriteError
from pynamodb.transactions import TransactWrite

from shared.aws.tables import is_conditional_failure
from shared.relay.configuration_rows import SEQUENCE, ConfigRow, SequenceRow
from shared.relay.errors import StoreUnavailable

TRANSACTION_ATTEMPTS = 6
_BACKOFF_SECONDS = 0.03

Row = TypeVar("Row", bound=ConfigRow)


class TransactionRefused(Exception):
    """A condition of the transaction did not hold: nothing was written, and trying again would not help."""


@contextmanager
def database(operation: str) -> Iterator[None]:
    """Every failure of DynamoDB as StoreUnavailable. The cause is cut off: its text can quote what was written."""
    try:
        yield
    except (PynamoDBException, BotoCoreError, ClientError):
        raise StoreUnavailable(operation) from None


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
        for attempt in range(TRANSACTION_ATTEMPTS):
            try:
                with database(operation), _refusals(), TransactWrite(connection=self._connection) as transaction:
                    build(transaction)
                return
            except _TransactionConflict:
                self._pause(random.uniform(0, _BACKOFF_SECONDS * 2**attempt))  # noqa: S311 - spreads writers out
        raise StoreUnavailable(operation)


class _TransactionConflict(Exception):
    pass


@contextmanager
def _refusals() -> Iterator[None]:
    try:
        yield
    except TransactWriteError as error:
        codes = {reason.code for reason in error.cancellation_reasons if reason is not None}
        if "ConditionalCheckFailed" in codes:
            raise TransactionRefused from None
        if "TransactionConflict" in codes or error.cause_response_code == "TransactionInProgressException":
            raise _TransactionConflict from None
        raise


@contextmanager
def conditional(operation: str, unmet: Exception) -> Iterator[None]:
    """For a single conditional write: raises ``unmet`` when its condition did not hold, else StoreUnavailable."""
    with database(operation):
        try:
            yield
        except PynamoDBException as error:
            if is_conditional_failure(error):
                raise unmet from None
            raise
