"""Replacing the whole configuration: all of it or nothing, whatever is killed.

A new generation is first written aside, change by change. One conditional write then makes it the current one: before
it nothing has happened, after it the restore is decided and only its writing out is left. That is done in
transactions, each of which also moves a mark in the pointer item, so that every change is carried out exactly once,
by whoever comes first: the request itself, or maintenance within a minute after a crash. Up to 98 changes fit into
one transaction, so that a configuration of some thirty mappings changes in a single moment.

    pk "system"              sk "configuration"   the pointer: generation, restore_id, next_group (while unfinished)
    pk "generation#<id>"     sk group and number  one change: the item to put, or the key to delete
"""

from __future__ import annotations

import itertools
import json
import logging
import random
import secrets
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from botocore.exceptions import BotoCoreError, ClientError

from shared.aws.store_failures import StoreUnavailable

logger = logging.getLogger("kook_relay.backups")

Item: TypeAlias = Mapping[str, Any]  # in DynamoDB's own JSON

POINTER = {"pk": {"S": "system"}, "sk": {"S": "configuration"}}
# A transaction takes 100 items and 4 MB; one of them is the pointer.
MAX_GROUP_CHANGES = 98
MAX_GROUP_BYTES = 3_000_000
# More than these belong to no single thing: they are all of a kind, such as bots.
MAX_UNIT_CHANGES = 10
# What is staged goes when it is written out; this is for restores that came to nothing.
STAGED_SECONDS = 30 * 86_400
_BATCH = 25
_TRIES = 8
_BACKOFF_SECONDS = 0.05


class GenerationConflict(Exception):
    """Another restore was made current meanwhile, or is still being written out."""


@dataclass(frozen=True, slots=True)
class Change:
    """``item`` is what shall be there, None when nothing shall. ``related`` sorts changes that belong together side
    by side."""

    key: tuple[str, str]
    item: Item | None
    related: str = ""

    @property
    def size(self) -> int:
        return len(json.dumps(self.item, default=str)) if self.item is not None else 100


@dataclass(frozen=True, slots=True)
class _Pointer:
    generation: int
    restore_id: str
    next_group: int | None


