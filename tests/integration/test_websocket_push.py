"""Live push through the embedded stack: real sockets, real queues, the relay's own template."""

from __future__ import annotations

import asyncio
import contextlib
import json
import re
import socket
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any
from urllib.parse import quote

import aiohttp
import pytest
import requests

from local.engines.supervisor import command_line
from local.provision import engine_client
from tests.durable_engines import needs_durable_engines
from tests.embedded import REPOSITORY_ROOT, EmbeddedStack, eventually
from tests.standins.discord import DEFAULT_CHANNEL_ID, DEFAULT_WEBHOOK_URL, DiscordStandIn

# With characters that no subprotocol can hold, as `openssl rand -base64 32` makes them.
TOKEN = "live/push+token=5b1c7e=="
CHANNEL_ID = "5823400000000001"
VERIFY_TOKEN = "vt-EXAMPLE"
FRAME_WITHIN_SECONDS = 20
EVENT = json.loads((REPOSITORY_ROOT / "tests/data/kook/expected/text.json").read_text("utf-8"))


pytestmark = needs_durable_engines


class Relay:
    """The embedded stack with one account, one Discord bot and a mapping between them."""

    def __init__(self, stack: EmbeddedStack) -> None:
        self.stack = stack
        account = self.call(
            "POST", "/api/accounts", {"email": "live@example.com", "bot_token": "", "verify_token": VERIFY_TOKEN}
        )
        self.account_id = account["account_id"]
        config = {"webhook_url": DEFAULT_WEBHOOK_URL, "rate_limits": [{"requests": 1000, "per_seconds": 1}]}
        bot = self.call("POST", "/api/bots", {"platform": "discord", "name": "live", "config": config})
        self.bot_id = bot["id"]
        self.call(
            "POST",
            "/api/mappings",
            {
                "kook_server_id": "6016389900000001",
                "kook_channel_id": CHANNEL_ID,
                "kook_channel_name": "聊天大厅",
                "target_platform": "discord",
                "target_bot_id": self.bot_id,
                "target_channel_id": DEFAULT_CHANNEL_ID,
            },
        )

    def call(self, method: str, path: str, body: Any = None) -> dict[str, Any]:
        answer = requests.request(
            method, self.stack.base_url + path, json=body, headers={"X-API-Token": TOKEN}, timeout=30
        )
        assert answer.status_code < 300, answer.text
        parsed: dict[str, Any] = answer.json()
        return parsed

    def ticket(self) -> str:
        issued = self.call("POST", "/api/ws/ticket")
        assert issued["success"] is True
        assert issued["expires_in"] == 60
        return str(issued["ticket"])

    def post_message(self, content: str) -> str:
        """A message as KOOK posts it; its id."""
        frame = deepcopy(EVENT)
        message_id = str(uuid.uuid4())
        frame["d"] |= {"content": content, "msg_id": message_id, "nonce": message_id}
        url = f"{self.stack.base_url}/webhook/{self.account_id}"
        answer = requests.post(url, json=frame, timeout=30)
        assert answer.status_code == 200, answer.text
        return message_id


@pytest.fixture(scope="module")
def discord() -> Iterator[DiscordStandIn]:
    with DiscordStandIn() as running:
        yield running


def new_stack(data_dir: Path, discord: DiscordStandIn) -> EmbeddedStack:
    environment = {
        "API_TOKEN": TOKEN,
        "DISCORD_API_BASE": f"{discord.base_url}/api/v10",
        "KOOK_API_BASE": "http://127.0.0.1:9/api/v3",
        "OUTBOUND_ALLOW": "127.0.0.1/32",
        "TIME_ZONE": "Asia/Shanghai",
    }
    return EmbeddedStack(data_dir, environment=environment)


@pytest.fixture(scope="module")
def relay(tmp_path_factory: pytest.TempPathFactory, discord: DiscordStandIn) -> Iterator[Relay]:
    with new_stack(tmp_path_factory.mktemp("live") / "data", discord) as stack:
        yield Relay(stack)
        assert TOKEN not in stack.output()


class Listener:
    """A client; frames are told apart by their type."""

    def __init__(self, connection: aiohttp.ClientWebSocketResponse) -> None:
        self.connection = connection

    async def frame(self) -> dict[str, Any]:
        parsed: dict[str, Any] = json.loads(await self.connection.receive_str(timeout=FRAME_WITHIN_SECONDS))
        return parsed

    async def log_of(self, message_id: str) -> dict[str, Any]:
        """The log frame of that message, whatever comes before it."""
        while True:
            frame = await self.frame()
            if frame["type"] == "log" and frame["data"]["message_id"] == message_id:
                return frame

    async def ask(self, message: Any) -> dict[str, Any]:
        text = message if isinstance(message, str) else json.dumps(message)
        await self.connection.send_str(text)
        return await self.frame()


