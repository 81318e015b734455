"""Every entry of the contract, called over HTTP on the embedded stack, held against the answer the contract shows."""

from __future__ import annotations

import base64
import datetime as dt
import itertools
import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar

import pytest

from tests.contract.robots_api.robots_stack import DEVICE, Activated, RobotsStack, SignedIn
from tests.embedded import REPOSITORY_ROOT

CONTRACT = json.loads((REPOSITORY_ROOT / "tests" / "data" / "contracts" / "robots.json").read_text("utf-8"))
ENTRIES = {entry["id"]: entry for entry in CONTRACT["endpoints"] if entry["method"] != "WS"}
TODAY = dt.datetime.now(dt.timezone(dt.timedelta(hours=8))).date().isoformat()
PNG = base64.b64encode(b"\x89PNG\r\n\x1a\n" + bytes(64)).decode()
_devices = itertools.count(1)


@dataclass
class Scene:
    """A user with a robot, and the administrator."""

    robots: RobotsStack
    user: SignedIn
    robot: Activated
    admin: str

    def command(self) -> str:
        """A command that the robot has been handed."""
        body = {"robotId": self.robot.robot_id, "type": "text", "titleList": ["x"], "content": "y"}
        command = self.robots.data("POST", "/api/robot/send-message", body, token=self.user.token)["commandId"]
        handed = self.robots.data("GET", "/api/robot/commands", token=self.robot.token, robotId=self.robot.robot_id)
        assert command in [each["commandId"] for each in handed["commands"]]
        return str(command)

    def request(self, entry: dict[str, Any]) -> tuple[str, Any, dict[str, Any], str | None]:
        """Path, body, query and token of a call that has to succeed."""
        auth = entry["auth"] or ""
        token = self.admin if "admin" in auth else self.robot.token if "robot" in auth else self.user.token
        path = entry["path"].format(robotId=self.robot.robot_id, code="", userId="")
        query: dict[str, Any] = {}
        if "startDate" in entry["query"]:
            query = {"startDate": TODAY, "endDate": TODAY}
        elif "robotId" in entry["query"]:
            query = {"robotId": self.robot.robot_id}
        body = self._body(entry)
        if entry["id"] == "admin.codes.disable":
            path = entry["path"].format(code=self.robots.new_code())
        elif entry["id"] == "admin.users.disable":
            path = entry["path"].format(userId=self.robots.new_user().user_id)
        elif entry["id"] == "robots.delete":
            path = entry["path"].format(robotId=self.robots.new_robot(self.user).robot_id)
        return path, body, query, token if auth else None

    def _body(self, entry: dict[str, Any]) -> Any:
        shown = next((each["body"] for each in entry["examples"] if each["role"] == "request"), None)
        if shown is None:
            return None
        changes = self._CHANGES.get(entry["id"], lambda scene, body: {})(self, shown)
        named = {"robotId": self.robot.robot_id} if "robotId" in shown else {}
        return {**shown, **named, **changes}

    _CHANGES: ClassVar[dict[str, Callable[[Scene, dict[str, Any]], dict[str, Any]]]] = {
        "user.send_sms": lambda scene, body: {"phone": "13700000001"},
        "user.login": lambda scene, body: {"phone": "13700000002", "code": scene.robots.login_code("13700000002")},
        "robot.activate": lambda scene, body: {
            "code": scene.robots.new_code(),
            "deviceInfo": {**body["deviceInfo"], "deviceId": f"walk-{next(_devices)}"},
        },
        "robot.refresh": lambda scene, body: {"refreshToken": scene.robot.refresh_token},
        "robot.report_message": lambda scene, body: {"textType": 2, "fileBase64": PNG},
        "robot.command_result": lambda scene, body: {"commandId": scene.command()},
        "admin.codes.create": lambda scene, body: {"boundUserId": scene.user.user_id},
        "admin.unbind": lambda scene, body: {"code": scene.robots.new_robot(scene.user).code},
    }


@pytest.fixture(scope="module")
def scene(robots: RobotsStack) -> Scene:
    user = robots.new_user()
    scene = Scene(robots, user, robots.new_robot(user), robots.admin_token())
    report = {
        "robotId": scene.robot.robot_id,
        "spoken": "你好啊",
        "rawSpoken": "@机器人 你好啊",
        "receivedName": "张三",
        "groupName": "测试群1",
        "roomType": 1,
        "atMe": True,
        "textType": 1,
        "timestamp": "2024-12-01T10:30:00Z",
    }
    robots.data("POST", "/api/robot/messages", report, token=scene.robot.token)
    return scene


