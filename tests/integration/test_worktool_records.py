"""WorkTool's calls for commands, callbacks and files over the embedded stack."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from shared.robots.command_states import CommandResult
from shared.robots.device_requests import MAX_PICTURE_BYTES
from shared.robots.third_party import ThirdParty
from tests.contract.robots_api.robots_stack import RobotsStack
from tests.durable_engines import needs_durable_engines
from tests.embedded import EmbeddedStack
from tests.integration.robot_device import RobotState
from tests.integration.robot_stack import FILE, GROUP, TEXT
from tests.integration.worktool_caller import WorkToolCaller

pytestmark = needs_durable_engines


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedStack]:
    environment = {"ROBOTS_RATE_LIMIT_PER_MINUTE": "100000", "TIME_ZONE": "Asia/Shanghai"}
    with EmbeddedStack(tmp_path_factory.mktemp("worktool") / "data", environment=environment) as running:
        yield running


@pytest.fixture
def caller(stack: EmbeddedStack) -> WorkToolCaller:
    return WorkToolCaller(stack)


def test_what_became_of_commands_is_listed_as_the_original_does(caller: WorkToolCaller) -> None:
    commands = caller.state.commands
    done = commands.enqueue(caller.robot_id, "send_message", TEXT).command_id
    commands.hand_out(caller.robot_id)
    commands.record_result(caller.robot_id, done, CommandResult(0, "", 4515))
    waiting = commands.enqueue(caller.robot_id, "send_message", FILE).command_id
    relayed = commands.enqueue_once("cmd_relay_1", caller.robot_id, "send_message", TEXT).command_id
    (result,) = caller.data("GET", "/robot/rawMsg/list", page=1, size=10, sort="run_time,desc")["list"]
    assert json.loads(result.pop("rawMsg"))["receivedContent"] == TEXT["content"]
    assert [len(result.pop(name)) for name in ("runTime", "createTime")] == [len("2024-04-28T11:00:00")] * 2
    assert result == {
        "messageId": done,
        "robotId": caller.robot_id,
        "type": 203,
        "apiSend": 1,
        "rawSuccess": 0,
        "errorReason": "",
        "timeCost": 4.515,
        "successList": f'["{GROUP}"]',
        "failList": "[]",
        "metaJson": "",
    }

    def listed(**query: Any) -> list[str]:
        return [row["messageId"] for row in caller.data("GET", "/wework/listRawMessage", **query)["list"]]

    assert listed() == [waiting, done]
    assert listed(sort="run_time,asc") == [done, waiting]
    assert [listed(page=page, size=1) for page in (1, 2, 3)] == [[waiting], [done], []]
    assert listed(type=218) == [waiting]
    assert listed(messageId=relayed) == [relayed]
    assert listed(messageId="cmd_of_another") == []
    # The stack's days are Shanghai's.
    written = dt.datetime.now(dt.timezone(dt.timedelta(hours=8)))
    before, after = ((written + dt.timedelta(minutes=minutes)).strftime("%Y-%m-%d %H:%M:%S") for minutes in (-5, 5))
    assert listed(startTime=before, endTime=after) == [waiting, done]
    assert listed(startTime=before.replace(" ", "T"), sort="run_time,asc") == [done, waiting]
    assert listed(startTime=after) == listed(endTime=before) == listed(startTime=after, endTime=before) == []
    for query in ({"startTime": "yesterday"}, {"endTime": "2024-13-01 00:00:00"}, {"endTime": "2024-12-01"}):
        assert caller.send("GET", "/robot/rawMsg/list", **query).status_code == 400
    for query in ({"page": 0}, {"size": "x"}, {"size": 201}, {"page": 1001, "size": 1}):
        assert caller.send("GET", "/robot/rawMsg/list", **query).status_code == 400


def test_callbacks_are_bound_listed_and_removed_by_type(caller: WorkToolCaller) -> None:
    for kind in (0, 1, 5, 6, 11):
        caller.data(
            "POST", "/robot/robotInfo/callBack/bind", {"type": kind, "callBackUrl": f"https://example.com/{kind}"}
        )
    shown = caller.data("GET", "/robot/robotInfo/callBack/get")
    assert [(one["type"], one["callBackUrl"]) for one in shown] == [
        (kind, f"https://example.com/{kind}") for kind in (0, 1, 5, 6, 11)
    ]
    kept = caller.state.third_parties.of(caller.robot_id)
    assert (kept.result_callback_url, kept.message_callback_url) == ("https://example.com/1", "https://example.com/11")
    left = caller.data("POST", "/robot/robotInfo/callBack/deleteByType", {"type": 1})
    assert left == caller.data("GET", "/robot/robotInfo/callBack/get") == [one for one in shown if one["type"] != 1]


def test_nothing_is_kept_of_the_callbacks_of_a_deleted_robot(stack: EmbeddedStack) -> None:
    robots = RobotsStack(stack)
    owner = robots.new_user()
    robot_id = robots.data("POST", "/api/robots", {"name": "x"}, token=owner.token)["robotId"]
    callbacks = {"messageCallbackUrl": "https://example.com/1", "enableSignature": True, "secretKey": "canary-secret"}
    robots.data("POST", "/api/robot/third-party/config", {"robotId": robot_id, **callbacks}, token=owner.token)
    kept = RobotState(stack).third_parties
    assert kept.of(robot_id).secret_key == "canary-secret"
    robots.data("DELETE", f"/api/robots/{robot_id}", token=owner.token)
    assert kept.of(robot_id) == ThirdParty(robot_id, version=2)


@pytest.mark.parametrize(
    "body",
    [
        {"type": 2, "callBackUrl": "https://example.com"},
        {"type": False, "callBackUrl": "https://example.com"},
        {"type": True, "callBackUrl": "https://example.com"},
        {"type": 1, "callBackUrl": ""},
        {"type": 1, "callBackUrl": "ftp://example.com"},
        {"type": "1", "callBackUrl": "https://example.com"},
        {"type": 1},
        {},
    ],
)
def test_a_callback_that_cannot_be_is_refused(caller: WorkToolCaller, body: dict[str, Any]) -> None:
    assert caller.send("POST", "/robot/robotInfo/callBack/bind", body).status_code == 400


def test_an_uploaded_file_is_kept_outside_the_tables_and_given_back_as_a_download(
    caller: WorkToolCaller, stack: EmbeddedStack
) -> None:
    content = bytes(range(256)) * 64
    answer = caller.upload(content)
    assert answer.status_code == 200, answer.text
    address = answer.json()["data"]
    assert address.startswith(f"{stack.base_url}/fileUpload/files/up_")
    got = requests.get(address, timeout=30)
    assert (got.status_code, got.content) == (200, content)
    assert got.headers["Content-Type"] == "application/octet-stream"
    assert (got.headers["Content-Disposition"], got.headers["X-Content-Type-Options"]) == ("attachment", "nosniff")
    stored = [file for file in Path(stack.data_dir).glob("robot-pictures/**/*") if file.is_file()]
    assert content in [file.read_bytes() for file in stored]


def test_a_file_that_is_too_large_or_missing_is_refused(caller: WorkToolCaller) -> None:
    assert caller.upload(bytes(MAX_PICTURE_BYTES)).status_code == 200
    assert caller.upload(bytes(MAX_PICTURE_BYTES + 1)).status_code == 413
    assert caller.upload(bytes(MAX_PICTURE_BYTES + 200_000)).status_code == 413
    assert caller.upload(b"").status_code == 400
    assert caller.send("POST", "/fileUpload/upload", {"file": "x"}).status_code == 400


@pytest.mark.parametrize(
    "name", ["up_1733049000000_aaaaaaaaaaaaaaaa", "msg_1733049000000_aaaaaaaaaaaaaaaa", "..%2fdata.key", "x"]
)
def test_a_name_that_was_not_given_out_is_unknown(caller: WorkToolCaller, name: str) -> None:
    assert caller.send("GET", f"/fileUpload/files/{name}").status_code == 404


def test_nothing_of_it_is_for_a_robot_with_a_device(caller: WorkToolCaller) -> None:
    robot, _ = caller.state.activated("device-records")
    calls = [
        ("GET", "/robot/robotInfo/onlineInfos"),
        ("GET", "/robot/qaLog/list"),
        ("GET", "/robot/wework/group/list"),
        ("GET", "/robot/rawMsg/list"),
        ("GET", "/wework/listRawMessage"),
        ("POST", "/robot/robotInfo/callBack/bind"),
        ("GET", "/robot/robotInfo/callBack/get"),
        ("POST", "/robot/robotInfo/callBack/deleteByType"),
        ("POST", "/fileUpload/upload"),
    ]
    for method, path in calls:
        body = {"type": 1, "callBackUrl": "https://example.com"} if method == "POST" else None
        for robot_id in (robot.robot_id, "short", ""):
            assert caller.send(method, path, body, robotId=robot_id).status_code == 404, path
