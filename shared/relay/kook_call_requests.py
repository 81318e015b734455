"""What callers send for each of KOOK's calls, as pydantic models named after the calls. Pure.

Fields are named as KOOK names them and strict in type and size; what KOOK says of their content is checked by the
client (shared.kook.client.arguments), so that each rule stands in one place.
"""

from __future__ import annotations

import base64
import binascii
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import AfterValidator, BeforeValidator, ConfigDict, Field, StringConstraints, model_validator
from pydantic_core import PydanticCustomError

from shared.web.optional_nulls import NullsAreAbsent

# Base64 makes four characters of three bytes, and a function takes 6 MB in all.
MAX_UPLOAD_BYTES = 4 * 1024 * 1024
MAX_BASE64_CHARACTERS = (MAX_UPLOAD_BYTES + 2) // 3 * 4
MAX_CONTENT_CHARACTERS = 20_000


def _base64(value: str) -> str:
    try:
        content = base64.b64decode(value, validate=True)
    except (binascii.Error, ValueError):
        raise PydanticCustomError("base64", "must be base64") from None
    if len(content) > MAX_UPLOAD_BYTES:
        raise PydanticCustomError("too_many_bytes", "is too large", {"limit_bytes": MAX_UPLOAD_BYTES})
    return value


def _listed(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


KookId = Annotated[str, StringConstraints(min_length=1, max_length=128)]
ShortText = Annotated[str, StringConstraints(min_length=1, max_length=256)]
LongValue = Annotated[str, StringConstraints(min_length=1, max_length=2048)]
Content = Annotated[str, StringConstraints(min_length=1, max_length=MAX_CONTENT_CHARACTERS)]
RoleId = Annotated[int, Field(ge=0, le=2**32 - 1)]
PageNumber = Annotated[int, Field(ge=1, le=1_000_000)]
PageSize = Annotated[int, Field(ge=1, le=50)]
MessageType: TypeAlias = Literal[1, 2, 3, 4, 8, 9, 10]
Flag: TypeAlias = Literal["before", "around", "after"]
Scope: TypeAlias = Literal["get_user_info", "get_user_guilds"]


class KookRequest(NullsAreAbsent):
    model_config = ConfigDict(strict=True, extra="ignore", frozen=True, hide_input_in_errors=True)


class Nothing(KookRequest):
    """For calls without parameters."""


class Paged(KookRequest):
    page: PageNumber = 1
    page_size: PageSize = 50


class InGuild(KookRequest):
    guild_id: KookId


class OneMessage(KookRequest):
    msg_id: KookId


class Reaction(OneMessage):
    emoji: Annotated[str, StringConstraints(min_length=1, max_length=128)]


class PinnedMessage(OneMessage):
    target_id: KookId


class GatewayIndex(KookRequest):
    compress: bool = True


class GuildList(Paged):
    sort: Literal["id", "-id"] | None = None


class GuildUserList(Paged, InGuild):
    channel_id: KookId | None = None
    search: Annotated[str, StringConstraints(min_length=1, max_length=100)] | None = None
    role_id: RoleId | None = None


class GuildKickout(InGuild):
    target_id: KookId


class GuildNickname(InGuild):
    nickname: Annotated[str, StringConstraints(max_length=64)] | None = None
    user_id: KookId | None = None


class GuildRoleList(Paged, InGuild):
    pass


class GuildRoleCreate(InGuild):
    name: Annotated[str, StringConstraints(min_length=1, max_length=64)] | None = None


class GuildRole(InGuild):
    role_id: RoleId


class GuildRoleUpdate(GuildRole):
    name: Annotated[str, StringConstraints(min_length=1, max_length=64)] | None = None
    color: Annotated[int, Field(ge=0, le=0xFFFFFF)] | None = None
    hoist: bool | None = None
    mentionable: bool | None = None
    permissions: Annotated[int, Field(ge=0, le=2**32 - 1)] | None = None


class GuildRoleOfUser(GuildRole):
    user_id: KookId


class ChannelList(Paged, InGuild):
    type: Literal[1, 2] = 1
    parent_id: KookId | None = None


class ChannelView(KookRequest):
    target_id: KookId
    need_children: bool = False


class MessageCreate(KookRequest):
    target_id: KookId
    content: Content
    type: MessageType = 9
    quote: KookId | None = None
    nonce: ShortText | None = None
    temp_target_id: KookId | None = None
    template_id: KookId | None = None
    reply_msg_id: KookId | None = None


class MessageUpdate(OneMessage):
    """An empty ``quote`` takes the quote away."""

    content: Content
    quote: Annotated[str, StringConstraints(max_length=128)] | None = None
    temp_target_id: KookId | None = None
    template_id: KookId | None = None


class MessageList(KookRequest):
    target_id: KookId
    msg_id: KookId | None = None
    flag: Flag | None = None
    pin: Literal[0, 1] | None = None
    page_size: PageSize = 50


class DirectMessageCreate(KookRequest):
    """Either ``target_id``, a user, or ``chat_code``, an open chat."""

    content: Content
    target_id: KookId | None = None
    chat_code: KookId | None = None
    type: MessageType = 9
    quote: KookId | None = None
    nonce: ShortText | None = None
    template_id: KookId | None = None


class DirectMessageUpdate(OneMessage):
    content: Content
    quote: Annotated[str, StringConstraints(max_length=128)] | None = None
    template_id: KookId | None = None


class DirectMessageList(KookRequest):
    target_id: KookId | None = None
    chat_code: KookId | None = None
    msg_id: KookId | None = None
    flag: Flag | None = None
    page_size: PageSize = 50


class DirectMessageView(OneMessage):
    chat_code: KookId


class UserChatCreate(KookRequest):
    target_id: KookId


class UserView(KookRequest):
    user_id: KookId
    guild_id: KookId | None = None


class AssetCreate(KookRequest):
    """A file of at most 4 MiB, in base64 (RFC 4648, with padding)."""

    file_name: ShortText
    content_base64: Annotated[
        str, StringConstraints(min_length=4, max_length=MAX_BASE64_CHARACTERS), AfterValidator(_base64)
    ] = Field(repr=False)
    mime_type: ShortText = "application/octet-stream"

    @property
    def content(self) -> bytes:
        return base64.b64decode(self.content_base64)


class MessagePipeSend(KookRequest):
    """Either ``content`` or ``template_input``, the values of the pipe's template."""

    access_token: LongValue = Field(repr=False)
    content: Content | None = None
    template_input: dict[str, Any] | None = None
    type: MessageType | None = None
    target_id: KookId | None = None

    @model_validator(mode="after")
    def _one_of_two(self) -> MessagePipeSend:
        if (self.content is None) == (self.template_input is None):
            raise PydanticCustomError("one_of", "give one of the two", {"names": "content, template_input"})
        return self


class OAuthAuthorize(KookRequest):
    client_id: ShortText
    redirect_uri: LongValue
    scopes: Annotated[tuple[Scope, ...], BeforeValidator(_listed), Field(min_length=1, max_length=2)]
    state: Annotated[str, StringConstraints(max_length=1024)] = ""


class OAuthToken(KookRequest):
    client_id: ShortText
    client_secret: LongValue = Field(repr=False)
    code: LongValue = Field(repr=False)
    redirect_uri: LongValue
