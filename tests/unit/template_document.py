"""template.yaml as its tests read it, and its resources by kind."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from shared.outside_composition import PLATFORM_NAMES

ROOT = Path(__file__).parents[2]


class _Loader(yaml.SafeLoader):
    """YAML with CloudFormation's short forms: ``!Ref X`` becomes {"Ref": "X"}, ``!GetAtt A.B`` {"Fn::GetAtt": …}."""


def _short_form(loader: yaml.SafeLoader, suffix: str, node: yaml.Node) -> dict[str, Any]:
    if isinstance(node, yaml.ScalarNode):
        value: Any = loader.construct_scalar(node)
    elif isinstance(node, yaml.SequenceNode):
        value = loader.construct_sequence(node, deep=True)
    else:
        assert isinstance(node, yaml.MappingNode)
        value = loader.construct_mapping(node, deep=True)
    return {suffix if suffix in ("Ref", "Condition") else f"Fn::{suffix}": value}


_Loader.add_multi_constructor("!", _short_form)
TEMPLATE: dict[str, Any] = yaml.load((ROOT / "template.yaml").read_text(encoding="utf-8"), _Loader)
RESOURCES: dict[str, dict[str, Any]] = TEMPLATE["Resources"]


def resources(kind: str) -> dict[str, dict[str, Any]]:
    """Properties by logical id."""
    return {name: body.get("Properties", {}) for name, body in RESOURCES.items() if body["Type"] == kind}


FUNCTIONS = resources("AWS::Serverless::Function")
QUEUES = resources("AWS::SQS::Queue")
TABLES = resources("AWS::DynamoDB::Table")
# Tasks have no order among them and can be put off one by one.
STANDARD_QUEUES = {"TasksQueue"}
RELAY_QUEUES = {f"{name.title()}Queue" for name in ("events", *PLATFORM_NAMES)}


def referenced(value: Any) -> str:
    """The logical id a !Ref, a !GetAtt or the start of a !Sub names."""
    assert isinstance(value, dict), value
    if "Ref" in value:
        return str(value["Ref"])
    if "Fn::GetAtt" in value:
        return str(value["Fn::GetAtt"]).split(".")[0]
    found = re.match(r"\$\{(\w+)", value["Fn::Sub"])
    assert found is not None, value
    return found.group(1)


def statements() -> Iterator[tuple[str, dict[str, Any]]]:
    """Every statement that grants something, with the logical id of the role or policy it is in."""
    for name, properties in resources("AWS::IAM::Role").items():
        for policy in properties["Policies"]:
            for statement in policy["PolicyDocument"]["Statement"]:
                yield name, statement
    for name, properties in resources("AWS::IAM::ManagedPolicy").items():
        for statement in properties["PolicyDocument"]["Statement"]:
            yield name, statement


def environment(function: str) -> dict[str, Any]:
    shared: dict[str, Any] = TEMPLATE["Globals"]["Function"]["Environment"]["Variables"]
    return shared | FUNCTIONS[function]["Environment"]["Variables"]


def as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def event_queues(function: str) -> list[str]:
    events = FUNCTIONS[function].get("Events", {}).values()
    return [referenced(event["Properties"]["Queue"]) for event in events if event["Type"] == "SQS"]