class ConfigurationGenerations:
    """``dynamodb`` is a low-level client. ``clock``: epoch seconds; ``pause`` waits between two tries."""

    def __init__(
        self,
        dynamodb: Any,
        table: str,
        clock: Callable[[], float],
        *,
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        self._dynamodb = dynamodb
        self._table = table
        self._clock = clock
        self._pause = pause

    def items(self, kinds: Sequence[str]) -> Iterator[Item]:
        """Every item of these kinds (``pk``). Raises StoreUnavailable."""
        for kind in kinds:
            yield from self._query(kind)

    def replace(self, changes: Sequence[Change]) -> bool:
        """Carry out all changes. False when it is decided and the rest of the writing is left to ``roll_forward``.

        Raises:
            GenerationConflict: nothing was changed
            StoreUnavailable: nothing was changed
        """
        before = self._pointer()
        if before.next_group is not None:
            raise GenerationConflict
        restore_id = secrets.token_hex(8)
        self._stage(restore_id, changes)
        if not self._make_current(before, restore_id):
            raise GenerationConflict
        try:
            self.roll_forward()
        except StoreUnavailable:
            return False
        return True

    def roll_forward(self) -> int:
        """Write out what is decided and not written yet; how many groups that were. Raises StoreUnavailable."""
        written = 0
        while True:
            pointer = self._pointer()
            if pointer.next_group is None:
                return written
            groups = self._groups(pointer)
            group, last = next(groups), next(groups, None) is None
            if self._write_group(pointer, group, last=last):
                written += 1
                if last:
                    self._clear_away(pointer.restore_id)

    def raise_sequence(self, kind: str, at_least: int) -> None:
        """Never give out an id up to that one again. Raises StoreUnavailable."""
        try:
            self._call(
                "update_item",
                Key={"pk": {"S": "sequence"}, "sk": {"S": kind}},
                UpdateExpression="SET #value = :least",
                ConditionExpression="attribute_not_exists(#value) OR #value < :least",
                ExpressionAttributeNames={"#value": "value"},
                ExpressionAttributeValues={":least": {"N": str(at_least)}},
            )
        except _ConditionUnmet:
            return

    # --- the new generation, aside ---

    def _stage(self, restore_id: str, changes: Sequence[Change]) -> None:
        expires_at = {"N": str(int(self._clock()) + STAGED_SECONDS)}
        puts = []
        for group_number, group in enumerate(grouped(changes)):
            for number, change in enumerate(group):
                staged: dict[str, Any] = {
                    "pk": {"S": f"generation#{restore_id}"},
                    "sk": {"S": f"{group_number:06d}#{number:03d}"},
                    "key": {"L": [{"S": change.key[0]}, {"S": change.key[1]}]},
                    "expires_at": expires_at,
                }
                if change.item is not None:
                    staged["item"] = {"M": dict(change.item)}
                puts.append({"PutRequest": {"Item": staged}})
        for start in range(0, len(puts), _BATCH):
            self._write_batch(puts[start : start + _BATCH])

    def _write_batch(self, writes: list[dict[str, Any]]) -> None:
        for attempt in range(_TRIES):
            answer = self._call("batch_write_item", RequestItems={self._table: writes})
            writes = answer.get("UnprocessedItems", {}).get(self._table, [])
            if not writes:
                return
            self._pause(random.uniform(0, _BACKOFF_SECONDS * 2**attempt))  # noqa: S311 - spreads writers out
        raise StoreUnavailable("stage configuration")

    # --- the one write that decides ---

    def _make_current(self, before: _Pointer, restore_id: str) -> bool:
        try:
            self._call(
                "update_item",
                Key=POINTER,
                UpdateExpression="SET generation = :new, restore_id = :id, next_group = :first",
                ConditionExpression=(
                    "attribute_not_exists(next_group) AND (attribute_not_exists(generation) OR generation = :old)"
                ),
                ExpressionAttributeValues={
                    ":new": {"N": str(before.generation + 1)},
                    ":old": {"N": str(before.generation)},
                    ":id": {"S": restore_id},
                    ":first": {"N": "0"},
                },
            )
        except _ConditionUnmet:
            return False
        return True

    # --- writing it out ---

    def _groups(self, pointer: _Pointer) -> Iterator[list[Item]]:
        """The groups from the mark on; an empty one when nothing is left, so that the mark can be taken away."""
        group: list[Item] = []
        current = None
        assert pointer.next_group is not None
        for staged in self._query(f"generation#{pointer.restore_id}", from_sk=f"{pointer.next_group:06d}"):
            number = staged["sk"]["S"].partition("#")[0]
            if current is not None and number != current:
                yield group
                group = []
            current = number
            group.append(staged)
        yield group

    def _write_group(self, pointer: _Pointer, group: Sequence[Item], *, last: bool) -> bool:
        """One transaction; False when somebody else was first."""
        mark = {"UpdateExpression": "REMOVE next_group"} if last else {"UpdateExpression": "SET next_group = :next"}
        values: dict[str, Any] = {":id": {"S": pointer.restore_id}, ":now": {"N": str(pointer.next_group)}}
        if not last:
            values[":next"] = {"N": str((pointer.next_group or 0) + 1)}
        update = {
            "TableName": self._table,
            "Key": POINTER,
            "ConditionExpression": "restore_id = :id AND next_group = :now",
            "ExpressionAttributeValues": values,
            **mark,
        }
        writes = [{"Update": update}, *(self._write_of(staged) for staged in group)]
        for attempt in range(_TRIES):
            try:
                self._call("transact_write_items", with_table=False, TransactItems=writes)
                return True
            except _ConditionUnmet:
                return False
            except _Conflict:
                self._pause(random.uniform(0, _BACKOFF_SECONDS * 2**attempt))  # noqa: S311 - spreads writers out
        raise StoreUnavailable("write configuration")

    def _clear_away(self, restore_id: str) -> None:
        """What was staged is written out. It expires by itself as well, so a failure here changes nothing."""
        staged = f"generation#{restore_id}"
        try:
            keys = [{"pk": item["pk"], "sk": item["sk"]} for item in self._query(staged)]
            for start in range(0, len(keys), _BATCH):
                self._write_batch([{"DeleteRequest": {"Key": key}} for key in keys[start : start + _BATCH]])
        except StoreUnavailable:
            logger.warning("staged configuration not cleared away", extra={"restore_id": restore_id})

    def _write_of(self, staged: Item) -> dict[str, Any]:
        pk, sk = staged["key"]["L"]
        if "item" in staged:
            return {"Put": {"TableName": self._table, "Item": staged["item"]["M"]}}
        return {"Delete": {"TableName": self._table, "Key": {"pk": pk, "sk": sk}}}

    # --- DynamoDB ---

    def _pointer(self) -> _Pointer:
        item = self._call("get_item", Key=POINTER, ConsistentRead=True).get("Item", {})
        next_group = item.get("next_group")
        return _Pointer(
            generation=int(item.get("generation", {"N": "0"})["N"]),
            restore_id=item.get("restore_id", {"S": ""})["S"],
            next_group=None if next_group is None else int(next_group["N"]),
        )

    def _query(self, pk: str, *, from_sk: str = "") -> Iterator[Item]:
        condition, values = "pk = :pk", {":pk": {"S": pk}}
        if from_sk:
            condition, values = "pk = :pk AND sk >= :sk", {**values, ":sk": {"S": from_sk}}
        start: dict[str, Any] = {}
        while True:
            answer = self._call(
                "query",
                KeyConditionExpression=condition,
                ExpressionAttributeValues=values,
                ConsistentRead=True,
                **start,
            )
            yield from answer.get("Items", ())
            if "LastEvaluatedKey" not in answer:
                return
            start = {"ExclusiveStartKey": answer["LastEvaluatedKey"]}

    def _call(self, operation: str, *, with_table: bool = True, **arguments: Any) -> dict[str, Any]:
        """Raises StoreUnavailable; its cause is cut off, because its text can quote what was written."""
        if with_table and operation != "batch_write_item":
            arguments["TableName"] = self._table
        try:
            answer: dict[str, Any] = getattr(self._dynamodb, operation)(**arguments)
            return answer
        except ClientError as error:
            failure = _failure(error, operation)
        except BotoCoreError:
            failure = StoreUnavailable(operation)
        raise failure


class _ConditionUnmet(Exception):
    pass


class _Conflict(Exception):
    pass


def _failure(error: ClientError, operation: str) -> Exception:
    code = error.response.get("Error", {}).get("Code", "")
    reasons = {reason.get("Code") for reason in error.response.get("CancellationReasons", ())}
    if code == "ConditionalCheckFailedException" or "ConditionalCheckFailed" in reasons:
        return _ConditionUnmet()
    if "TransactionConflict" in reasons or code == "TransactionInProgressException":
        return _Conflict()
    return StoreUnavailable(operation)


def grouped(changes: Sequence[Change]) -> list[list[Change]]:
    """Groups that fit into a transaction each. Changes that are related to the same thing stay in one group, unless
    they alone are too many; what is related to nothing goes wherever there is room."""
    groups: list[list[Change]] = []
    size = 0
    ordered = sorted(changes, key=lambda change: (change.related, change.key))
    for unit in _units(ordered):
        unit_size = sum(change.size for change in unit)
        full = groups and (len(groups[-1]) + len(unit) > MAX_GROUP_CHANGES or size + unit_size > MAX_GROUP_BYTES)
        if not groups or full:
            groups.append([])
            size = 0
        groups[-1] += unit
        size += unit_size
    return groups


def _units(ordered: Sequence[Change]) -> Iterator[list[Change]]:
    for _, related in itertools.groupby(ordered, key=lambda change: change.related):
        unit = list(related)
        if len(unit) > MAX_UNIT_CHANGES or sum(change.size for change in unit) > MAX_GROUP_BYTES:
            yield from ([change] for change in unit)
        else:
            yield unit
