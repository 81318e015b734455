"""The control API with fakes behind it, and the bodies that the "relay" contract gives as examples."""

from __future__ import annotations

import zoneinfo
from typing import Any

from flask.testing import FlaskClient

from shared.platforms.registry import PlatformRegistry
from shared.relay.accounts import Accounts
from shared.relay.api.application import build_relay_api
from shared.relay.bots import Bots
from shared.relay.logs import LogPage, LogRow
from shared.relay.mappings import Mappings
from shared.security.tokens import token_digest
from shared.web.authentication import ApiTokenVerifier, Authenticator
from tests.fakes.clock import FakeClock
from tests.fakes.configuration import FakeConfiguration
from tests.fakes.kook_access import FakeKookAccess
from tests.fakes.platforms import FakePlatform
from tests.fakes.request_log import FakeRequestLog
from tests.relay_answers import NOW_EPOCH, TOKEN

ACCOUNT = {"email": "user@example.com", "cookie": '[{"name":"token","value":"canary","domain":".kookapp.cn"}]'}
BOT_ACCOUNT = {
    "email": "bot@example.com",
    "bot_token": "1/canary-bot-token",
    "verify_token": "canary-verify",
    "encrypt_key": "canary-encrypt",
    "password": "canary-password",
}
BOT = {
    "platform": "discord",
    "name": "测试Discord Bot",
    "config": {"webhook_url": "https://discord.com/api/webhooks/123456/canary"},
}
MAPPING = {
    "kook_server_id": "1234567890",
    "kook_channel_id": "9876543210",
    "kook_channel_name": "公告频道",
    "target_platform": "discord",
    "target_bot_id": 1,
    "target_channel_id": "discord_channel_123",
}


class FakeLog:
    """Answers one row, or fails as told; ``asked`` is the last query."""

    def __init__(self) -> None:
        self.asked: dict[str, Any] = {}
        self.failure: Exception | None = None

    def page(self, **query: Any) -> LogPage:
        self.asked = query
        if self.failure is not None:
            raise self.failure
        row = LogRow(
            id=1, kook_message_id="msg_123", mapping_id=7, kook_channel_id="channel_456", kook_channel_name="c",
            content="测试消息", message_type="text", sender_name="用户A", platform="discord", bot_id=1,
            target_channel="discord_ch_789", status="success", error_code=None, error_message=None, latency_ms=1234,
            created_at="2025-10-19T07:30:00.123Z",
        )  # fmt: skip
        return LogPage([row], total=1234, page=query["page"] or 1, next_cursor="next")


class World:
    def __init__(self, **options: Any) -> None:
        self.store = FakeConfiguration()
        self.kook = FakeKookAccess()
        self.platform = FakePlatform("discord")
        self.log = FakeLog()
        self.lines = FakeRequestLog()
        self.clock = FakeClock(NOW_EPOCH)
        registry = PlatformRegistry([self.platform, FakePlatform("telegram")])
        app = build_relay_api(
            accounts=Accounts(self.store, self.kook, self.clock.ms),
            bots=Bots(self.store, registry, self.clock.ms),
            mappings=Mappings(self.store, registry, self.clock.ms),
            log=self.log,
            authenticator=Authenticator([ApiTokenVerifier("", lambda: [token_digest(TOKEN)])]),
            zone=zoneinfo.ZoneInfo("Asia/Shanghai"),
            request_log=self.lines,
            clock=self.clock,
            **options,
        )
        self.client: FlaskClient = app.test_client()

    def call(self, method: str, path: str, body: Any = None, **headers: str) -> Any:
        return self.client.open(path, method=method, json=body, headers={"X-API-Token": TOKEN, **headers})