@contextlib.asynccontextmanager
async def connected(relay: Relay, path: str = "/ws", **how: Any) -> AsyncIterator[Listener]:
    async with (
        aiohttp.ClientSession() as session,
        session.ws_connect(relay.stack.base_url + path, **how) as connection,
    ):
        yield Listener(connection)


async def relayed(relay: Relay, listener: Listener, content: str = "live") -> dict[str, Any]:
    message_id = await asyncio.to_thread(relay.post_message, content)
    return await listener.log_of(message_id)


def header_of(token: str) -> dict[str, Any]:
    return {"headers": {"X-API-Token": token}}


def bearer_of(token: str) -> dict[str, Any]:
    return {"headers": {"Authorization": f"Bearer {token}"}}


def subprotocol_of(token: str) -> dict[str, Any]:
    return {"protocols": (f"kook-relay.token.{quote(token, safe='')}",)}


def test_a_relayed_message_is_a_log_frame(relay: Relay) -> None:
    async def scene() -> dict[str, Any]:
        async with connected(relay, **header_of(TOKEN)) as listener:
            return await relayed(relay, listener, "hello, live log")

    data = asyncio.run(scene())["data"]
    (row,) = [row for row in relay.call("GET", "/api/logs")["data"] if row["kook_message_id"] == data["message_id"]]
    assert (data["status"], data["platform"], data["content"]) == ("success", "discord", "hello, live log")
    assert data["latency_ms"] == row["latency_ms"] >= 0
    assert {name: data[name] for name in ("id", "mapping_id", "sender_name", "kook_channel_name")} == {
        name: row[name] for name in ("id", "mapping_id", "sender_name", "kook_channel_name")
    }
    assert data["timestamp"][:10] == row["created_at"][:10]


@pytest.mark.parametrize("proof", [bearer_of, subprotocol_of])
def test_other_ways_to_show_the_token(relay: Relay, proof: Callable[[str], dict[str, Any]]) -> None:
    async def scene() -> tuple[str | None, str]:
        async with connected(relay, **proof(TOKEN)) as listener:
            log = await relayed(relay, listener)
            return listener.connection.protocol, log["data"]["status"]

    protocol, status = asyncio.run(scene())
    assert status == "success"
    assert protocol == (proof(TOKEN)["protocols"][0] if proof is subprotocol_of else None)


def test_the_plain_subprotocol_is_answered_where_it_is_offered(relay: Relay) -> None:
    async def scene() -> str | None:
        protocols = ("kook-relay", *subprotocol_of(TOKEN)["protocols"])
        async with connected(relay, protocols=protocols) as listener:
            await relayed(relay, listener)
            return listener.connection.protocol

    assert asyncio.run(scene()) == "kook-relay"


def test_a_ticket_opens_one_connection(relay: Relay) -> None:
    ticket = relay.ticket()

    async def scene() -> int:
        async with connected(relay, f"/ws?ticket={ticket}") as listener:
            await relayed(relay, listener)
        with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
            async with connected(relay, f"/ws?ticket={ticket}"):
                pass
        return refused.value.status

    assert asyncio.run(scene()) == 401
    assert ticket not in relay.stack.output()


def test_a_ticket_costs_a_token(relay: Relay) -> None:
    assert requests.post(f"{relay.stack.base_url}/api/ws/ticket", timeout=10).status_code == 401


def test_the_first_message_may_bring_the_token_and_nothing_comes_before_it(relay: Relay) -> None:
    async def scene() -> list[dict[str, Any]]:
        async with connected(relay, **header_of(TOKEN)) as other, connected(relay) as listener:
            refused = await listener.ask({"type": "ping"})
            await relayed(relay, other)
            answered = await listener.ask({"type": "auth", "token": TOKEN})
            log = await relayed(relay, listener)
            return [refused, answered, log]

    refused, answered, log = asyncio.run(scene())
    assert (refused["type"], refused["error_code"]) == ("error", "UNAUTHORIZED")
    assert (answered["type"], answered["success"]) == ("auth", True)
    assert log["data"]["status"] == "success"


@pytest.mark.parametrize("proof", [header_of, bearer_of, subprotocol_of])
def test_a_wrong_token_is_refused_at_the_handshake(relay: Relay, proof: Callable[[str], dict[str, Any]]) -> None:
    async def scene() -> int:
        with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
            async with connected(relay, **proof("wrong-token-canary-1f")):
                pass
        return refused.value.status

    assert asyncio.run(scene()) == 401
    assert "wrong-token-canary" not in relay.stack.output()


def test_a_wrong_token_in_the_first_message_ends_the_matter(relay: Relay) -> None:
    async def scene() -> list[dict[str, Any]]:
        async with connected(relay, headers={"Accept-Language": "en"}) as listener:
            refused = await listener.ask({"type": "auth", "token": "wrong-token-canary-2e"})
            return [refused, await listener.ask({"type": "auth", "token": TOKEN})]

    refused, ended = asyncio.run(scene())
    assert (refused["error_code"], ended["error_code"]) == ("INVALID_TOKEN", "CONNECTION_ENDED")
    assert "wrong or has expired" in refused["error_message"]
    assert "wrong-token-canary" not in relay.stack.output()


