"""Agents of monitored machines, as the console's tests play them: over HTTP, and with a past."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests

from tests.browser.stage import console_stage
from tests.browser.visitor import ADMIN_PASSWORD
from tests.e2e.stage import Relay

GIB = 1024**3
REPORT_SECONDS = 1.0
BASIC_INFO: dict[str, Any] = {
    "arch": "amd64",
    "cpu_name": "AMD EPYC",
    "cpu_cores": 4,
    "cpu_physical_cores": 4,
    "os": "Debian GNU/Linux 12 (bookworm)",
    "kernel_version": "6.1.0-18-amd64",
    "ipv4": "192.0.2.10",
    "mem_total": 8 * GIB,
    "swap_total": 2 * GIB,
    "disk_total": 80 * GIB,
    "gpu_name": "None",
    "virtualization": "kvm",
    "version": "1.0.0",
}


def report(cpu_percent: float) -> dict[str, Any]:
    return {
        "cpu": {"usage": cpu_percent},
        "ram": {"total": 8 * GIB, "used": 3 * GIB},
        "swap": {"total": 2 * GIB, "used": GIB // 4},
        "load": {"load1": 0.52, "load5": 0.61, "load15": 0.58},
        "disk": {"total": 80 * GIB, "used": 62 * GIB},
        "network": {"up": 52_000, "down": 1_400_000, "totalUp": 7 * GIB, "totalDown": 91 * GIB},
        "connections": {"tcp": 143, "udp": 12},
        "uptime": 864_000,
        "process": 187,
        "message": "",
    }


class Monitor:
    """The administrator's calls, by the cookie of a sign-in of its own."""

    def __init__(self, relay: Relay) -> None:
        self._base_url = relay.stack.base_url
        self._http = requests.Session()
        self._http.trust_env = False
        self.call("POST", "/api/login", {"username": "admin", "password": ADMIN_PASSWORD})

    def call(self, method: str, path: str, body: Any = None) -> Any:
        answer = self._http.request(method, self._base_url + path, json=body, timeout=30)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def add_node(self, name: str) -> tuple[str, str]:
        """(uuid, token)."""
        added = self.call("POST", "/api/admin/client/add", {"name": name})
        return added["uuid"], added["token"]

    def add_ping_task(self, name: str, *uuids: str) -> int:
        body = {"clients": list(uuids), "name": name, "target": "192.0.2.1", "type": "icmp", "interval": 1}
        return int(self.call("POST", "/api/admin/ping/add", body)["data"]["task_id"])


class Agent:
    """Reports for the machine with that token until it is stopped."""

    def __init__(self, relay: Relay, token: str) -> None:
        self._base_url = relay.stack.base_url
        self._token = token
        self._http = requests.Session()
        self._http.trust_env = False
        self.cpu_percent = 37.0

    def post(self, path: str, body: Any) -> None:
        answer = self._http.post(f"{self._base_url}{path}", params={"token": self._token}, json=body, timeout=30)
        assert answer.status_code == 200, answer.text

    def introduce(self) -> None:
        self.post("/api/clients/uploadBasicInfo", BASIC_INFO)

    def report(self) -> None:
        self.post("/api/clients/report", report(self.cpu_percent))

    def ping_result(self, task_id: int, value_ms: int) -> None:
        self.post("/api/clients/ping/result", {"task_id": task_id, "value": value_ms})

    @contextmanager
    def reporting(self) -> Iterator[None]:
        """Introduced, with the first report taken, and one more every second."""
        self.introduce()
        self.report()
        stopped = threading.Event()

        def work() -> None:
            while not stopped.wait(REPORT_SECONDS):
                self.report()

        thread = threading.Thread(target=work, daemon=True)
        thread.start()
        try:
            yield
        finally:
            stopped.set()
            thread.join(timeout=10)


@dataclass(frozen=True, slots=True)
class MachinesStage:
    """``drawn`` is the id of a machine that reports all the time and has pinged a gateway: its first record takes a
    minute."""

    relay: Relay
    monitor: Monitor
    drawn: str


@contextmanager
def machines_stage(folder: Path) -> Iterator[MachinesStage]:
    with console_stage(folder) as relay:
        monitor = Monitor(relay)
        uuid, token = monitor.add_node("drawn")
        task_id = monitor.add_ping_task("gateway", uuid)
        agent = Agent(relay, token)
        with agent.reporting():
            answered_pings(agent, task_id, [12, 15, 11, -1, 14, 90, 13, 12, 16, 15])
            yield MachinesStage(relay, monitor, uuid)


def answered_pings(agent: Agent, task_id: int, values_ms: list[int]) -> None:
    """One answer for each value, a moment apart: two in the same millisecond would be one record."""
    for value in values_ms:
        agent.ping_result(task_id, value)
        time.sleep(0.02)
