"""Nothing is undocumented: routes, commands and their options, error codes, tables, queues, functions, messages over
WebSocket, metrics and alarms. Settings and template parameters are in test_docs.py."""

from __future__ import annotations

import argparse
import ast
import json
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from local.operate.commands import add_commands
from shared.platforms import discord_answers, feishu_answers, kook_answers, telegram_answers, webhook_answers
from shared.platforms.outcomes import REPLY_NOT_FOUND
from shared.push.answers import SocketProblem
from shared.relay.destination_verdicts import INTERNAL_ERROR
from shared.relay.loop_guard import LOOP_SUSPECTED

ROOT = Path(__file__).parents[2]
LANGUAGES = ("", ".zh-CN")
OPENAPI = ("relay.openapi.json", "robots.json", "accounts.json", "monitor.json")
# Of the argparse module, the same for every command.
_COMMON_OPTIONS = frozenset({"--help", "--env-file"})
# Where messages are made and read, and the document that has to name their types.
MESSAGES: Mapping[str, tuple[str, ...]] = {
    "docs/websocket": ("shared/push/answers.py", "shared/push/subscriber_socket.py", "shared/relay/live_messages.py"),
    "docs/robots-live": ("shared/robots/robot_socket.py", "shared/robots/command_push.py"),
    "docs/monitor-agents": ("shared/monitor/agent_messages.py", "shared/monitor/agent_sockets.py"),
}


def read(name: str) -> str:
    return (ROOT / name).read_text("utf-8")


class _TemplateLoader(yaml.SafeLoader):
    """Reads a template without minding CloudFormation's own tags."""


def _tagged(loader: yaml.SafeLoader, _suffix: str, node: yaml.Node) -> Any:
    if isinstance(node, yaml.MappingNode):
        return loader.construct_mapping(node, deep=True)
    if isinstance(node, yaml.SequenceNode):
        return loader.construct_sequence(node, deep=True)
    assert isinstance(node, yaml.ScalarNode)
    return loader.construct_scalar(node)


_TemplateLoader.add_multi_constructor("!", _tagged)


@cache
def resources() -> dict[str, Any]:
    found: dict[str, Any] = yaml.load(read("template.yaml"), Loader=_TemplateLoader)["Resources"]
    return found


def of_type(*kinds: str) -> list[str]:
    return [name for name, resource in resources().items() if resource["Type"] in kinds]


def code_spans(text: str) -> set[str]:
    return set(re.findall(r"`([^`\n]+)`", re.sub(r"```.*?```", "", text, flags=re.DOTALL)))


def undocumented(names: list[str], document: str) -> list[str]:
    spans = code_spans(read(document))
    return [name for name in names if name not in spans]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    ("kinds", "document"),
    [
        (("AWS::DynamoDB::Table",), "docs/architecture"),
        (("AWS::SQS::Queue",), "docs/architecture"),
        (("AWS::Serverless::Function",), "docs/architecture"),
        (("AWS::S3::Bucket",), "docs/architecture"),
        (("AWS::CloudWatch::Alarm",), "docs/operations"),
    ],
    ids=["tables", "queues", "functions", "buckets", "alarms"],
)
def test_every_resource_of_the_template_is_documented(kinds: tuple[str, ...], document: str, language: str) -> None:
    names = of_type(*kinds)
    assert names
    assert undocumented(names, f"{document}{language}.md") == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_metric_that_an_alarm_watches_is_documented(language: str) -> None:
    metrics = {resources()[name]["Properties"]["MetricName"] for name in of_type("AWS::CloudWatch::Alarm")}
    assert undocumented(sorted(metrics), f"docs/operations{language}.md") == []


def documented_paths() -> set[str]:
    return {path for name in OPENAPI for path in json.loads(read(f"docs/api/{name}"))["paths"]}


def http_routes() -> Iterator[tuple[str, str]]:
    for name in of_type("AWS::Serverless::Function"):
        for event in resources()[name]["Properties"].get("Events", {}).values():
            if event["Type"] == "HttpApi":
                yield event["Properties"]["Method"], event["Properties"]["Path"]


def test_every_http_route_of_the_template_leads_to_something_documented() -> None:
    paths, prose = documented_paths(), read("docs/kook-setup.md") + read("docs/architecture.md")
    missing = []
    for method, route in http_routes():
        start = re.sub(r"\{[^}]*\+\}$", "", route)
        in_openapi = any(path == route or (start != route and path.startswith(start)) for path in paths)
        if not in_openapi and route.partition("{")[0].rstrip("/") not in prose:
            missing.append(f"{method} {route}")
    assert missing == []


