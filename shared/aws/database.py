"""How pynamodb is called: every failure typed, transactions tried again when another writer is at the same rows."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from botocore.exceptions import BotoCoreError, ClientError
from pynamodb.connection import Connection
from pynamodb.exceptions import PynamoDBException, TransactWriteError
from pynamodb.transactions import TransactWrite

from shared.aws.store_failures import StoreUnavailable
from shared.aws.tables import is_conditional_failure

TRANSACTION_ATTEMPTS = 6
_BACKOFF_SECONDS = 0.03


class TransactionRefused(Exception):
    """A condition of the transaction did not hold: nothing was written, and trying again would not help."""


@contextmanager
def database(operation: str) -> Iterator[None]:
    """Every failure of DynamoDB as StoreUnavailable. The cause is cut off: its text can quote what was written."""
    try:
        yield
    except (PynamoDBException, BotoCoreError, ClientError):
        raise StoreUnavailable(operation) from None


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


def write_in_turn(
    operation: str, unmet: Exception, write: Callable[[], object], pause: Callable[[float], None] = time.sleep
) -> None:
    """One write of a row that transactions write too: DynamoDB refuses it while one of them has the row, so it is tried
    again.

    Raises:
        ``unmet``: its condition did not hold
        StoreUnavailable: DynamoDB failed, or conflicts did not cease
    """
    for attempt in range(TRANSACTION_ATTEMPTS):
        try:
            with conditional(operation, unmet), _refused_for_a_transaction():
                write()
            return
        except _TransactionConflict:
            pause(random.uniform(0, _BACKOFF_SECONDS * 2**attempt))  # noqa: S311 - spreads writers out
    raise StoreUnavailable(operation)


def transact(
    connection: Connection,
    operation: str,
    build: Callable[[TransactWrite], None],
    pause: Callable[[float], None] = time.sleep,
) -> None:
    """Commit what ``build`` puts into a transaction; conflicts with other writers are tried again.

    Raises:
        TransactionRefused: a condition did not hold
        StoreUnavailable: DynamoDB failed, or conflicts did not cease
    """
    for attempt in range(TRANSACTION_ATTEMPTS):
        try:
            with database(operation), _refusals(), TransactWrite(connection=connection) as transaction:
                build(transaction)
            return
        except _TransactionConflict:
            pause(random.uniform(0, _BACKOFF_SECONDS * 2**attempt))  # noqa: S311 - spreads writers out
    raise StoreUnavailable(operation)


class _TransactionConflict(Exception):
    pass


@contextmanager
def _refused_for_a_transaction() -> Iterator[None]:
    try:
        yield
    except PynamoDBException as error:
        if error.cause_response_code == "TransactionConflictException":
            raise _TransactionConflict from None
        raise


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
