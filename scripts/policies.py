"""Compares each function's role in template.yaml with the AWS calls it made while tests ran on the embedded stack.

``python -m scripts.policies FOLDER`` reads what local.aws_calls wrote there. It fails for a call that no statement
allows, which AWS would refuse, and for a permission that was never used, unless scripts.unseen_permissions says why no
test uses it.
"""
# ruff: noqa: T201

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from local.aws_calls import AwsCall, recorded_calls
from local.intrinsics import load_yaml
from local.template import Template
from local.template_reader import read_template
from scripts.unseen_permissions import UNSEEN, Unseen

TEMPLATE = Path(__file__).parents[1] / "template.yaml"
_SUBSTITUTED = re.compile(r"\$\{(\w+)(?:\.\w+)?\}(/index/)?")


@dataclass(frozen=True, order=True, slots=True)
class Permission:
    """``place`` is a logical id, with ``/index`` for a table's indexes, or ``*``."""

    function: str
    action: str
    place: str

    def __str__(self) -> str:
        return f"{self.function}: {self.action} on {self.place}"


# An index is only ever read; its other actions in a statement beside its table's grant nothing.
_OF_INDEXES = frozenset({"dynamodb:Query", "dynamodb:Scan"})


def granted(document: Mapping[str, Any]) -> set[Permission]:
    """What each function's role allows, action by action and place by place."""
    resources = document["Resources"]
    found = set()
    for name, resource in resources.items():
        if resource["Type"] == "AWS::Serverless::Function":
            role = resources[_logical_id(resource["Properties"]["Role"])]["Properties"]
            managed = [resources[_logical_id(each)]["Properties"] for each in role.get("ManagedPolicyArns", ())]
            for policy in [*role["Policies"], *managed]:
                for statement in policy["PolicyDocument"]["Statement"]:
                    found |= {Permission(name, *pair) for pair in _pairs(statement) if _means_something(*pair)}
    return found


def _means_something(action: str, place: str) -> bool:
    return not place.endswith("/index") or action in _OF_INDEXES


def _pairs(statement: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for action in _listed(statement["Action"]):
        for resource in _listed(statement["Resource"]):
            yield action, _place_of(resource)


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _place_of(resource: Any) -> str:
    if isinstance(resource, str):
        return resource
    if "Fn::Sub" not in resource:
        return _logical_id(resource)
    # The last one: before it come ${AWS::Partition} and the like, which have colons in them.
    substituted = _SUBSTITUTED.findall(resource["Fn::Sub"])
    return f"{substituted[-1][0]}/index" if substituted[-1][1] else str(substituted[-1][0])


def _logical_id(reference: Mapping[str, Any]) -> str:
    if "Ref" in reference:
        return str(reference["Ref"])
    target = reference["Fn::GetAtt"]
    return str(target.partition(".")[0] if isinstance(target, str) else target[0])


def used(calls: Iterable[tuple[str, AwsCall]], template: Template) -> set[Permission]:
    """The calls with logical ids in place of the embedded stack's names."""
    names = {table.name: logical_id for logical_id, table in template.tables.items()}
    names |= {queue.name: logical_id for logical_id, queue in template.queues.items()}
    found = set()
    for function, call in calls:
        if function not in template.functions:
            continue  # a template of the tests' own
        name = call.resource.rpartition("/")[2]
        place = "WebSocketApi" if call.action.startswith("execute-api:") else names.get(name, name)
        found.add(Permission(function, call.action, f"{place}/index" if call.index else place))
    return found


def problems(allowed: set[Permission], made: set[Permission], unseen: Sequence[Unseen] = UNSEEN) -> list[str]:
    """One line each; empty when roles and calls are the same but for what is declared."""
    if not made:
        return ["no call was recorded"]

    def explained(permission: Permission, by: Sequence[Unseen]) -> bool:
        return any(each.covers(permission.function, permission.action, permission.place) for each in by)

    told = [f"not allowed: {permission}" for permission in sorted(made - allowed)]
    told += [f"never used: {permission}" for permission in sorted(allowed - made) if not explained(permission, unseen)]
    idle = [each for each in unseen if not any(explained(permission, [each]) for permission in allowed)]
    return told + [f"nobody has what UNSEEN explains: {each.actions} on {each.places}" for each in idle]


def main(arguments: Sequence[str]) -> int:
    """The exit code: 1 for a difference, 2 when nothing was recorded."""
    folder = Path(arguments[0])
    calls = recorded_calls(folder) if folder.is_dir() else set()
    if not calls:
        print(f"NOT RUN: {folder} holds no recorded calls; run the tests with KOOK_RELAY_AWS_CALLS={folder}")
        return 2
    allowed = granted(load_yaml(TEMPLATE.read_text("utf-8")))
    made = used(calls, read_template(TEMPLATE))
    found = problems(allowed, made)
    print("\n".join([*found, f"{len(made)} permissions used of {len(allowed)} granted, {len(found)} differences"]))
    return 1 if found else 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
