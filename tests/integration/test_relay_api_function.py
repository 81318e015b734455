"""The relay_api function as Lambda runs it: a fresh process, its real composition, a real DynamoDB engine."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.dynamodb import DynamoEngine

pytest_plugins = ["tests.dynamodb"]

REPOSITORY = Path(__file__).resolve().parents[2]
TOKEN = "integration-test-token"

# Reads events, one a line, and answers each with one line on a channel of its own: stdout carries the log.
INVOKER = """
import json, os, sys
from functions.relay_api.handler import handler
with os.fdopen(int(sys.argv[1]), "w") as answers:
    for line in sys.stdin:
        answers.write(json.dumps(handler(json.loads(line), None)) + "\\n")
"""


def event(method: str, path: str, body: Any = None, token: str | None = TOKEN) -> dict[str, Any]:
    headers = {"host": "127.0.0.1:9527", "x-forwarded-proto": "http", "content-type": "application/json"}
    if token is not None:
        headers["x-api-token"] = token
    return {
        "version": "2.0",
        "rawPath": path,
        "rawQueryString": "",
        "headers": headers,
        "requestContext": {"http": {"method": method, "path": path, "sourceIp": "127.0.0.1"}, "stage": "$default"},
        "body": None if body is None else json.dumps(body),
        "isBase64Encoded": False,
    }


def invoke(dynamodb: DynamoEngine, tmp_path: Path, events: list[dict[str, Any]]) -> tuple[list[dict[str, Any]], str]:
    """The answers, and everything the process printed."""
    environment = {
        **{name: value for name, value in os.environ.items() if name.startswith(("AWS_", "PATH", "PYTHON", "LANG"))},
        "CONFIG_TABLE": dynamodb.create_table("ConfigTable"),
        "DELIVERIES_TABLE": dynamodb.create_table("DeliveriesTable"),
        "COUNTERS_TABLE": dynamodb.create_table("CountersTable"),
        "PACING_TABLE": dynamodb.create_table("PacingTable"),
        "DATA_KEY_FILE": str(tmp_path / "data.key"),
        "API_TOKEN": TOKEN,
        # Nothing listens there: KOOK is out of reach, which must refuse nothing.
        "KOOK_API_BASE": "http://127.0.0.1:9/api/v3",
        "OUTBOUND_ALLOW": "127.0.0.0/8",
    }
    read_end, write_end = os.pipe()
    with subprocess.Popen(
        [sys.executable, "-c", INVOKER, str(write_end)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        cwd=REPOSITORY,
        env=environment,
        pass_fds=[write_end],
    ) as process:
        os.close(write_end)
        printed, _ = process.communicate("\n".join(json.dumps(one) for one in events) + "\n", timeout=60)
    with os.fdopen(read_end) as answers:
        lines = [json.loads(line) for line in answers]
    assert process.returncode == 0, printed
    return lines, printed


@pytest.mark.usefixtures("dynamodb")
def test_the_relay_can_be_configured_through_the_function(dynamodb: DynamoEngine, tmp_path: Path) -> None:
    account = {"email": "me@example.com", "bot_token": "1/canary", "verify_token": "canary", "encrypt_key": "canary"}
    bot = {
        "platform": "discord",
        "name": "news",
        "config": {"webhook_url": "https://discord.com/api/webhooks/123456/canary"},
    }
    mapping = {
        "kook_server_id": "1",
        "kook_channel_id": "2",
        "kook_channel_name": "公告频道",
        "target_platform": "discord",
        "target_bot_id": 1,
        "target_channel_id": "discord_channel_123",
    }
    answers, printed = invoke(
        dynamodb,
        tmp_path,
        [
            event("GET", "/health", token=None),
            event("GET", "/api/accounts", token="wrong"),
            event("POST", "/api/accounts", account),
            event("POST", "/api/bots", bot),
            event("POST", "/api/mappings", mapping),
            event("GET", "/api/accounts"),
            event("GET", "/api/bots"),
            event("GET", "/api/mappings/"),
            event("GET", "/api/logs"),
            event("GET", "/api/nothing"),
            event("DELETE", "/api/accounts/1"),
        ],
    )
    statuses = [answer["statusCode"] for answer in answers]
    assert statuses == [200, 401, 201, 201, 201, 200, 200, 200, 200, 404, 204], (answers, printed)
    created = json.loads(answers[2]["body"])
    assert created["webhook_url"] == "http://127.0.0.1:9527/webhook/1"
    assert [warning["code"] for warning in created["warnings"]] == ["kook_unreachable"]
    bots = json.loads(answers[6]["body"])["data"]
    assert bots[0]["config"]["webhook_url"] == "https://discord.com/api/webhooks/123456/***"
    assert mapping.items() <= json.loads(answers[7]["body"])["data"][0].items()
    assert json.loads(answers[8]["body"]) == {"success": True, "data": [], "total": 0, "page": 1, "next_cursor": None}
    assert "canary" not in printed + json.dumps(answers)
    assert TOKEN not in printed
