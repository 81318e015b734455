"""A scripted device over the embedded stack: KOOK messages are its commands, it reports, drops out, comes back."""

from __future__ import annotations

import asyncio
import json
import uuid
from collections.abc import Iterator
from copy import deepcopy
from typing import Any

import aiohttp
import pytest
import requests

from shared.robots.models import Robot
from tests.durable_engines import needs_durable_engines
from tests.embedded import REPOSITORY_ROOT, EmbeddedStack, eventually
from tests.integration.robot_device import RobotState, connected
from tests.integration.robot_stack import FILE, GROUP, IMAGE, TEXT

VERIFY_TOKEN = "vt-EXAMPLE"
CHANNEL_ID = "5823400000000001"
EVENT = json.loads((REPOSITORY_ROOT / "tests/data/kook/expected/text.json").read_text("utf-8"))


pytestmark = needs_durable_engines


class WecomRelay:
    """The embedded stack with one KOOK channel mapped to a WeCom group through a robot."""

    def __init__(self, stack: EmbeddedStack) -> None:
        self.stack = stack
        self.state = RobotState(stack)
        self.robot, self.token = self.state.activated("device-a")
        account = self.call("POST", "/api/accounts", {"email": "r@example.com", "verify_token": VERIFY_TOKEN})
        self.account_id = account["account_id"]
        self.bot_id = self.make_bot(self.robot)
        self.call(
            "POST",
            "/api/mappings",
            {
                "kook_server_id": "6016389900000001",
                "kook_channel_id": CHANNEL_ID,
                "kook_channel_name": "聊天大厅",
                "target_platform": "wecom",
                "target_bot_id": self.bot_id,
                "target_channel_id": GROUP,
            },
        )

    def make_bot(self, robot: Robot) -> int:
        config = {"robot_id": robot.robot_id}
        return int(self.call("POST", "/api/bots", {"platform": "wecom", "name": "企业微信", "config": config})["id"])

    def call(self, method: str, path: str, body: Any = None) -> dict[str, Any]:
        answer = requests.request(method, self.stack.base_url + path, json=body, headers=self.stack.headers, timeout=30)
        assert answer.status_code < 300, answer.text
        parsed: dict[str, Any] = answer.json()
        return parsed

    def post_message(self, content: str) -> None:
        """A message as KOOK posts it."""
        frame = deepcopy(EVENT)
        message_id = str(uuid.uuid4())
        frame["d"] |= {"content": content, "msg_id": message_id, "nonce": message_id}
        answer = requests.post(f"{self.stack.base_url}/webhook/{self.account_id}", json=frame, timeout=30)
        assert answer.status_code == 200, answer.text

    def queue_command(self, params: dict[str, Any]) -> str:
        """A command as the HTTP API writes it; the robot learns of it when it is next looked after."""
        return self.state.commands.enqueue(self.robot.robot_id, "send_message", params).command_id

    def command_state(self, command_id: str) -> str:
        command = self.state.store.command(self.robot.robot_id, command_id)
        assert command is not None
        return command.state


@pytest.fixture(scope="module")
def relay(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WecomRelay]:
    environment = {"KOOK_API_BASE": "http://127.0.0.1:9/api/v3", "OUTBOUND_ALLOW": "127.0.0.1/32"}
    with EmbeddedStack(tmp_path_factory.mktemp("robots") / "data", environment=environment) as stack:
        running = WecomRelay(stack)
        yield running
        assert running.token not in stack.output()


@pytest.mark.parametrize("token", ["", "wrong", "eyJhbGciOiJub25lIn0.e30."])
def test_a_wrong_token_is_refused_before_the_upgrade(relay: WecomRelay, token: str) -> None:
    async def knock() -> int:
        with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
            async with connected(relay.stack, relay.robot.robot_id, token):
                pass
        return refused.value.status

    assert asyncio.run(knock()) == 401


def test_a_robot_cannot_open_anothers_socket(relay: WecomRelay) -> None:
    other, other_token = relay.state.activated("device-b")

    async def knock() -> int:
        with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
            async with connected(relay.stack, relay.robot.robot_id, other_token):
                pass
        return refused.value.status

    assert asyncio.run(knock()) == 401
    assert other.robot_id != relay.robot.robot_id