def unlike(shown: Any, answered: Any, where: str = "$") -> list[str]:
    """Where an answer does not have the form of the example: a missing field, or a value of another type."""
    if where.endswith(".commandParams"):  # whatever the command is about
        return [] if isinstance(answered, dict) else [f"{where}: {answered!r} is no object"]
    if isinstance(shown, dict):
        if not isinstance(answered, dict):
            return [f"{where}: {answered!r} is no object"]
        missing = [f"{where}.{name} is missing" for name in shown if name not in answered]
        return missing + [
            line
            for name in shown
            if name in answered
            for line in unlike(shown[name], answered[name], f"{where}.{name}")
        ]
    if isinstance(shown, list):
        if not isinstance(answered, list):
            return [f"{where}: {answered!r} is no list"]
        return [line for each in answered for line in unlike(shown[0], each, f"{where}[]")] if shown else []
    if isinstance(shown, str) and re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{3})?Z", shown):
        form = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d" + (r"\.\d{3}Z" if "." in shown else "Z")
        return [] if re.fullmatch(form, str(answered)) else [f"{where}: {answered!r} is no such time"]
    number = isinstance(shown, int | float) and not isinstance(shown, bool)
    fits = (
        isinstance(answered, int | float) and not isinstance(answered, bool)
        if number
        else type(answered) is type(shown)
    )
    return [] if fits else [f"{where}: {answered!r} is not like {shown!r}"]


# An unused code has neither device nor user, and a log entry's details depend on what happened.
ONLY_TOTALS = {"admin.codes.list", "admin.logs"}


@pytest.mark.parametrize("name", ENTRIES)
def test_the_entry_answers_as_the_contract_shows(scene: Scene, name: str) -> None:
    entry = ENTRIES[name]
    path, body, query, token = scene.request(entry)
    answer = scene.robots.call(entry["method"], path, body, token=token, **query)
    shown = next(each["body"] for each in entry["examples"] if each["role"] == "response")
    assert answer.status_code == (shown["code"] or 200), answer.text
    found = answer.json()
    assert set(found) == {"code", "message", "data"}
    assert (found["code"], found["message"]) == (shown["code"], shown["message"])
    if name in ONLY_TOTALS:
        assert found["data"]["total"] >= len(found["data"]["list"]) > 0
    else:
        assert unlike(shown["data"], found["data"]) == []


def test_the_walk_covers_the_whole_contract() -> None:
    assert len(ENTRIES) == CONTRACT["counts"]["entries"] - CONTRACT["counts"]["ws"] == 28


def test_activation_answers_201_then_200_then_409(robots: RobotsStack) -> None:
    code = robots.new_code()
    first, again, other = (robots.activate(code.lower(), device) for device in ("dev-a", "dev-a", "dev-b"))
    assert [answer.status_code for answer in (first, again, other)] == [201, 200, 409]
    for answer, status in ((first, "201"), (again, "200"), (other, "409")):
        shown = ENTRIES["robot.activate"]["responses"][status]
        assert (answer.json()["code"], answer.json()["message"]) == (int(status), shown["message"])
        assert set(answer.json()["data"]) == set(shown["data"])
    assert first.json()["data"]["robotId"] == again.json()["data"]["robotId"]
    assert [answer.json()["data"]["isNewActivation"] for answer in (first, again)] == [True, False]
    assert other.json()["data"]["existingDeviceId"] == "dev-a"


def test_a_listed_code_and_a_noted_refusal_have_the_contracts_form(scene: Scene) -> None:
    codes = scene.robots.data("GET", "/api/admin/activation-codes", token=scene.admin, pageSize=100, status="used")
    (mine,) = [each for each in codes["list"] if each["code"] == scene.robot.code]
    shown = ENTRIES["admin.codes.list"]["examples"][0]["body"]["data"]["list"][0]
    assert unlike(shown, mine) == []
    assert (mine["price"], mine["boundUser"]["userId"], mine["deviceInfo"]["brand"]) == (
        50.0,
        scene.user.user_id,
        DEVICE["brand"],
    )
    unknown = scene.robots.activate("NOSUCHCODE", "dev-x")
    assert (unknown.status_code, unknown.json()["data"]) == (404, None)
    logs = scene.robots.data("GET", "/api/admin/logs", token=scene.admin, logType="api", level="error")
    entry = logs["list"][0]
    assert unlike(ENTRIES["admin.logs"]["examples"][0]["body"]["data"]["list"][0], entry) == []
    assert (entry["details"]["code"], entry["message"]) == ("CODE_UNKNOWN", unknown.json()["message"])
