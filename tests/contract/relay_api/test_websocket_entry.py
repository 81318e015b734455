"""The contract's WebSocket entry: log and status frames. More about /ws is in tests/integration."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import aiohttp
import pytest

from tests.contract.relay_api.entries import websocket_entry
from tests.contract.relay_api.shapes import differences
from tests.contract.relay_api.walk import Walk

ENTRY = websocket_entry()
FRAME_WITHIN_SECONDS = 60


async def frame_of(walk: Walk, wanted: dict[str, Any], cause: Any) -> dict[str, Any]:
    """What is pushed when ``cause`` happens: the first frame that has what is wanted."""
    url = walk.relay.stack.base_url + ENTRY["path"]
    async with (
        asyncio.timeout(FRAME_WITHIN_SECONDS),
        aiohttp.ClientSession() as session,
        session.ws_connect(url, headers=walk.relay.stack.headers) as socket,
    ):
        await asyncio.to_thread(cause)
        while True:
            frame: dict[str, Any] = json.loads(await socket.receive_str())
            if wanted.items() <= {"type": frame["type"], **frame["data"]}.items():
                return frame


def test_a_relayed_message_is_pushed_as_a_log_frame(walk: Walk) -> None:
    posted: list[str] = []
    frame = asyncio.run(frame_of(walk, {"type": "log"}, lambda: posted.append(walk.post_message())))
    assert differences(ENTRY["response"], frame) == []
    assert (frame["data"]["message_id"], frame["data"]["platform"]) == (posted[0], "discord")


def test_a_change_of_state_is_pushed_as_a_status_frame(walk: Walk) -> None:
    account_id = walk.new_account()
    wanted = {"type": "status", "kind": "account", "id": account_id, "status": "offline"}
    frame = asyncio.run(frame_of(walk, wanted, lambda: walk.done("POST", f"/api/accounts/{account_id}/stop")))
    shape = {"type": "log|status", "data": {name: ENTRY["response"]["data"][name] for name in ("status", "timestamp")}}
    walk.done("POST", f"/api/accounts/{account_id}/start")
    assert differences(shape, frame) == []


def test_a_wrong_token_is_refused_at_the_handshake(walk: Walk) -> None:
    async def connect() -> int:
        async with aiohttp.ClientSession() as session:
            url = walk.relay.stack.base_url + ENTRY["path"]
            with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
                await session.ws_connect(url, headers={"X-API-Token": "wrong-token"})
        return refused.value.status

    assert asyncio.run(connect()) == 401
