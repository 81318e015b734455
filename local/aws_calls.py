"""Which AWS calls a function makes, for comparing them with its role: the engines check no permissions.

``record_calls`` is for tests (KOOK_RELAY_AWS_CALLS names the folder): each different permission that a function needed
becomes one line of JSON in a file of the process.
"""

from __future__ import annotations

import json
import os
import threading
import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any
from weakref import WeakKeyDictionary

import botocore
from botocore.session import Session

# Calls whose permission has another name, and services.
_PERMISSIONS = {
    "sqs:SendMessageBatch": "sqs:SendMessage",
    "sqs:DeleteMessageBatch": "sqs:DeleteMessage",
    "sqs:ChangeMessageVisibilityBatch": "sqs:ChangeMessageVisibility",
    "apigatewaymanagementapi:PostToConnection": "execute-api:ManageConnections",
    "apigatewaymanagementapi:DeleteConnection": "execute-api:ManageConnections",
    "apigatewaymanagementapi:GetConnection": "execute-api:ManageConnections",
}
_TRANSACTION_PERMISSIONS = {
    "Put": "PutItem",
    "Update": "UpdateItem",
    "Delete": "DeleteItem",
    "ConditionCheck": "ConditionCheckItem",
    "Get": "GetItem",
}


@dataclass(frozen=True, slots=True)
class AwsCall:
    """One permission that was needed. ``resource`` is a table's name, a queue's URL or a key's id; ``index`` a table's
    index where one was read."""

    action: str
    resource: str
    index: str = ""


def permissions_of(service: str, operation: str, arguments: Mapping[str, Any]) -> Iterator[AwsCall]:
    """What permissions a request needs. ``service`` is its name in IAM."""
    if operation in ("TransactWriteItems", "TransactGetItems"):
        for item in arguments["TransactItems"]:
            ((kind, details),) = item.items()
            yield AwsCall(f"dynamodb:{_TRANSACTION_PERMISSIONS[kind]}", details["TableName"])
    elif operation in ("BatchGetItem", "BatchWriteItem"):
        for table in arguments["RequestItems"]:
            yield AwsCall(f"dynamodb:{operation}", table)
    else:
        action = f"{service}:{operation}"
        resource = arguments.get("TableName") or arguments.get("QueueUrl") or arguments.get("KeyId") or ""
        yield AwsCall(_PERMISSIONS.get(action, action), resource, arguments.get("IndexName", ""))


def record_calls_if_asked() -> None:
    """As KOOK_RELAY_AWS_CALLS says; without it nothing is noted."""
    folder = os.environ.get("KOOK_RELAY_AWS_CALLS")
    if folder:
        record_calls(Path(folder))


def record_calls(folder: Path) -> None:
    """From now on note what functions call. Once a process, before any client is made."""
    folder.mkdir(parents=True, exist_ok=True)
    recorder = _Recorder(folder / f"{uuid.uuid4().hex}.jsonl")
    botocore.register_initializer(recorder.watch)
    _inherit_functions()


def current_function() -> str:
    """The function (by logical id) whose call this thread carries out, "" for a thread of nobody's.

    Calls run in threads named after their function (local.invoke), or in threads that those have started.
    """
    thread = threading.current_thread()
    own = thread.name.partition("_")[0]
    return own if own.endswith(_FUNCTION_SUFFIX) else _starters.get(thread, "")


_FUNCTION_SUFFIX = "Function"
_starters: WeakKeyDictionary[threading.Thread, str] = WeakKeyDictionary()


def _inherit_functions() -> None:
    """Have threads know who started them: pools that a function makes are used by it alone. Timers gather work of
    several functions (shared.push.gathering), so theirs is nobody's."""
    start: Callable[[threading.Thread], None] = threading.Thread.start

    def started(self: threading.Thread) -> None:
        if not isinstance(self, threading.Timer):
            _starters[self] = current_function()
        start(self)

    threading.Thread.start = started  # type: ignore[method-assign]


class _Recorder:
    """Each different permission is written once."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._seen: set[tuple[str, AwsCall]] = set()
        self._lock = threading.Lock()

    def watch(self, session: Session) -> None:
        session.register("before-parameter-build", self._note)

    def _note(self, params: Mapping[str, Any], model: Any, **_: Any) -> None:
        function = current_function()
        if not function:
            return
        for call in permissions_of(model.service_model.service_name, model.name, params):
            with self._lock:
                if (function, call) not in self._seen:
                    self._seen.add((function, call))
                    with self._path.open("a", encoding="utf-8") as file:
                        file.write(json.dumps({"function": function, **asdict(call)}) + "\n")


def recorded_calls(folder: Path) -> set[tuple[str, AwsCall]]:
    """Everything that processes have noted in a folder, by function."""
    found = set()
    for path in sorted(folder.glob("*.jsonl")):
        for line in path.read_text("utf-8").splitlines():
            noted = json.loads(line)
            found.add((noted.pop("function"), AwsCall(**noted)))
    return found
