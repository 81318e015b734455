"""One embedded stack for the whole walk, with a machine that reported and one that is hidden."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from typing import Any

import pytest
import requests

from tests.durable_engines import require_durable_engines
from tests.embedded import REPOSITORY_ROOT, EmbeddedStack
from tests.integration.test_websocket_push import engine

PASSWORD = "correct horse battery staple"
CONTRACT = json.loads((REPOSITORY_ROOT / "tests/data/contracts/monitor.json").read_text("utf-8"))
RECORD = {
    "cpu": 15.5,
    "gpu": 0,
    "ram": 179847168,
    "ram_total": 479670272,
    "swap": 104382464,
    "swap_total": 2147479552,
    "load": 0.07,
    "temp": 0,
    "disk": 6860439552,
    "disk_total": 10524137472,
    "net_in": 1024,
    "net_out": 2048,
    "net_total_up": 9935855576,
    "net_total_down": 32250973581,
    "process": 80,
    "connections": 59,
    "connections_udp": 4,
}


def entry(entry_id: str) -> dict[str, Any]:
    found: dict[str, Any] = next(each for each in CONTRACT["endpoints"] if each["id"] == entry_id)
    return found


def example(entry_id: str) -> Any:
    """The body that the contract shows as the answer."""
    return next(each["body"] for each in entry(entry_id)["examples"] if each["role"] == "response")


class Site:
    """The monitor as a visitor and as its administrator see it."""

    def __init__(self, stack: EmbeddedStack) -> None:
        self.stack = stack
        self.visitor, self.admin = self.browser(), self.browser()
        self.log_in(self.admin)
        self.uuid, self.token = self.new_node("reporting")
        self.hidden, self.hidden_token = self.new_node("hidden")
        self.done(f"/api/admin/client/{self.hidden}/edit", {"hidden": True})
        self.report = {k: v for k, v in example("recent")["data"][0].items() if k != "updated_at"}

    def browser(self) -> requests.Session:
        session = requests.Session()
        session.trust_env = False
        return session

    def log_in(self, browser: requests.Session) -> requests.Response:
        answer = self.send("POST", "/api/login", {"username": "admin", "password": PASSWORD}, browser)
        assert answer.status_code == 200, answer.text
        return answer

    def send(
        self, method: str, path: str, body: Any = None, browser: requests.Session | None = None, **options: Any
    ) -> requests.Response:
        """As a visitor, unless another browser is given. Redirects are not followed."""
        return (browser or self.visitor).request(
            method, self.stack.base_url + path, json=body, timeout=30, allow_redirects=False, **options
        )

    def done(self, path: str, body: Any = None, method: str = "POST") -> Any:
        """An administrator's call that must succeed."""
        answer = self.send(method, path, body, self.admin)
        assert answer.status_code == 200, (path, answer.text)
        return answer.json()

    def settings(self, **wanted: Any) -> None:
        self.done("/api/admin/settings/", wanted)

    def new_node(self, name: str) -> tuple[str, str]:
        added = self.done("/api/admin/client/add", {"name": name})
        return added["uuid"], added["token"]

    def report_now(self, token: str) -> None:
        answer = self.send("POST", f"/api/clients/report?token={token}", self.report)
        assert answer.status_code == 200, answer.text

    def put(self, pk: str, sk: int, body: Any) -> None:
        """A row of the monitor's table, as the roll-up writes it."""
        row = {"pk": {"S": pk}, "sk": {"S": f"{sk:015d}"}, "body": {"S": json.dumps(body)}, "revision": {"N": "1"}}
        engine(self.stack).put_item(TableName="kook-relay-MonitorTable", Item=row)

    def put_records(self, uuid: str, count: int = 10) -> None:
        minute = int(time.time()) // 60 * 60
        for number in range(1, count + 1):
            self.put(f"load#{uuid}#60", minute - number * 60, RECORD)

    def put_pings(self, uuid: str, task_id: int, values: list[int]) -> None:
        now_ms = int(time.time() * 1000)
        for number, value in enumerate(values, 1):
            self.put(f"ping#{uuid}#{task_id}", now_ms - number * 30_000, {"value": value})


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    require_durable_engines()
    folder = tmp_path_factory.mktemp("monitor") / "data"
    with EmbeddedStack(folder, environment={"ADMIN_PASSWORD": PASSWORD}) as stack:
        yield Site(stack)
