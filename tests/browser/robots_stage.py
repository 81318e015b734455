"""A robot's device as the console's tests play it, over HTTP."""

from __future__ import annotations

import datetime as dt
import re
from typing import Any

from tests.e2e.stage import Relay
from tests.embedded import eventually

DEVICE = {"brand": "Xiaomi", "model": "Mi 10", "os": "Android", "osVersion": "13"}


def login_code(relay: Relay, phone: str) -> str:
    """The newest code for that phone, as the terminal shows it."""
    shown = re.compile(rf"Login code for {phone[:3]}\*\*\*\*{phone[-4:]}: ([0-9]{{6}})")
    codes: list[str] = eventually(lambda: shown.findall(relay.stack.output()))
    return codes[-1]


class Device:
    """Activated by ``code``; ``robot_id`` and its token are what it got for that."""

    def __init__(self, relay: Relay, code: str, device_id: str) -> None:
        self._relay = relay
        activated = self._call(
            "POST", "/api/robot-ids/activate", {"code": code, "deviceInfo": {**DEVICE, "deviceId": device_id}}
        )
        self.robot_id = str(activated["robotId"])
        self._token = str(activated["token"])

    def report(self, text: str, *, sender: str = "张三", group: str = "客户群") -> None:
        now = dt.datetime.now(dt.UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
        body = {"robotId": self.robot_id, "spoken": text, "rawSpoken": text, "receivedName": sender, "groupName": group}
        self._call(
            "POST", "/api/robot/messages", {**body, "roomType": 1, "atMe": True, "textType": 1, "timestamp": now}
        )

    def commands(self) -> list[dict[str, Any]]:
        """What it is to do now; each is handed out once."""
        found: list[dict[str, Any]] = self._call("GET", f"/api/robot/commands?robotId={self.robot_id}")["commands"]
        return found

    def result(self, command_id: str, *, error_code: int = 0, reason: str = "") -> None:
        body = {"robotId": self.robot_id, "commandId": command_id, "errorCode": error_code, "executionTimeMs": 1200}
        self._call("POST", "/api/robot/command-result", body | ({"errorReason": reason} if reason else {}))

    def _call(self, method: str, path: str, body: Any = None) -> Any:
        headers = {"Authorization": f"Bearer {self._token}"} if hasattr(self, "_token") else {}
        answer = self._relay.http.request(
            method, self._relay.stack.base_url + path, json=body, headers=headers, timeout=30
        )
        assert answer.status_code in (200, 201), answer.text
        return answer.json()["data"]
