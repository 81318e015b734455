"""The demo's last act: a scripted robot is activated, connects, and finds a KOOK message for its WeCom group."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import aiohttp

from local.demo.posts import Post, all_posts, marker
from local.demo.stage import CHANNEL_ID, GUILD_ID, RelayClient, Webhooks

GROUP = "客户群"
COMMAND_WITHIN_SECONDS = 30.0


def show_wecom_group(relay: RelayClient, webhooks: Webhooks, admin_password: str, number: int) -> str:
    """Relay one message through a robot; what its group would read. Raises RuntimeError and TimeoutError."""
    robot_id, token = _activate(relay, admin_password)
    bot = relay.call("POST", "/api/bots", {"platform": "wecom", "name": "demo wecom", "config": {"robot_id": robot_id}})
    mapping = {
        "kook_server_id": GUILD_ID,
        "kook_channel_id": CHANNEL_ID,
        "kook_channel_name": "聊天大厅",
        "target_platform": "wecom",
        "target_bot_id": bot["id"],
        "target_channel_id": GROUP,
    }
    relay.call("POST", "/api/mappings", mapping)
    post = next(iter(all_posts(number)))
    return asyncio.run(_talk(relay, webhooks, post, robot_id, token))


def _activate(relay: RelayClient, admin_password: str) -> tuple[str, str]:
    signed_in = relay.call("POST", "/api/auth/login", {"password": admin_password})
    made = relay.call(
        "POST",
        "/api/admin/activation-codes",
        {"count": 1, "validityPeriod": 30},
        bearer=signed_in["robots_admin_token"],
    )
    device = {"deviceId": "demo-device", "brand": "demo", "model": "demo", "os": "Android", "osVersion": "14"}
    code = made["data"]["codes"][0]["code"]
    activated = relay.call("POST", "/api/robot-ids/activate", {"code": code, "deviceInfo": device})
    return activated["data"]["robotId"], activated["data"]["token"]


async def _talk(relay: RelayClient, webhooks: Webhooks, post: Post, robot_id: str, token: str) -> str:
    query = {"robotId": robot_id, "token": token}
    async with (
        aiohttp.ClientSession() as session,
        session.ws_connect(f"{relay.base_url}/ws", params=query) as socket,
        asyncio.timeout(COMMAND_WITHIN_SECONDS),
    ):
        url = webhooks.encrypted if post.is_encrypted else webhooks.plain
        answer = await asyncio.to_thread(relay.post_webhook, url, post.body)
        if answer.status_code != 200:
            raise RuntimeError(f"{marker(post.number)}: HTTP {answer.status_code}")
        while True:
            frame: dict[str, Any] = json.loads(await socket.receive_str())
            if frame["type"] != "command":
                continue
            params = frame["data"]["commandParams"]
            result = {"commandId": frame["data"]["commandId"], "errorCode": 0}
            await socket.send_str(json.dumps({"type": "result", "data": result}))
            if marker(post.number) in params.get("content", ""):
                return f"{', '.join(params['titleList'])}: {' '.join(params['content'].split())}"
