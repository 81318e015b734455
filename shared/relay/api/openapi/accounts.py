"""/api/accounts in the OpenAPI document."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, Field

from shared.relay.api.openapi.shapes import Caveat, Confirmed, RecordId, ShownTime, Succeeded
from shared.relay.errors import Refusal
from shared.relay.models import Ingress
from shared.relay.requests import AccountChanges, NewAccount
from shared.web.catalogue import Text
from shared.web.operations import Answer, Operation, RequestBody

_ONE = {"account_id": RecordId}
_COLLECTION = "/api/accounts"
_SINGLE = "/api/accounts/{account_id}"


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
)