@pytest.mark.parametrize(
    ("path", "status"),
    # The relay's own token opens no robot's socket.
    [("/elsewhere", 404), ("/ws/other", 404), ("/ws?robotId=R1", 401), ("/webserver/wework/R1", 401)],
)
def test_nothing_is_served_at_other_paths(relay: Relay, path: str, status: int) -> None:
    async def scene() -> int:
        with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
            async with connected(relay, path, **header_of(TOKEN)):
                pass
        return refused.value.status

    assert asyncio.run(scene()) == status


def test_messages_are_answered_whatever_they_are(relay: Relay) -> None:
    async def scene() -> list[dict[str, Any]]:
        async with connected(relay, **header_of(TOKEN)) as listener:
            messages: list[Any] = [{"type": "ping"}, "ping", "no json", "[" * 10_000, "3", {"type": 7}, {"type": "get"}]
            return [await listener.ask(message) for message in messages]

    answers = asyncio.run(scene())
    assert [answer["type"] for answer in answers[:2]] == ["pong", "pong"]
    assert all(isinstance(answer["timestamp"], int) for answer in answers)
    codes = [answer["error_code"] for answer in answers[2:]]
    assert codes == ["INVALID_JSON", "INVALID_JSON", "INVALID_MESSAGE", "INVALID_MESSAGE", "UNKNOWN_TYPE"]


def test_states_are_pushed_when_they_change(relay: Relay) -> None:
    async def scene() -> list[dict[str, Any]]:
        async with connected(relay, **header_of(TOKEN)) as listener:
            for action in ("stop", "start"):
                await asyncio.to_thread(relay.call, "POST", f"/api/accounts/{relay.account_id}/{action}")
            return [await listener.frame(), await listener.frame()]

    frames = asyncio.run(scene())
    assert [(frame["type"], frame["data"]["kind"], frame["data"]["id"]) for frame in frames] == [
        ("status", "account", relay.account_id)
    ] * 2
    assert [frame["data"]["status"] for frame in frames] == ["offline", "online"]


def test_several_listeners_get_the_same_and_one_that_leaves_costs_the_others_nothing(relay: Relay) -> None:
    async def scene() -> list[str]:
        async with connected(relay, **header_of(TOKEN)) as one, connected(relay, **header_of(TOKEN)) as two:
            async with connected(relay, **header_of(TOKEN)) as leaving:
                # Gone without a closing handshake.
                leaving.connection.get_extra_info("socket").shutdown(socket.SHUT_RDWR)
            message_id = await asyncio.to_thread(relay.post_message, "to both")
            logs: list[Awaitable[dict[str, Any]]] = [one.log_of(message_id), two.log_of(message_id)]
            return [log["data"]["content"] for log in await asyncio.gather(*logs)]

    assert asyncio.run(scene()) == ["to both", "to both"]


def engine(stack: EmbeddedStack) -> Any:
    """A client of the stack's own DynamoDB engine."""
    port = re.search(r"--port (\d+)", command_line(stack.engine_pids["dynoxide"]))
    assert port is not None
    return engine_client("dynamodb", f"http://127.0.0.1:{port[1]}")


def connection_ids(stack: EmbeddedStack) -> set[str]:
    rows = engine(stack).scan(TableName="kook-relay-ConnectionsTable")["Items"]
    return {row["connection_id"]["S"] for row in rows}


def test_connections_that_died_with_the_stack_are_removed_when_found_gone(
    tmp_path: Path, discord: DiscordStandIn
) -> None:
    stack = new_stack(tmp_path / "data", discord)
    stack.start()
    try:
        relay = Relay(stack)
        left = asyncio.run(_killed_while_connected(relay))
        stack.restart()
        assert left in connection_ids(stack)
        _let_it_age(stack, left)

        async def scene() -> None:
            async with connected(relay, **header_of(TOKEN)) as listener:
                await relayed(relay, listener)
                await asyncio.to_thread(eventually, lambda: left not in connection_ids(stack))
                await relayed(relay, listener)

        asyncio.run(scene())
        eventually(lambda: not connection_ids(stack))
    finally:
        stack.stop()


async def _killed_while_connected(relay: Relay) -> str:
    with contextlib.suppress(aiohttp.ClientError):
        async with connected(relay, **header_of(TOKEN)):
            (connection_id,) = connection_ids(relay.stack)
            relay.stack.kill9()
    return connection_id


def _let_it_age(stack: EmbeddedStack, connection_id: str) -> None:
    """Only what is no longer being opened counts as gone: move its start back instead of waiting."""
    engine(stack).update_item(
        TableName="kook-relay-ConnectionsTable",
        Key={"connection_id": {"S": connection_id}},
        UpdateExpression="SET connected_at = connected_at - :minute",
        ExpressionAttributeValues={":minute": {"N": "60"}},
    )
