"""/api/bots in the OpenAPI document."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, Field

from shared.relay.api.openapi.shapes import Confirmed, RecordId, ShownTime, Succeeded
from shared.relay.counters import COUNTED_PLATFORMS
from shared.relay.destination_states import State as DestinationWord
from shared.relay.errors import Refusal
from shared.relay.requests import BotChanges, BotTest, NewBot
from shared.web.catalogue import Text
from shared.web.operations import Answer, Operation, QueryParameter, QueryText, RequestBody

_ONE = {"bot_id": RecordId}
_COLLECTION = "/api/bots"
_SINGLE = "/api/bots/{bot_id}"
_CONFIG_REFUSALS = (Refusal.INVALID_BOT_CONFIG, Refusal.BOT_CONFIG_TOO_LARGE)
EXAMPLES = {
    "discord": {
        "platform": "discord",
        "name": "测试Discord Bot",
        "config": {"webhook_url": "https://discord.com/api/webhooks/123456/abcdef"},
    },
    "telegram": {
        "platform": "telegram",
        "name": "测试Telegram Bot",
        "config": {"bot_token": "123456:ABC-DEF1234ghIkl-zyx57W2v1u123ew11", "chat_id": "-1001234567890"},
    },
    "feishu": {
        "platform": "feishu",
        "name": "测试飞书Bot",
        "config": {"app_id": "cli_abc123", "app_secret": "secret_xyz789"},
    },
    "webhook": {
        "platform": "webhook",
        "name": "业务系统",
        "config": {"url": "https://hooks.example.com/kook"},
    },
    "kook": {
        "platform": "kook",
        "name": "另一个 KOOK 服务器",
        "config": {"bot_token": "1/MTAwMDE=/EXAMPLE=="},
    },
}


class ShownDestination(BaseModel):
    """One place that a bot sends to. After failures in a row its circuit opens: nothing is sent until the next probe,
    and no delivery is lost by it. ``off`` is for good: the platform said that the destination is gone."""

    target_channel_id: str | None = Field(description="null for the bot's own destination")
    state: DestinationWord | None = Field(description="null beyond the first 500 destinations of a list")
    since: ShownTime | None
    reason: str | None
    solution: str | None = Field(description="What to do about it; null where nothing is amiss")
    next_probe_at: ShownTime | None


class ShownBot(BaseModel):
    """A destination. Secret settings are masked."""

    id: RecordId
    platform: str = Field(examples=list(COUNTED_PLATFORMS))
    name: str
    config: dict[str, Any]
    status: Literal["active", "disabled"]
    disabled_reason: str | None
    solution: str | None = Field(description="What to do about disabled_reason; null where nothing is amiss")
    created_at: ShownTime
    circuit: DestinationWord = Field(description="The worst state of its destinations")
    destinations: list[ShownDestination]
    unreadable_settings: list[str] = Field(default_factory=list, description="Sealed under another data key")


class NamedMapping(BaseModel):
    """A mapping that was switched off because its bot is gone."""

    id: RecordId
    kook_channel_id: str
    kook_channel_name: str


class BotList(Succeeded):
    data: list[ShownBot]


class BotShown(Succeeded):
    data: ShownBot


class BotAdded(Confirmed):
    id: RecordId
    bot_id: RecordId = Field(description="The same as id")
    data: ShownBot
    made_secrets: dict[str, str] = Field(
        default_factory=dict, description="Settings that the relay made itself, in clear: they are shown this once"
    )


class BotChanged(Confirmed):
    data: ShownBot


class BotDeleted(Confirmed):
    disabled_mappings: list[NamedMapping]


class BotTested(Confirmed):
    latency_ms: int = Field(ge=0)
    notes: list[str] = Field(description="What the platform could only take in a simpler form")


OPERATIONS = (
    Operation(
        id="bots.list",
        methods=("GET",),
        path=_COLLECTION,
        summary=Text("列出 Bot", "List the bots"),
        query=(QueryParameter("platform", QueryText, Text("只列出该平台的 Bot", "Only those of this platform")),),
        answers=(Answer(200, Text("Bot 列表，按编号排列", "The bots, by id"), BotList),),
    ),
    Operation(
        id="bots.add",
        methods=("POST",),
        path=_COLLECTION,
        summary=Text("添加 Bot", "Add a bot"),
        description=Text(
            "config 的内容取决于平台，见“目标平台”文档。",
            "What config holds depends on the platform: see the document about destinations.",
        ),
        body=RequestBody(NewBot, examples=EXAMPLES),
        answers=(Answer(201, Text("已添加", "Added"), BotAdded),),
        errors=(Refusal.UNSUPPORTED_PLATFORM, *_CONFIG_REFUSALS),
    ),
    Operation(
        id="bots.show",
        methods=("GET",),
        path=_SINGLE,
        path_kinds=_ONE,
        summary=Text("查看一个 Bot", "Show one bot"),
        answers=(Answer(200, Text("该 Bot", "The bot"), BotShown),),
        errors=(Refusal.BOT_NOT_FOUND,),
    ),
    Operation(
        id="bots.update",
        methods=("PUT", "PATCH"),
        path=_SINGLE,
        path_kinds=_ONE,
        summary=Text("修改 Bot", "Change a bot"),
        body=RequestBody(BotChanges, examples={"rename": {"name": "公告"}, "switch_off": {"status": "disabled"}}),
        answers=(Answer(200, Text("修改后的 Bot", "The bot as it is now"), BotChanged),),
        errors=(Refusal.BOT_NOT_FOUND, Refusal.PLATFORM_FIXED, *_CONFIG_REFUSALS, Refusal.SECRETS_UNREADABLE),
    ),
    Operation(
        id="bots.delete",
        methods=("DELETE",),
        path=_SINGLE,
        path_kinds=_ONE,
        summary=Text("删除 Bot，并停用指向它的映射", "Delete a bot and switch off the mappings that lead to it"),
        answers=(Answer(200, Text("已删除", "Deleted"), BotDeleted),),
        errors=(Refusal.BOT_NOT_FOUND,),
    ),
    Operation(
        id="bots.test",
        methods=("POST",),
        path=f"{_SINGLE}/test",
        path_kinds=_ONE,
        summary=Text("发送一条测试消息", "Send a test message"),
        body=RequestBody(BotTest, required=False, examples={"elsewhere": {"target_channel_id": "-1001234567890"}}),
        answers=(Answer(200, Text("测试消息已送达", "The test message arrived"), BotTested),),
        errors=(
            Refusal.BOT_NOT_FOUND,
            Refusal.INVALID_BOT_CONFIG,
            Refusal.INVALID_TARGET_CHANNEL,
            Refusal.BOT_TEST_REFUSED,
            Refusal.BOT_TEST_INCONCLUSIVE,
            Refusal.SECRETS_UNREADABLE,
        ),
    ),
)
