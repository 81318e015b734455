"""Third-party callbacks and the WorkTool client over the embedded stack."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import aiohttp
import pytest
import requests

from tests.durable_engines import needs_durable_engines
from tests.embedded import EmbeddedStack, eventually
from tests.integration.robot_device import FRAME_WITHIN_SECONDS, RobotState, worktool_connected
from tests.integration.robot_stack import FILE, GROUP, IMAGE, TEXT
from tests.standins.server import Answer, Fault
from tests.unit.robots.chat_model_server import API_KEY, ChatModelStandIn
from tests.unit.robots.third_party_server import SECRET, ThirdPartyStandIn

pytestmark = needs_durable_engines


@pytest.fixture(scope="module")
def model() -> Iterator[ChatModelStandIn]:
    with ChatModelStandIn() as running:
        yield running


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory, model: ChatModelStandIn) -> Iterator[EmbeddedStack]:
    environment = {
        "OUTBOUND_ALLOW": "127.0.0.1/32",
        "KOOK_API_BASE": "http://127.0.0.1:9/api/v3",
        "AI_PROVIDERS": json.dumps({"custom": {"base_url": f"{model.base_url}/v1", "api_key": API_KEY}}),
    }
    with EmbeddedStack(tmp_path_factory.mktemp("callbacks") / "data", environment=environment) as running:
        yield running
        assert SECRET not in running.output()
        assert API_KEY not in running.output()


@pytest.fixture(scope="module")
def state(stack: EmbeddedStack) -> RobotState:
    return RobotState(stack)


@pytest.fixture
def third_party() -> Iterator[ThirdPartyStandIn]:
    with ThirdPartyStandIn() as running:
        yield running


def told(third_party: ThirdPartyStandIn, count: int) -> list[dict[str, Any]]:
    return eventually(lambda: third_party.told if len(third_party.told) >= count else None)


def report(robot_id: str, spoken: str) -> dict[str, Any]:
    return {
        "robotId": robot_id,
        "spoken": spoken,
        "rawSpoken": spoken,
        "receivedName": "小红",
        "groupName": GROUP,
        "roomType": 1,
        "atMe": True,
        "textType": 1,
        "timestamp": datetime.now(UTC).isoformat(),
    }


@pytest.mark.parametrize("form", ["body", "robot_body_time"])
def test_messages_and_results_are_told_and_verified(
    stack: EmbeddedStack, state: RobotState, third_party: ThirdPartyStandIn, form: str
) -> None:
    robot, token = state.activated(f"device-{form}")
    third_party.form = form
    third_party.script(Fault(answer=Answer(503)))
    state.third_parties.configure(
        robot.robot_id,
        {
            "message_callback_url": third_party.url,
            "result_callback_url": third_party.url,
            "enable_signature": True,
            "secret_key": SECRET,
            "signature_form": form,
        },
    )
    command = state.commands.enqueue(robot.robot_id, "send_message", TEXT)
    state.commands.hand_out(robot.robot_id)

    def post(path: str, body: dict[str, Any]) -> None:
        answer = requests.post(
            stack.base_url + path, json=body, headers={"Authorization": f"Bearer {token}"}, timeout=30
        )
        assert answer.status_code == 200, answer.text

    post("/api/robot/messages", report(robot.robot_id, "在吗"))
    assert told(third_party, 1)[0]["spoken"] == "在吗"
    result = {"robotId": robot.robot_id, "commandId": command.command_id, "errorCode": 0, "executionTimeMs": 1500}
    post("/api/robot/command-result", result)
    answered = told(third_party, 2)[1]
    assert (answered["commandId"], answered["errorCode"]) == (command.command_id, 0)
    assert answered["successList"] == [GROUP]


def test_the_worktool_client_gets_exactly_what_is_pending_and_reports(
    stack: EmbeddedStack, state: RobotState, third_party: ThirdPartyStandIn
) -> None:
    robot = state.without_device("小助手")
    state.third_parties.configure(robot.robot_id, {"message_callback_url": third_party.url})

    def queue(params: dict[str, Any]) -> str:
        return state.commands.enqueue(robot.robot_id, "send_message", params).command_id

    async def take(count: int) -> dict[str, int]:
        """Frames in the order in which the client's source sends them."""
        taken: dict[str, int] = {}
        async with worktool_connected(stack, robot.robot_id) as socket:
            await socket.send_str('{"td":1703000000000}')
            for _ in range(count):
                frame = json.loads(await asyncio.wait_for(socket.receive_str(), FRAME_WITHIN_SECONDS))
                assert frame["socketType"] == 2
                taken[frame["messageId"]] = frame["list"][0]["type"]
                await socket.send_str(json.dumps({"socketType": 1, "messageId": frame["messageId"]}))
                item = {"rawMsg": "{}", "errorCode": 0, "errorReason": "", "runTime": 1, "timeCost": 1.5}
                await socket.send_str(json.dumps({"socketType": 3, "messageId": frame["messageId"], "list": [item]}))
            await socket.send_str('{"type":11}')
            spoken = {"sender": 0, "textType": 1, "itemMessageList": [{"feature": 2, "text": "@小助手 在吗"}]}
            chat = {"type": 101, "roomType": 1, "titleList": [GROUP], "messageList": [{**spoken, "nameList": ["小红"]}]}
            await socket.send_str(json.dumps({"socketType": 2, "messageId": "m", "list": [chat]}))
            await asyncio.to_thread(told, third_party, len(third_party.told) + 1)
        return taken

    def succeeded(ids: set[str]) -> bool:
        found = [state.store.command(robot.robot_id, command_id) for command_id in ids]
        return all(command is not None and command.state == "success" for command in found)

    first = queue(TEXT)
    assert asyncio.run(take(1)) == {first: 203}
    second = {queue(IMAGE): 218, queue(FILE): 218}
    assert asyncio.run(take(2)) == second
    assert eventually(lambda: succeeded({first, *second}))
    assert {(one["spoken"], one["atMe"]) for one in third_party.told} == {("在吗", True)}


