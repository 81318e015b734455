"""/api/accounts in the OpenAPI document."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, Field

from shared.relay.account_connections import CONNECTION_STATES
from shared.relay.api.openapi.shapes import Caveat, Confirmed, RecordId, ShownTime, Succeeded
from shared.relay.errors import Refusal
from shared.relay.models import Ingress
from shared.relay.requests import AccountChanges, NewAccount
from shared.web.catalogue import Text
from shared.web.operations import Answer, Operation, RequestBody

ConnectionState: Any = Literal[CONNECTION_STATES]
_ONE = {"account_id": RecordId}
_COLLECTION = "/api/accounts"
_SINGLE = "/api/accounts/{account_id}"


class ShownConnection(BaseModel):
    """How KOOK's events reach the account at present. A webhook bot is watched once a minute and put online again
    when KOOK took it offline."""

    state: ConnectionState
    since: ShownTime | None
    detail: str | None = Field(description="Why, in KOOK's or the gateway's words")
    next_attempt_at: ShownTime | None = Field(description="When the relay next tries to put the bot online")
    missed_at: ShownTime | None = Field(description="When the gateway may last have lost events")
    challenged_at: ShownTime | None = Field(description="When KOOK's last challenge to the webhook was answered")


class ChannelProgress(BaseModel):
    """Until when all that was said in one channel is known to be dealt with, and how the last look at it went."""

    kook_channel_id: str
    verified_until: ShownTime | None
    finished_at: ShownTime | None
    reason: str | None = Field(examples=["schedule"])
    filled: int = Field(description="Messages the last look brought")
    filled_in_all: int
    problem: str | None
    problem_at: ShownTime | None


class BackfillProgress(Succeeded):
    data: list[ChannelProgress]


class BackfillBegun(Confirmed):
    run_id: str
    account_id: RecordId


class ShownAccount(BaseModel):
    """A KOOK account without its secrets; ``credentials`` names those that are set."""

    id: RecordId
    email: str
    status: Literal["online", "offline"] = Field(description="online accounts relay what arrives for them")
    last_active: ShownTime
    created_at: ShownTime
    ingress: Ingress = Field(description="How KOOK's events come in: posted to the webhook, or over KOOK's gateway")
    webhook_url: str | None = Field(description="The callback URL to paste into KOOK's developer centre")
    kook_user_id: str = Field(description="The bot's user id at KOOK, empty until it is known")
    kook_user_name: str
    is_default: bool = Field(description="Whether it serves the plain /webhook")
    connection: ShownConnection
    credentials: list[str]
    unreadable_credentials: list[str] = Field(default_factory=list, description="Sealed under another data key")


class AccountList(Succeeded):
    data: list[ShownAccount]


class AccountShown(Succeeded):
    data: ShownAccount


class AccountAdded(Confirmed):
    account_id: RecordId
    webhook_url: str | None
    data: ShownAccount
    warnings: list[Caveat] = Field(default_factory=list)


class AccountChanged(Confirmed):
    data: ShownAccount
    warnings: list[Caveat] = Field(default_factory=list)


OPERATIONS = (
    Operation(
        id="accounts.list",
        methods=("GET",),
        path=_COLLECTION,
        summary=Text("列出所有 KOOK 账号", "List the KOOK accounts"),
        answers=(Answer(200, Text("所有账号，按编号排列", "All accounts, by id"), AccountList),),
    ),
    Operation(
        id="accounts.add",
        methods=("POST",),
        path=_COLLECTION,
        summary=Text("添加 KOOK 账号", "Add a KOOK account"),
        description=Text(
            "要转发消息，账号需要机器人的 bot_token 和 verify_token（以及后台设置的 encrypt_key）。"
            "只有 Cookie 的账号会被保存，但不转发消息。",
            "To relay, an account needs a bot's bot_token and verify_token (and the encrypt_key if one is set in "
            "KOOK's developer centre). An account with only a cookie is kept but relays nothing.",
        ),
        body=RequestBody(
            NewAccount,
            examples={
                "bot": {
                    "email": "bot@example.com",
                    "bot_token": "1/MTAwMDE=/EXAMPLE==",
                    "verify_token": "EXAMPLE",
                    "encrypt_key": "EXAMPLE",
                },
                "cookie": {
                    "email": "user@example.com",
                    "cookie": '[{"name":"token","value":"xxx","domain":".kookapp.cn"}]',
                },
            },
        ),
        answers=(
            Answer(201, Text("已添加，并给出回调地址", "Added; the answer holds the callback URL"), AccountAdded),
        ),
        errors=(
            Refusal.INVALID_COOKIE,
            Refusal.EMAIL_TAKEN,
            Refusal.BOT_TOKEN_REQUIRED,
            Refusal.GATEWAY_UNAVAILABLE,
        ),
    ),
    Operation(
        id="accounts.show",
        methods=("GET",),
        path=_SINGLE,
        path_kinds=_ONE,
        summary=Text("查看一个账号", "Show one account"),
        answers=(Answer(200, Text("该账号", "The account"), AccountShown),),
        errors=(Refusal.ACCOUNT_NOT_FOUND,),
    ),
    Operation(
        id="accounts.update",
        methods=("PUT", "PATCH"),
        path=_SINGLE,
        path_kinds=_ONE,
        summary=Text("修改账号", "Change an account"),
        body=RequestBody(AccountChanges, examples={"token": {"bot_token": "1/MTAwMDE=/EXAMPLE=="}}),
        answers=(Answer(200, Text("修改后的账号", "The account as it is now"), AccountChanged),),
        errors=(
            Refusal.ACCOUNT_NOT_FOUND,
            Refusal.INVALID_COOKIE,
            Refusal.EMAIL_TAKEN,
            Refusal.BOT_TOKEN_REQUIRED,
            Refusal.GATEWAY_UNAVAILABLE,
        ),
    ),
    Operation(
        id="accounts.delete",
        methods=("DELETE",),
        path=_SINGLE,
        path_kinds=_ONE,
        summary=Text("删除账号", "Delete an account"),
        answers=(Answer(204, Text("已删除", "Deleted")),),
        errors=(Refusal.ACCOUNT_NOT_FOUND,),
    ),
    Operation(
        id="accounts.start",
        methods=("POST",),
        path=f"{_SINGLE}/start",
        path_kinds=_ONE,
        summary=Text("开始转发该账号的消息", "Start relaying for an account"),
        description=Text(
            "核对 bot_token，并让机器人在 KOOK 显示为在线。只有 Cookie 的账号无法启动。",
            "Checks the bot_token and shows the bot online at KOOK. An account with only a cookie cannot start.",
        ),
        answers=(Answer(200, Text("已启动", "Started"), AccountChanged),),
        errors=(Refusal.ACCOUNT_NOT_FOUND, Refusal.BOT_TOKEN_REQUIRED, Refusal.KOOK_TOKEN_REFUSED),
    ),
    Operation(
        id="accounts.stop",
        methods=("POST",),
        path=f"{_SINGLE}/stop",
        path_kinds=_ONE,
        summary=Text("停止转发该账号的消息", "Stop relaying for an account"),
        description=Text(
            "之后到达的消息会被确认但不转发；机器人在 KOOK 显示为离线。",
            "What arrives afterwards is acknowledged and not relayed; the bot is shown offline at KOOK.",
        ),
        answers=(Answer(200, Text("已停止", "Stopped"), AccountChanged),),
        errors=(Refusal.ACCOUNT_NOT_FOUND,),
    ),
    Operation(
        id="accounts.backfill",
        methods=("POST",),
        path=f"{_SINGLE}/backfill",
        path_kinds=_ONE,
        summary=Text("补发遗漏的消息", "Fetch what was missed from KOOK's history"),
        description=Text(
            "读取每个已映射频道的历史消息，按顺序转发没有投递记录的消息；完成前新消息会等待。",
            "Reads the history of every mapped channel and relays, in order, what has no delivery yet; new messages "
            "wait until that is done.",
        ),
        answers=(Answer(200, Text("已在后台开始", "Begun in the background"), BackfillBegun),),
        errors=(
            Refusal.ACCOUNT_NOT_FOUND,
            Refusal.BOT_TOKEN_REQUIRED,
            Refusal.ACCOUNT_STOPPED,
            Refusal.QUEUE_UNAVAILABLE,
        ),
    ),
    Operation(
        id="accounts.backfill_progress",
        methods=("GET",),
        path=f"{_SINGLE}/backfill",
        path_kinds=_ONE,
        summary=Text("查看各频道的补发进度", "How far each channel's history is dealt with"),
        answers=(Answer(200, Text("每个频道的进度", "The progress of each channel"), BackfillProgress),),
        errors=(Refusal.ACCOUNT_NOT_FOUND,),
    ),
)
