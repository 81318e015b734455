"""An embedded stack in which every area has something to be asked about, and what opens each area."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import requests

from local.demo.stage import configure_destinations
from tests.api_schema.outside_world import OutsideWorld
from tests.contract.robots_api.robots_stack import ADMIN_PASSWORD, ADMIN_PHONE, RobotsStack
from tests.embedded import REPOSITORY_ROOT, EmbeddedStack, eventually
from tests.standins.content_platforms import PLATFORMS
from tests.standins.kook_world import DEFAULT_BOT_TOKEN

GUILD_ID = "7001"
CHANNEL_ID = "8001"
VERIFY_TOKEN = "generated-requests"
MONITOR_API_KEY = "generated-requests-key-5b1c7e"
_MANY = 4
# What the stand-in's populate() puts into its world.
_KOOK_IDS: Mapping[str, list[str]] = {
    "guild_id": [GUILD_ID, "7002"],
    "channel_id": [CHANNEL_ID, "8002"],
    "user_id_of_kook": ["30001", "30002"],
}
_EVENT = REPOSITORY_ROOT / "events" / "kook" / "text.json"


@dataclass(frozen=True, slots=True)
class Seeded:
    """``known`` are values that exist, by what they are: ids of accounts, tokens of agents and so on."""

    stack: EmbeddedStack
    outside: OutsideWorld
    robots_admin_token: str
    user_token: str
    device_token: str
    monitor_api_key: str
    known: Mapping[str, Sequence[Any]] = field(default_factory=dict)


class _Operator:
    """The installation's owner: API token, administrator's password, and a browser that is signed in."""

    def __init__(self, stack: EmbeddedStack) -> None:
        self._stack = stack
        self._http = requests.Session()
        self._http.trust_env = False

    def call(self, method: str, path: str, body: Any = None, **options: Any) -> Any:
        """The JSON of a call that has to succeed."""
        answer = self._http.request(
            method, self._stack.base_url + path, json=body, headers=self._stack.headers, timeout=60, **options
        )
        assert answer.ok, f"{method} {path}: {answer.status_code} {answer.text[:500]}"
        return answer.json()

    def sign_in(self) -> str:
        """The robots' administrator token. The browser is signed in to the monitor from then on."""
        return str(self.call("POST", "/api/auth/login", {"password": ADMIN_PASSWORD})["robots_admin_token"])


@contextmanager
def seeded_stack(folder: Path) -> Iterator[Seeded]:
    """Nothing of it reaches the network: all outgoing requests end in an OutsideWorld."""
    with OutsideWorld() as outside:
        environment = {
            **outside.environment(),
            "ADMIN_PASSWORD": ADMIN_PASSWORD,
            "ADMIN_PHONE": ADMIN_PHONE,
            "ROBOTS_RATE_LIMIT_PER_MINUTE": "1000000",
            "MONITOR_PULL_SECONDS": "0",
            "MONITOR_REMOTE_COMMANDS": "on",
        }
        with EmbeddedStack(folder / "data", environment=environment) as stack:
            operator = _Operator(stack)
            admin_token = operator.sign_in()
            user_token, device_token, robots = _seed_robots(stack)
            known = {
                **_seed_relay(operator),
                **_seed_accounts(operator, outside),
                **_seed_monitor(operator),
                **robots,
            }
            yield Seeded(stack, outside, admin_token, user_token, device_token, MONITOR_API_KEY, known)


def _seed_relay(operator: _Operator) -> dict[str, list[Any]]:
    account = {"bot_token": DEFAULT_BOT_TOKEN, "verify_token": VERIFY_TOKEN}
    accounts = [
        operator.call("POST", "/api/accounts", {"email": f"seed{number}@example.com", **account})
        for number in range(2 * _MANY)
    ]
    account_ids = [account["account_id"] for account in accounts]
    bot_ids = configure_destinations(operator.call, CHANNEL_ID)
    event = json.loads(_EVENT.read_text("utf-8"))
    event["d"] |= {"target_id": CHANNEL_ID, "verify_token": VERIFY_TOKEN}
    webhook_path = "/webhook/" + accounts[0]["webhook_url"].partition("/webhook/")[2]
    operator.call("POST", webhook_path, event)
    log = eventually(lambda: operator.call("GET", "/api/deliveries", params={"status": "success"})["data"])
    for _ in range(_MANY):
        operator.call("POST", "/api/backup/create", {})
    return {
        "relay_account_id": account_ids[:_MANY],
        "relay_account_to_delete": account_ids[_MANY:],
        **_KOOK_IDS,
        "bot_id": list(bot_ids.values()),
        "mapping_id": [row["id"] for row in operator.call("GET", "/api/mappings")["data"]],
        "delivery_id": [str(row["id"]) for row in log],
        "backup_id": [row["backup_id"] for row in operator.call("GET", "/api/backup/list")["backups"]],
    }


def _seed_accounts(operator: _Operator, outside: OutsideWorld) -> dict[str, list[Any]]:
    account_ids: list[str] = []
    pool_ids: list[str] = []
    for platform in (*PLATFORMS, *PLATFORMS):
        cookie = outside.content_platforms.issue(platform, f"seed-{len(account_ids)}")
        created = operator.call("POST", "/api/v1/accounts", {"platform": platform, "cookie_data": cookie})
        account_ids.append(created["data"]["account_id"])
        pool = operator.call("POST", "/api/v1/pools", {"name": f"seed {len(pool_ids)}", "platform": platform})
        pool_ids.append(pool["data"]["pool_id"])
        operator.call("POST", f"/api/v1/pools/{pool_ids[-1]}/members", {"account_id": account_ids[-1]})
    kept = len(PLATFORMS)
    return {
        "content_account_id": account_ids[:kept],
        "content_account_to_delete": account_ids[kept:],
        "pool_id": pool_ids[:kept],
        "pool_to_delete": pool_ids[kept:],
        "content_platform": list(PLATFORMS),
    }


def _seed_monitor(operator: _Operator) -> dict[str, list[Any]]:
    operator.call("POST", "/api/admin/settings/", {"api_key": MONITOR_API_KEY})
    nodes = [operator.call("POST", "/api/admin/client/add", {"name": f"seed {number}"}) for number in range(2 * _MANY)]
    uuids = [node["uuid"] for node in nodes]
    task = {"name": "seed", "type": "tcp", "target": "192.0.2.1:80", "interval": 60, "clients": uuids[:1]}
    operator.call("POST", "/api/admin/ping/add", task)
    tasks = operator.call("GET", "/api/admin/ping/")["data"]
    return {
        "node_uuid": uuids[:_MANY],
        "node_to_remove": uuids[_MANY:],
        "agent_token": [node["token"] for node in nodes[:_MANY]],
        "ping_task_id": [task["id"] for task in tasks],
    }


def _seed_robots(stack: EmbeddedStack) -> tuple[str, str, dict[str, list[Any]]]:
    """A user's token, a device's token, and what they are asked about. The device's robot is another user's, so that
    no call deletes it under the device."""
    robots = RobotsStack(stack)
    user, owner, disabled = robots.new_user(), robots.new_user(), robots.new_user()
    device = robots.new_robot(owner)
    robot_ids = [robots.new_robot(user).robot_id for _ in range(2 * _MANY)]
    known = {
        "device_robot_id": [device.robot_id],
        "robot_id": robot_ids[:_MANY],
        "robot_to_delete": robot_ids[_MANY:],
        "activation_code": [robots.new_code() for _ in range(_MANY)],
        "user_id": [disabled.user_id],
    }
    return user.token, device.token, known
