"""KOOK's lists, calls to KOOK, and the record of them, in the OpenAPI document."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from shared.relay.api.kook_calls import DEFAULT_AUDIT_LIMIT, MAX_AUDIT_LIMIT, MAX_CALL_NAME_CHARACTERS
from shared.relay.api.kook_lists import MAX_SERVER_ID_CHARACTERS
from shared.relay.api.openapi.shapes import Confirmed, RecordId, ShownTime, Succeeded
from shared.relay.errors import Refusal
from shared.relay.kook_calls import KOOK_CALLS, KookCall
from shared.relay.kook_directory import ChannelKind
from shared.web.catalogue import Text
from shared.web.operations import Answer, Operation, QueryParameter, RequestBody

_ONE = {"account_id": RecordId}
_CALLS = "/api/accounts/{account_id}/kook"
# What KOOK, or the lack of a token for it, can make of any call.
KOOK_REFUSALS = (
    Refusal.ACCOUNT_NOT_FOUND,
    Refusal.BOT_TOKEN_MISSING,
    Refusal.KOOK_TOKEN_REFUSED,
    Refusal.KOOK_REFUSED,
    Refusal.KOOK_PERMISSION_MISSING,
    Refusal.KOOK_LIST_TOO_LONG,
    Refusal.INVALID_KOOK_ARGUMENT,
    Refusal.KOOK_RATE_LIMITED,
    Refusal.KOOK_UNREACHABLE,
    Refusal.SECRETS_UNREADABLE,
)
SERVER_ID = QueryParameter(
    "server_id",
    Annotated[str, Field(min_length=1, max_length=MAX_SERVER_ID_CHARACTERS)],
    Text("KOOK 服务器的编号", "The KOOK server's id"),
    required=True,
)


class Server(BaseModel):
    id: str
    name: str
    icon: str = Field(description="An address, empty where the server has none")


class Channel(BaseModel):
    id: str
    name: str
    type: ChannelKind
    server_id: str
    category_id: str | None
    category_name: str | None


class Category(BaseModel):
    id: str
    name: str


class KookServers(Succeeded):
    servers: list[Server]


class KookChannels(Succeeded):
    channels: list[Channel]


class KookChannelsAndCategories(KookChannels):
    categories: list[Category]


class OfferedCall(BaseModel):
    call: str = Field(examples=["message/create"])
    changes: bool = Field(description="Whether it changes something at KOOK")
    body: dict[str, Any] = Field(description="JSON schema of its body")


class OfferedCalls(Succeeded):
    calls: list[OfferedCall]


class AnyCallBody(BaseModel):
    """The call's own parameters, as KOOK names them."""

    model_config = ConfigDict(extra="allow")


class Called(Confirmed):
    call: str
    data: dict[str, Any] = Field(description="What KOOK answered")


class ShownAuditEntry(BaseModel):
    """Who had the relay do what, and how it ended."""

    id: str
    actor: str
    credential: str = Field(description="The kind of token", examples=["api_token", "session"])
    client_address: str
    action: str = Field(examples=["kook:message/create"])
    account_id: int
    arguments: dict[str, Any] = Field(description="Without secrets, long values cut")
    outcome: str = Field(description="started, ok, or an error code")
    reason: str | None
    started_at: ShownTime
    finished_at: ShownTime | None


class AuditList(Succeeded):
    data: list[ShownAuditEntry]
    next_cursor: str | None


_SUMMARIES: Mapping[str, Text] = {
    "guild/list": Text("列出服务器", "List servers"),
    "guild/view": Text("查看服务器", "Show a server"),
    "guild/user-list": Text("列出服务器成员", "List a server's members"),
    "guild/kickout": Text("将成员移出服务器", "Remove a member from a server"),
    "guild/nickname": Text("修改成员昵称", "Change a member's nickname"),
    "guild-role/list": Text("列出角色", "List a server's roles"),
    "guild-role/create": Text("创建角色", "Create a role"),
    "guild-role/update": Text("修改角色", "Change a role"),
    "guild-role/delete": Text("删除角色", "Delete a role"),
    "guild-role/grant": Text("授予角色", "Give a member a role"),
    "guild-role/revoke": Text("收回角色", "Take a role from a member"),
    "channel/list": Text("列出频道", "List a server's channels"),
    "channel/view": Text("查看频道", "Show a channel"),
    "message/create": Text("发送频道消息", "Send a message to a channel"),
    "message/update": Text("修改频道消息", "Change a channel message"),
    "message/delete": Text("删除频道消息", "Delete a channel message"),
    "message/add-reaction": Text("回应频道消息", "React to a channel message"),
    "message/delete-reaction": Text("撤回对频道消息的回应", "Take a reaction back"),
    "message/pin": Text("置顶频道消息", "Pin a channel message"),
    "message/unpin": Text("取消置顶频道消息", "Unpin a channel message"),
    "message/list": Text("列出频道消息", "List a channel's messages"),
    "message/view": Text("查看频道消息", "Show a channel message"),
    "message/send-pipemsg": Text("通过管道发送消息", "Send a message through a pipe"),
    "direct-message/create": Text("发送私信", "Send a direct message"),
    "direct-message/update": Text("修改私信", "Change a direct message"),
    "direct-message/delete": Text("删除私信", "Delete a direct message"),
    "direct-message/list": Text("列出私信", "List direct messages"),
    "direct-message/view": Text("查看私信", "Show a direct message"),
    "user-chat/create": Text("打开私信会话", "Open a private chat"),
    "user-chat/list": Text("列出私信会话", "List private chats"),
    "asset/create": Text("上传文件", "Upload a file"),
    "user/me": Text("查看机器人自己", "Show the bot itself"),
    "user/view": Text("查看用户", "Show a user"),
    "user/online": Text("让机器人显示为在线", "Show the bot online"),
    "user/offline": Text("让机器人显示为离线", "Show the bot offline"),
    "user/get-online-status": Text("查询机器人的在线状态", "Whether the bot is online"),
    "gateway/index": Text("获取网关地址", "The gateway's address, without its token"),
    "oauth2/authorize": Text("生成 OAuth2 授权地址", "The address that asks a user for authorization"),
    "oauth2/token": Text("用授权码换取 OAuth2 令牌", "Exchange an authorization code for a token"),
}


