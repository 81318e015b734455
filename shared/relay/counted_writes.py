"""Closed records and their counts, in one transaction: a record is counted when it is closed, and never twice.

What is closed while a transaction of this process is under way goes into the next one together. A quiet relay closes
each delivery at once; of a burst the rows of the counters are written, and the disk of one machine is synced, once for
many. Two of its transactions never meet in a counter row.
"""

from __future__ import annotations

import random
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from pynamodb.connection import Connection
from pynamodb.exceptions import TransactWriteError
from pynamodb.expressions.condition import Condition
from pynamodb.expressions.update import Action
from pynamodb.transactions import TransactWrite

from shared.relay.counters import CountedDelivery, DeliveryCounters
from shared.relay.deliveries import ClaimLost
from shared.relay.delivery_rows import DeliveryRow

# At worst each has a counter row of a channel and of a day of its own: with these the 100 items of a transaction.
MAX_TOGETHER = 33
_TRIES = 8
_FIRST_PAUSE_SECONDS = 0.02
# Reasons for a cancelled transaction that pass by themselves.
_PASSING_REASONS = frozenset({"TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded"})
# Said of the transaction, perhaps for one of its records alone: too large, or there twice.
_REFUSED_AS_A_WHOLE = frozenset({"ValidationException", "TransactionCanceledException"})


@dataclass(frozen=True, slots=True)
class RecordWrite:
    """A record to be written closed: an update of it, or all of it where ``actions`` is None."""

    row: DeliveryRow
    condition: Condition
    counted: CountedDelivery
    actions: Sequence[Action] | None = None

    def add_to(self, transaction: TransactWrite) -> None:
        if self.actions is None:
            transaction.save(self.row, condition=self.condition)
        else:
            transaction.update(self.row, actions=list(self.actions), condition=self.condition)


class _Waiting:
    """A write on its way. ``error`` is what its caller is to be told."""

    def __init__(self, write: RecordWrite) -> None:
        self.write = write
        self.is_done = False
        self.error: BaseException | None = None

    def end(self, error: BaseException | None = None) -> None:
        self.is_done, self.error = True, error


class CountedWrites:
    """Safe to use from several threads at once. ``pause`` waits, in seconds, between two tries of a transaction that
    met another writer."""

    def __init__(self, connection: Connection, counters: DeliveryCounters, pause: Callable[[float], None]) -> None:
        self._connection = connection
        self._counters = counters
        self._pause = pause
        self._waiting: list[_Waiting] = []
        self._lock = threading.Lock()
        self._turn = threading.Lock()

    @property
    def waiting(self) -> int:
        """How many wait for the transaction under way to end."""
        with self._lock:
            return len(self._waiting)

    def commit(self, write: RecordWrite) -> None:
        """Returns when it is written and counted. Raises ClaimLost when its condition does not hold."""
        mine = _Waiting(write)
        with self._lock:
            self._waiting.append(mine)
        with self._turn:
            # Whoever had the turn before may have taken it along.
            while not mine.is_done:
                self._commit_next()
        if mine.error is not None:
            raise mine.error

    def _commit_next(self) -> None:
        with self._lock:
            taken, self._waiting = self._waiting[:MAX_TOGETHER], self._waiting[MAX_TOGETHER:]
        try:
            self._commit(taken)
        except BaseException as error:  # noqa: BLE001 - each of them is told, whoever had the turn
            for one in taken:
                if not one.is_done:
                    one.end(error)

    def _commit(self, taken: Sequence[_Waiting]) -> None:
        # Transactions are built with what is new first; the reasons for a refusal come in that order.
        left = sorted(taken, key=lambda one: one.write.actions is not None)
        tries = 0
        while left:
            refusal = self._try(left)
            if refusal is None:
                for one in left:
                    one.end()
                return
            codes = [reason.code if reason is not None else "None" for reason in refusal.cancellation_reasons]
            there = []
            for index, one in enumerate(left):
                if codes[index : index + 1] == ["ConditionalCheckFailed"]:
                    one.end(ClaimLost())
                else:
                    there.append(one)
            if len(there) < len(left):
                left = there
                continue
            passes = _PASSING_REASONS & set(codes) or refusal.cause_response_code == "TransactionInProgressException"
            if not passes and len(left) > 1 and refusal.cause_response_code in _REFUSED_AS_A_WHOLE:
                self._commit_each(left)
                return
            tries += 1
            if not passes or tries == _TRIES:
                raise refusal
            # Two closings that meet in one counter row cancel one another. The message has been sent by now: to give
            # up would send it again, so the loser waits a little and goes again, on another shard.
            span_seconds = _FIRST_PAUSE_SECONDS * 2 ** (tries - 1)
            self._pause(random.uniform(0, span_seconds))  # noqa: S311 - spreads writers out

    def _commit_each(self, waiting: Sequence[_Waiting]) -> None:
        """So that one that cannot be written keeps none of the others from it."""
        for one in waiting:
            try:
                self._commit([one])
            except Exception as error:  # noqa: BLE001 - its caller is told
                one.end(error)

    def _try(self, waiting: Sequence[_Waiting]) -> TransactWriteError | None:
        """Why it was refused, None when it was not."""
        try:
            with TransactWrite(connection=self._connection) as transaction:
                for one in waiting:
                    one.write.add_to(transaction)
                self._counters.add_to(transaction, [one.write.counted for one in waiting])
        except TransactWriteError as error:
            return error
        return None
