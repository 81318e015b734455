"""Whoever uses WorkTool's HTTP calls for a robot of a running stack."""

from __future__ import annotations

from typing import Any

import requests

from tests.embedded import EmbeddedStack
from tests.integration.robot_device import RobotState


class WorkToolCaller:
    """Calls for one robot, which has no activated device."""

    def __init__(self, stack: EmbeddedStack) -> None:
        self.stack = stack
        self.state = RobotState(stack)
        self.robot_id = self.state.without_device("小助手").robot_id

    def send(self, method: str, path: str, body: Any = None, **query: Any) -> requests.Response:
        query = {"robotId": self.robot_id} | query
        return requests.request(method, self.stack.base_url + path, params=query, json=body, timeout=30)

    def data(self, method: str, path: str, body: Any = None, **query: Any) -> Any:
        answer = self.send(method, path, body, **query)
        assert answer.status_code == 200, answer.text
        assert answer.json()["code"] == 200
        return answer.json()["data"]

    def upload(self, content: bytes, **query: Any) -> requests.Response:
        query = {"robotId": self.robot_id} | query
        url = f"{self.stack.base_url}/fileUpload/upload"
        return requests.post(url, params=query, files={"file": ("../x.html", content, "text/html")}, timeout=30)
