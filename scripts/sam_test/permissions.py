"""Whether what a function called is what its role in template.yaml allows."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator, Mapping
from typing import Any

from local.aws_calls import AwsCall


class PermissionMissing(Exception):
    """Functions made calls that AWS would refuse; the text lists them."""


class PermissionWatch:
    """Notes calls for the function that is running, and compares them with its role.

    ``logical_ids`` maps table names, queue URLs and key ids to logical ids of the template.
    """

    def __init__(self, template: Mapping[str, Any], logical_ids: Mapping[str, str]) -> None:
        self._resources = template["Resources"]
        # A queue is known by the last part of its URL: the port in it depends on who asks.
        self._logical_ids = {name.rpartition("/")[2]: logical_id for name, logical_id in logical_ids.items()}
        self._function = ""
        self._lock = threading.Lock()
        self._seen: set[tuple[str, AwsCall]] = set()

    def running(self, function: str) -> None:
        """From now on calls are this function's."""
        with self._lock:
            self._function = function

    def note(self, call: AwsCall) -> None:
        with self._lock:
            self._seen.add((self._function, call))

    def check(self) -> int:
        """How many different calls were compared. Raises PermissionMissing, also when none were seen."""
        refused = sorted(
            f"{function}: {call.action} on {self._place(call)}"
            for function, call in self._seen
            if not self.allows(function, call)
        )
        if refused:
            raise PermissionMissing("calls that AWS would refuse:\n  " + "\n  ".join(refused))
        if not self._seen:
            raise PermissionMissing("no call was seen: the functions did not use the engines")
        return len({(function, call.action, self._place(call)) for function, call in self._seen})

    def allows(self, function: str, call: AwsCall) -> bool:
        """Whether the function's role has a statement with this action and resource."""
        wanted = self._place(call)
        return any(
            call.action in statement["Action"] and wanted in set(_places(statement["Resource"]))
            for statement in self._statements(function)
        )

    def _place(self, call: AwsCall) -> str:
        logical_id = self._logical_ids.get(call.resource.rpartition("/")[2], call.resource)
        if call.action == "kms:Decrypt" and not call.resource:
            # KMS finds the key from the ciphertext; there is one key.
            logical_id = "DataKey"
        return f"{logical_id}/index" if call.index else logical_id

    def _statements(self, function: str) -> Iterator[Mapping[str, Any]]:
        role = self._resources[function]["Properties"]["Role"]["Fn::GetAtt"]
        role_id = role.partition(".")[0] if isinstance(role, str) else role[0]
        for policy in self._resources[role_id]["Properties"]["Policies"]:
            yield from policy["PolicyDocument"]["Statement"]


def _places(resource: Any) -> Iterator[str]:
    """The logical ids a statement's Resource names, with ``/index`` for a table's indexes."""
    for one in resource if isinstance(resource, list) else [resource]:
        if not isinstance(one, dict):
            continue
        if "Fn::GetAtt" in one:
            target = one["Fn::GetAtt"]
            yield target.partition(".")[0] if isinstance(target, str) else target[0]
        elif match := re.fullmatch(r"\$\{(\w+)\.Arn\}/index/\*", one.get("Fn::Sub", "")):
            yield f"{match[1]}/index"
