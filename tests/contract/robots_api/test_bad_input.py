"""Whatever is sent for whatever field, the answer is a JSON refusal or a success, and never a failure of the server."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
import requests

from tests.contract.robots_api.robots_stack import RobotsStack
from tests.contract.robots_api.test_walk import ENTRIES, Scene

WRONG: tuple[Any, ...] = (
    None,
    -1,
    2**63,
    10**400,
    1e308,
    True,
    "",
    "x" * 5000,
    "\ud800",
    "\x00",
    [],
    {},
    [None],
    "0001-01-01T00:00:00+14:00",
)
WRONG_IN_QUERIES = (
    "x" * 5000,
    "-1",
    "0",
    "99999999999999999999",
    "\x00",
    "2024-02-30",
    "0001-01-01 00:00:00",
    "9999-12-31 23:59:59",
)
WRONG_IN_PATHS = ("x" * 3000, "%00", "%ff%fe", "%F0%9F%98%80", "1" * 400)
WORKTOOL_CALLS: dict[str, dict[str, Any]] = {
    "/wework/sendRawMessage": {"socketType": 2, "list": [{"type": 203, "titleList": ["x"], "receivedContent": "y"}]},
    "/robot/robotInfo/update": {"openCallback": 1, "callbackUrl": "https://example.com", "replyAll": 1},
    "/robot/robotInfo/callBack/bind": {"type": 1, "callBackUrl": "https://example.com"},
    "/robot/robotInfo/callBack/deleteByType": {"type": 1},
}


@pytest.fixture(scope="module")
def scene(robots: RobotsStack) -> Scene:
    user = robots.new_user()
    return Scene(robots, user, robots.new_robot(user), robots.admin_token())


def variants(body: Any) -> Iterator[Any]:
    """The body with each of its fields, however deep, replaced by each wrong value."""
    yield from WRONG
    if isinstance(body, dict):
        for name, value in body.items():
            yield from ({**body, name: wrong} for wrong in variants(value))
    elif isinstance(body, list) and body:
        yield from ([wrong, *body[1:]] for wrong in variants(body[0]))


def check(scene: Scene, method: str, path: str, body: Any = None, token: str | None = None, **query: Any) -> None:
    answer = requests.request(
        method,
        scene.robots.stack.base_url + path,
        params=query,
        data=None if body is None else json.dumps(body),
        headers={"Authorization": f"Bearer {token}"} if token else {},
        timeout=30,
    )
    sent = f"{method} {path[:80]} {str(query)[:80]} {str(body)[:200]!a}"
    assert answer.status_code < 500, f"{sent}: {answer.text}"
    assert isinstance(answer.json()["code"], int), sent


@pytest.mark.parametrize("name", ENTRIES)
def test_no_entry_fails_on_what_is_sent(scene: Scene, name: str) -> None:
    entry = ENTRIES[name]
    auth = entry["auth"] or ""
    token = scene.admin if "admin" in auth else scene.robot.token if "robot" in auth else scene.user.token
    shown = next((each["body"] for each in entry["examples"] if each["role"] == "request"), None)
    if shown is not None and "robotId" in shown:
        shown = {**shown, "robotId": scene.robot.robot_id}
    path = entry["path"].format(robotId=scene.robot.robot_id, code="NOSUCHCODE", userId="900000001")
    for wrong in variants(shown) if shown is not None else ():
        check(scene, entry["method"], path, wrong, token)
    for parameter in entry["query"]:
        for wrong in WRONG_IN_QUERIES:
            check(scene, entry["method"], path, shown, token, **{parameter: wrong})
    for wrong in WRONG_IN_PATHS if entry["path_params"] else ():
        path = entry["path"].format(robotId=wrong, code=wrong, userId=wrong)
        check(scene, entry["method"], path, shown, token)


def test_no_worktool_call_fails_on_what_is_sent(scene: Scene) -> None:
    owner = scene.robots.new_user()
    robot_id = scene.robots.data("POST", "/api/robots", {"name": "x"}, token=owner.token)["robotId"]
    for path, body in WORKTOOL_CALLS.items():
        for wrong in variants(body):
            check(scene, "POST", path, wrong, robotId=robot_id)
    for parameter in ("robotId", "page", "size", "type", "messageId", "sort", "startTime", "endTime"):
        for wrong in WRONG_IN_QUERIES:
            check(scene, "GET", "/robot/rawMsg/list", **{"robotId": robot_id, parameter: wrong})
    for wrong in WRONG_IN_PATHS:
        check(scene, "GET", f"/fileUpload/files/{wrong}")
