"""A robot's device as the tests play it: activated in the stack's own table, then talking over its socket."""

from __future__ import annotations

import asyncio
import json
import os
import re
import time
import uuid
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from unittest.mock import patch

import aiohttp
from pynamodb.connection import Connection

from local.engines.supervisor import command_line
from shared.aws.tables import bind
from shared.robots.activation import Activations
from shared.robots.commands import Commands
from shared.robots.ids import stamped_id
from shared.robots.login_store import DynamoUsers
from shared.robots.models import Device, Robot
from shared.robots.rows import RobotsRow
from shared.robots.store import DynamoRobots
from shared.robots.table import RobotsTable
from shared.robots.third_party import ThirdParties
from shared.robots.third_party_store import DynamoThirdParties
from shared.robots.tokens import RobotTokens
from shared.security.jwt_tokens import JwtTokens
from shared.security.vault import Vault, load_data_key
from tests.embedded import EmbeddedStack

TABLE_NAME = "kook-relay-RobotsTable"
JWT_KEY_PURPOSE = "robots tokens"
FRAME_WITHIN_SECONDS = 60.0
_CREDENTIALS = {"AWS_ACCESS_KEY_ID": "embedded", "AWS_SECRET_ACCESS_KEY": "embedded"}


def now_ms() -> int:
    return time.time_ns() // 1_000_000


class RobotState:
    """The robots' records of a running stack, in its own DynamoDB engine."""

    def __init__(self, stack: EmbeddedStack) -> None:
        port = re.search(r"--port (\d+)", command_line(stack.engine_pids["dynoxide"]))
        assert port is not None
        with patch.dict(os.environ, _CREDENTIALS):
            connection = Connection(region="us-east-1", host=f"http://127.0.0.1:{port[1]}")
            _ = connection.client
        bind(RobotsRow, TABLE_NAME, connection)
        table = RobotsTable()
        self.store = DynamoRobots(table)
        self.commands = Commands(self.store, now_ms)
        data_key = load_data_key(
            data_key_file=str(Path(stack.data_dir) / "data.key"),
            kms_key_id="",
            config_table="",
            create_if_missing=False,
        )
        vault = Vault(data_key)
        self.third_parties = ThirdParties(DynamoThirdParties(table, vault))
        self._tokens = RobotTokens(
            JwtTokens(vault.derived_key(JWT_KEY_PURPOSE), time.time),
            self.store,
            DynamoUsers(table),
            time.time,
            control_plane_version=lambda: None,
        )

    def without_device(self, name: str) -> Robot:
        """A robot as its owner makes it: for the WorkTool client."""
        robot = Robot(stamped_id("robot", now_ms()), str(uuid.uuid4()), name, now_ms(), owner_id=1)
        assert self.store.replace_robot(robot)
        return robot

    def activated(self, device_id: str) -> tuple[Robot, str]:
        """A new robot with this device, and its access token."""
        activations = Activations(self.store, now_ms)
        robot = activations.activate(activations.create(30).code, Device(device_id)).robot
        current = self.store.robot(robot.robot_id)
        assert current is not None
        return current, self._tokens.for_robot(current).access


class RobotDevice:
    """One connection of a device."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self.socket = socket

    async def say(self, message: Mapping[str, Any]) -> None:
        await self.socket.send_str(json.dumps(message))

    async def hear(self, kind: str) -> dict[str, Any]:
        """The next frame of this type; fails at the deadline."""
        async with asyncio.timeout(FRAME_WITHIN_SECONDS):
            while True:
                frame: dict[str, Any] = json.loads(await self.socket.receive_str())
                if frame["type"] == kind:
                    return frame

    async def command(self) -> dict[str, Any]:
        data: dict[str, Any] = (await self.hear("command"))["data"]
        return data

    async def commands(self, count: int) -> list[dict[str, Any]]:
        return [await self.command() for _ in range(count)]

    async def report(self, command_id: str, error_code: int = 0) -> dict[str, Any]:
        await self.say({"type": "result", "data": {"commandId": command_id, "errorCode": error_code}})
        return await self.hear("result")

    async def hears_no_command(self) -> bool:
        """Whether a ping is answered before any command comes: two round trips leave a push time enough to show."""
        for _ in range(2):
            await self.say({"type": "ping"})
            frame = json.loads(await asyncio.wait_for(self.socket.receive_str(), FRAME_WITHIN_SECONDS))
            if frame["type"] != "pong":
                return False
        return True


@asynccontextmanager
async def connected(stack: EmbeddedStack, robot_id: str, token: str) -> AsyncIterator[RobotDevice]:
    """Raises aiohttp.WSServerHandshakeError when the handshake is refused."""
    async with aiohttp.ClientSession() as session:
        query = {"robotId": robot_id, "token": token}
        async with session.ws_connect(f"{stack.base_url}/ws", params=query) as socket:
            yield RobotDevice(socket)


@asynccontextmanager
async def worktool_connected(stack: EmbeddedStack, robot_id: str) -> AsyncIterator[aiohttp.ClientWebSocketResponse]:
    """The WorkTool client's socket. Raises aiohttp.WSServerHandshakeError when the handshake is refused."""
    url = f"{stack.base_url}/webserver/wework/{robot_id}"
    async with aiohttp.ClientSession() as session, session.ws_connect(url) as socket:
        yield socket