def test_kook_messages_reach_the_group_through_the_robot(relay: WecomRelay) -> None:
    async def talk() -> str:
        async with connected(relay.stack, relay.robot.robot_id, relay.token) as device:
            await device.say({"type": "ping"})
            assert (await device.hear("pong"))["timestamp"] > 0
            await asyncio.to_thread(relay.post_message, "你好，企业微信")
            command = await device.command()
            assert command["commandType"] == "send_message"
            assert command["commandParams"]["titleList"] == [GROUP]
            assert "你好，企业微信" in command["commandParams"]["content"]
            assert (await device.report(command["commandId"]))["data"]["status"] == "success"
            return str(command["commandId"])

    command_id = asyncio.run(talk())
    assert relay.command_state(command_id) == "success"
    logged = relay.call("GET", "/api/logs")
    assert '"wecom"' in json.dumps(logged), logged


def test_a_kook_message_whose_command_fails_in_the_end_is_failed_in_the_log(relay: WecomRelay) -> None:
    content = "没有这个群的消息"

    def logged() -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = relay.call("GET", "/api/logs")["data"]
        return [row for row in rows if content in row["content"]]

    async def refuse() -> str:
        async with connected(relay.stack, relay.robot.robot_id, relay.token) as device:
            await asyncio.to_thread(relay.post_message, content)
            for attempt in range(3):
                command = await device.command()
                if not attempt:
                    await asyncio.to_thread(eventually, lambda: [row["status"] for row in logged()] == ["success"])
                await device.report(command["commandId"], 201101)
            return str(command["commandId"])

    command_id = asyncio.run(refuse())
    assert relay.command_state(command_id) == "failed"
    (row,) = eventually(lambda: [row for row in logged() if row["status"] == "failed"])
    assert row["error_message"].startswith("reported error 201101")
    assert command_id in row["error_message"]


def test_a_device_that_comes_back_gets_exactly_what_is_pending(relay: WecomRelay) -> None:
    """A text, an image and a file; the connection is lost with two of them pending."""
    text = relay.queue_command(TEXT)

    async def first() -> None:
        async with connected(relay.stack, relay.robot.robot_id, relay.token) as device:
            command = await device.command()
            assert (command["commandId"], command["commandParams"]) == (text, TEXT)
            await device.report(text)

    async def second() -> list[dict[str, Any]]:
        async with connected(relay.stack, relay.robot.robot_id, relay.token) as device:
            received = await device.commands(2)
            for command in received:
                await device.report(command["commandId"])
            assert await device.hears_no_command()
            return received

    asyncio.run(first())
    wanted = {relay.queue_command(IMAGE): IMAGE, relay.queue_command(FILE): FILE}
    received = asyncio.run(second())
    assert {command["commandId"]: command["commandParams"] for command in received} == wanted
    assert {relay.command_state(command_id) for command_id in (text, *wanted)} == {"success"}


def test_a_failed_command_comes_again_and_after_three_tries_no_more(relay: WecomRelay) -> None:
    failing = relay.queue_command(TEXT)

    async def fail() -> list[str]:
        said = []
        async with connected(relay.stack, relay.robot.robot_id, relay.token) as device:
            for _ in range(3):
                command = await device.command()
                assert command["commandId"] == failing
                said.append((await device.report(failing, error_code=201102))["data"]["status"])
        return said

    assert asyncio.run(fail()) == ["pending", "pending", "failed"]
    assert relay.command_state(failing) == "failed"


def test_a_bot_whose_robot_is_unknown_says_so(relay: WecomRelay) -> None:
    config = {"robot_id": "robot_1_nobodynobodynobo", "target_groups": [GROUP]}
    bot = relay.call("POST", "/api/bots", {"platform": "wecom", "name": "nobody", "config": config})
    answer = requests.post(
        f"{relay.stack.base_url}/api/bots/{bot['id']}/test", headers=relay.stack.headers, json={}, timeout=30
    )
    assert "robot" in answer.text
    assert answer.json().get("success") is not True