def _call(call: KookCall) -> Operation:
    needs_body = any(field.is_required() for field in call.request.model_fields.values())
    return Operation(
        id=f"kook.{call.name.replace('/', '.')}",
        methods=("POST",),
        path=f"{_CALLS}/{call.name}",
        route=f"{_CALLS}/{{call}}",
        path_kinds=_ONE,
        summary=_SUMMARIES[call.name],
        body=RequestBody(call.request, required=needs_body),
        answers=(Answer(200, Text("KOOK 的应答", "What KOOK answered"), Called),),
        errors=(*KOOK_REFUSALS, Refusal.ADMINISTRATOR_REQUIRED),
    )


OPERATIONS = (
    Operation(
        id="accounts.servers",
        methods=("GET",),
        path="/api/accounts/{account_id}/servers",
        path_kinds=_ONE,
        summary=Text("列出账号所在的 KOOK 服务器", "List the KOOK servers an account is in"),
        answers=(Answer(200, Text("所有服务器", "All of them"), KookServers),),
        errors=KOOK_REFUSALS,
    ),
    Operation(
        id="accounts.channels",
        methods=("GET",),
        path="/api/accounts/{account_id}/channels",
        path_kinds=_ONE,
        summary=Text("列出服务器的文字和语音频道", "List a server's text and voice channels"),
        query=(SERVER_ID,),
        answers=(
            Answer(200, Text("所有频道及其分组", "All of them, and their categories"), KookChannelsAndCategories),
        ),
        errors=KOOK_REFUSALS,
    ),
    Operation(
        id="kook.calls",
        methods=("GET",),
        path=_CALLS,
        path_kinds=_ONE,
        summary=Text("列出可用的 KOOK 调用", "List the calls to KOOK that can be made"),
        answers=(Answer(200, Text("调用及其请求体", "The calls and their bodies"), OfferedCalls),),
        errors=(Refusal.ACCOUNT_NOT_FOUND, Refusal.ADMINISTRATOR_REQUIRED),
    ),
    Operation(
        id="kook.call",
        methods=("POST",),
        path=f"{_CALLS}/{{call}}",
        path_kinds={**_ONE, "call": str},
        summary=Text("按名称调用 KOOK", "Call KOOK by name"),
        description=Text(
            "名称中的斜杠可以写成连字符，例如 message-create。每次调用都会留下审计记录。",
            "A dash may stand for the slash in a call's name, as in message-create. Every call is put on record.",
        ),
        body=RequestBody(AnyCallBody, required=False),
        answers=(Answer(200, Text("KOOK 的应答", "What KOOK answered"), Called),),
        errors=(*KOOK_REFUSALS, Refusal.UNKNOWN_KOOK_CALL, Refusal.ADMINISTRATOR_REQUIRED),
    ),
    *(_call(call) for call in KOOK_CALLS.values()),
    Operation(
        id="audit.list",
        methods=("GET",),
        path="/api/audit",
        summary=Text("审计记录，最新的在前", "The audit trail, newest first"),
        query=(
            QueryParameter(
                "limit",
                Annotated[int, Field(ge=1, le=MAX_AUDIT_LIMIT)],
                Text("每页行数", "Rows of a page"),
                default=DEFAULT_AUDIT_LIMIT,
            ),
            QueryParameter(
                "cursor",
                Annotated[str, Field(max_length=MAX_CALL_NAME_CHARACTERS)],
                Text("上一页的 next_cursor", "next_cursor of the page before"),
            ),
        ),
        answers=(Answer(200, Text("一页记录", "One page"), AuditList),),
        errors=(Refusal.INVALID_CURSOR, Refusal.ADMINISTRATOR_REQUIRED),
    ),
)