def test_an_activated_robots_id_opens_no_worktool_socket(stack: EmbeddedStack, state: RobotState) -> None:
    robot, _ = state.activated("device-with-token")

    async def knock() -> int:
        with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
            async with worktool_connected(stack, robot.robot_id):
                pass
        return refused.value.status

    assert asyncio.run(knock()) == 401


def test_the_worktool_calls_are_answered_as_its_own_server_does(
    stack: EmbeddedStack, state: RobotState, third_party: ThirdPartyStandIn
) -> None:
    robot = state.without_device("小助手")

    def call(method: str, path: str, body: Any = None) -> dict[str, Any]:
        answer = requests.request(
            method, stack.base_url + path, params={"robotId": robot.robot_id}, json=body, timeout=30
        )
        assert answer.status_code == 200, answer.text
        parsed: dict[str, Any] = answer.json()
        assert parsed["code"] == 200
        return parsed

    assert call("GET", "/test")["message"] == "success"
    assert call("GET", "/appUpdate/checkUpdate")["data"] == {}
    update = {"robotId": robot.robot_id, "openCallback": 1, "callbackUrl": third_party.url}
    call("POST", "/robot/robotInfo/update", update)
    shown = call("GET", "/robot/robotInfo/get")["data"]
    assert (shown["openCallback"], shown["callbackUrl"], shown["encryptType"]) == (1, third_party.url, 0)
    for reply_all in (2, 0):
        call("POST", "/robot/robotInfo/update", {"robotId": robot.robot_id, "replyAll": reply_all})
        assert call("GET", "/robot/robotInfo/get")["data"] == {**shown, "replyAll": reply_all}
    datetime.strptime(shown["createTime"], "%Y-%m-%dT%H:%M:%S").replace(tzinfo=UTC)
    assert call("GET", "/robot/robotInfo/online")["data"] is False
    text = {"type": 203, "titleList": [GROUP], "receivedContent": "你好"}
    file = {"type": 218, "titleList": [GROUP], "objectName": "r.pdf", "fileUrl": FILE["fileUrl"], "fileType": "*"}
    sent = call("POST", "/wework/sendRawMessage", {"socketType": 2, "list": [text, file]})
    assert sent["data"] == sent["ids"][0]
    kept = [state.store.command(robot.robot_id, command_id) for command_id in sent["ids"]]
    assert [command and dict(command.params) for command in kept] == [
        {"type": "text", "titleList": [GROUP], "content": "你好"},
        FILE,
    ]


@pytest.mark.parametrize("list_", [[], [{"type": 205}], [{"type": 203, "titleList": []}], "odd"])
def test_raw_commands_that_cannot_be_are_refused_whole(stack: EmbeddedStack, state: RobotState, list_: Any) -> None:
    robot = state.without_device("小助手")
    body = {"socketType": 2, "list": list_}
    url = f"{stack.base_url}/wework/sendRawMessage"
    assert requests.post(url, params={"robotId": robot.robot_id}, json=body, timeout=30).status_code == 400
    assert list(state.store.open_commands(robot.robot_id, 10)) == []


def test_an_activated_robot_is_unknown_to_the_worktool_calls(stack: EmbeddedStack, state: RobotState) -> None:
    robot, _ = state.activated("device-unknown-to-worktool")
    for robot_id in (robot.robot_id, "", "short"):
        answer = requests.get(f"{stack.base_url}/robot/robotInfo/get", params={"robotId": robot_id}, timeout=30)
        assert answer.status_code == 404


def test_a_reported_message_is_answered_by_the_robots_chat_model(
    stack: EmbeddedStack, state: RobotState, model: ChatModelStandIn
) -> None:
    robot, token = state.activated("device-with-answers")
    settings = replace(robot.settings, ai_provider="custom", ai_model="m", reply_delay_min=0, reply_delay_max=1)
    assert state.store.replace_robot(replace(robot, settings=settings))
    answer = requests.post(
        f"{stack.base_url}/api/robot/messages",
        json=report(robot.robot_id, "几点开门"),
        headers={"Authorization": f"Bearer {token}"},
        timeout=30,
    )
    assert answer.status_code == 200, answer.text
    (command,) = eventually(lambda: list(state.store.open_commands(robot.robot_id, 5)))
    assert dict(command.params) == {
        "type": "text",
        "titleList": [GROUP],
        "content": "answer to 几点开门",
        "atList": ["小红"],
    }
    assert [asked["model"] for asked in model.asked] == ["m"]