def commands() -> dict[str, argparse.ArgumentParser]:
    parser = argparse.ArgumentParser()
    found = parser.add_subparsers()
    add_commands(found)
    return dict(found.choices)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_command_is_documented_with_its_options(language: str) -> None:
    text = read(f"docs/operations{language}.md")
    rows = {name: [line for line in text.splitlines() if re.match(rf"\| .*`{name}\b", line)] for name in commands()}
    assert [name for name, lines in rows.items() if not lines] == []
    for name, parser in commands().items():
        options = {option for action in parser._actions for option in action.option_strings if option.startswith("--")}
        for option in sorted(options - _COMMON_OPTIONS - {"--url"}):
            assert any(option in line for line in rows[name]), f"{name} {option}"
    assert "--url" in text


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_option_of_run_is_documented(language: str) -> None:
    shown = subprocess.run(
        [sys.executable, "-m", "local", "run", "--help"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout
    options = sorted(set(re.findall(r"--[a-z-]+", shown)) - {"--help"})
    text = read(f"docs/operations{language}.md")
    assert options and [option for option in options if option not in text] == []


def error_codes() -> set[str]:
    """Every code a catalogue has, and every one that an OpenAPI document names."""
    from scripts.error_reference import AREAS

    catalogued = {code for area in AREAS for code in area.codes}
    written = {
        code
        for name in OPENAPI
        for code in re.findall(
            r"- `([A-Z][A-Z_]+)`: ", json.dumps(json.loads(read(f"docs/api/{name}")), ensure_ascii=False)
        )
    }
    assert written <= catalogued
    return catalogued | {problem.value for problem in SocketProblem}


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_error_code_has_a_meaning_and_what_to_do(language: str) -> None:
    rows: dict[str, list[str]] = {}
    for line in read(f"docs/errors{language}.md").splitlines():
        if match := re.match(r"\| `(\w+)` \| (.+) \|$", line):
            rows.setdefault(match[1], []).append(match[2])
    assert error_codes() - rows.keys() == set()
    for code, lines in rows.items():
        assert all(cell.strip() for line in lines for cell in re.split(r"(?<!\\)\|", line)), code


def delivery_reasons() -> set[str]:
    """Every code with which an attempt, or a delivery that is not even tried, can end: constants where they are made,
    and the tables of what platforms answer."""
    calls = {"RetryAfter", "Permanent", "Unknown", "Unchangeable", "RequestNotSent", "AnswerLost", "NotSent"}
    calls |= {"CannotRoute", "_CannotSend"}
    found: set[str] = set()
    for path in [*paths("shared/platforms"), *paths("shared/relay"), ROOT / "shared/security/outbound_transport.py"]:
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                place = 1 if node.func.id == "Closing" else 0
                if node.func.id in (*calls, "Closing") and len(node.args) > place:
                    found |= _constants(node.args[place])
    tables = (discord_answers._PERMANENT, feishu_answers._REFUSALS)
    found |= {code for table in tables for code, _ in table.values()}
    tables_of_codes = (feishu_answers.UNCHANGEABLE, kook_answers._REFUSALS, webhook_answers._DEAD)
    found |= {code for table in tables_of_codes for code in table.values()}
    found |= {row[2] for row in telegram_answers._REFUSALS} | set(telegram_answers._UNCHANGEABLE.values())
    return found | {REPLY_NOT_FOUND, INTERNAL_ERROR, LOOP_SUSPECTED}


def _constants(node: ast.expr) -> set[str]:
    if isinstance(node, ast.IfExp):
        return _constants(node.body) | _constants(node.orelse)
    return {node.value} if isinstance(node, ast.Constant) and isinstance(node.value, str) else set()


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_reason_of_a_delivery_is_documented(language: str) -> None:
    reasons = delivery_reasons()
    assert len(reasons) > 100
    text = read(f"docs/errors{language}.md")
    assert sorted(code for code in reasons if f"| `{code}` |" not in text) == []


def message_types(path: str) -> set[str]:
    """The values that a ``"type"`` is given or compared with."""
    found = set()
    for node in ast.walk(ast.parse(read(path))):
        values: list[ast.expr] = []
        if isinstance(node, ast.Dict):
            pairs = zip(node.keys, node.values, strict=True)
            values = [value for key, value in pairs if isinstance(key, ast.Constant) and key.value == "type"]
        elif isinstance(node, ast.Compare) and ast.unparse(node.left).endswith(("['type']", ".get('type')")):
            values = [each for part in node.comparators for each in getattr(part, "elts", [part])]
        found |= {value.value for value in values if isinstance(value, ast.Constant) and isinstance(value.value, str)}
    return found


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("document", MESSAGES)
def test_every_type_of_message_over_websocket_is_documented(document: str, language: str) -> None:
    text = read(f"{document}{language}.md")
    types = set().union(*(message_types(path) for path in MESSAGES[document]))
    assert types
    named = set(re.findall(r'"type":\s*"(\w+)"', text)) | code_spans(text)
    assert types - named == set()


def rpc_methods(folder: str) -> set[str]:
    return set(
        re.findall(r'"((?:agent|common|rpc)[.:]\w+)"', "".join(path.read_text("utf-8") for path in paths(folder)))
    )


def paths(folder: str) -> list[Path]:
    return [path for path in sorted((ROOT / folder).rglob("*.py")) if "openapi" not in path.parts]


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_json_rpc_method_of_the_monitor_is_documented(language: str) -> None:
    methods = rpc_methods("shared/monitor")
    assert {"agent.report", "agent.ping"} <= methods
    text = read(f"docs/monitor{language}.md") + read(f"docs/monitor-agents{language}.md")
    assert sorted(method for method in methods if f"`{method}`" not in text) == []
