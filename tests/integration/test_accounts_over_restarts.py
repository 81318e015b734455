"""Changing the vault's passphrase, and the check of all accounts that nobody asked for, on the embedded stack."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import boto3
import pytest

from local.engines.supervisor import command_line
from tests.contract.accounts_api.caller import Caller
from tests.durable_engines import needs_durable_engines
from tests.embedded import EmbeddedStack, eventually
from tests.standins.content_platforms import PLATFORMS, ContentPlatformsStandIn

pytestmark = needs_durable_engines

FIRST = "first passphrase of the restarts 41"
SECOND = "second passphrase of the restarts 42"
THIRD = "third passphrase of the restarts 43"
TABLE_NAME = "kook-relay-AccountsTable"
_SCHEDULE = {"pk": {"S": "schedule"}, "sk": {"S": "health"}}


class Site:
    """Platforms that stay, and a stack that is started anew with other passphrases."""

    def __init__(self, platforms: ContentPlatformsStandIn, data_dir: Path) -> None:
        self.platforms = platforms
        self._data_dir = data_dir

    @contextmanager
    def running(self, passphrase: str, previous: str = "") -> Iterator[Caller]:
        environment = {
            "OUTBOUND_ALLOW": "127.0.0.0/8",
            "CONTENT_PLATFORM_BASES": ",".join(f"{name}={self.platforms.base_url}" for name in PLATFORMS),
            "VAULT_PASSPHRASE": passphrase,
            "VAULT_PASSPHRASE_PREVIOUS": previous,
        }
        with EmbeddedStack(self._data_dir, environment=environment) as stack:
            yield Caller(stack, self.platforms)


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    with ContentPlatformsStandIn() as platforms:
        yield Site(platforms, tmp_path / "data")


def _table(caller: Caller) -> Any:
    port = re.search(r"--port (\d+)", command_line(caller.stack.engine_pids["dynoxide"]))
    assert port is not None
    return boto3.client(
        "dynamodb",
        endpoint_url=f"http://127.0.0.1:{port[1]}",
        region_name="us-east-1",
        aws_access_key_id="embedded",
        aws_secret_access_key="embedded",
    )


def _make_the_scheduled_check_due(caller: Caller) -> None:
    """Maintenance has set the clock going; here a day passes."""
    table = _table(caller)
    eventually(lambda: table.get_item(TableName=TABLE_NAME, Key=_SCHEDULE).get("Item"), deadline_seconds=90)
    table.update_item(
        TableName=TABLE_NAME,
        Key=_SCHEDULE,
        UpdateExpression="SET #counter = :past",
        ExpressionAttributeNames={"#counter": "counter"},
        ExpressionAttributeValues={":past": {"N": "1"}},
    )


def _statuses(caller: Caller) -> list[str]:
    return [account["status"] for account in caller.done("GET", "/api/v1/accounts")["accounts"]]


def _cookies(caller: Caller, account_id: str) -> Any:
    return caller.done("GET", f"/api/v1/accounts/{account_id}/cookies")["cookies"]


def test_the_scheduled_check_seals_every_cookie_under_the_new_passphrase(site: Site) -> None:
    with site.running(FIRST) as caller:
        made = [caller.new_account(platform) for platform in ("douyin", "bilibili")]
        kept = [_cookies(caller, account_id) for account_id in made]
        assert _statuses(caller) == ["pending", "pending"]
        _make_the_scheduled_check_due(caller)

    with site.running(SECOND, previous=FIRST) as caller:
        # Nobody asks for a check here.
        eventually(lambda: _statuses(caller) == ["active", "active"], deadline_seconds=90)

    with site.running(SECOND) as caller:
        assert [_cookies(caller, account_id) for account_id in made] == kept

    with site.running(THIRD) as caller:
        for account_id in made:
            path = f"/api/v1/accounts/{account_id}"
            caller.refused(409, "COOKIE_UNREADABLE", "GET", f"{path}/cookies")
            checked = caller.done("POST", f"{path}/health-check")
            assert (checked["healthy"], checked["outcome"], checked["status"]) == (False, "unknown", "active")

    output = caller.stack.output()
    assert "request" in output
    for passphrase in (FIRST, SECOND, THIRD):
        assert passphrase not in output
