"""The calls to KOOK an administrator may make through the relay, with an account's bot: a closed, typed list."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Any, Protocol, TypeAlias
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from shared.kook.client.client import KookClient
from shared.kook.client.oauth import KookOAuth
from shared.kook.client.pipes import KookPipe
from shared.relay import kook_call_requests as requests
from shared.relay.kook_call_requests import KookRequest

# Beyond the addresses' own parameters nothing of them is shown: the gateway's holds a token.
_SHOWN_GATEWAY_PARAMETERS = frozenset({"compress"})


class KookConnection(Protocol):
    """What one account can speak to KOOK with."""

    def bot(self) -> KookClient:
        """Raises RelayError (BOT_TOKEN_MISSING), SecretsUnreadable, InvalidCall."""

    def pipe(self, access_token: str) -> KookPipe:
        """Raises InvalidCall."""

    def oauth(self, client_id: str, client_secret: str) -> KookOAuth:
        """Raises InvalidCall."""


_Run: TypeAlias = Callable[[KookConnection, Any], Any]


@dataclass(frozen=True, slots=True)
class KookCall:
    """``name`` is KOOK's own. ``changes`` tells calls that change something at KOOK from those that only read.
    ``secret_fields`` of the request are kept out of the audit trail."""

    name: str
    request: type[KookRequest]
    run: _Run
    changes: bool
    secret_fields: frozenset[str] = frozenset()


def _by_bot(method: Callable[..., Any]) -> _Run:
    """A call whose request has the fields that the client's method has as parameters. What was left out is left to
    the client's defaults."""

    def run(kook: KookConnection, request: KookRequest) -> Any:
        return method(kook.bot(), **{name: getattr(request, name) for name in request.model_fields_set})

    run.__wrapped__ = method  # type: ignore[attr-defined]
    return run


def _gateway_index(kook: KookConnection, request: requests.GatewayIndex) -> Mapping[str, str]:
    """The gateway's address without the token in it, which would let its reader act as the bot."""
    parts = urlsplit(kook.bot().gateway_index(compress=request.compress))
    query = [
        (name, value if name in _SHOWN_GATEWAY_PARAMETERS else "***")
        for name, value in parse_qsl(parts.query, keep_blank_values=True)
    ]
    host = parts.hostname or ""
    return {"url": urlunsplit((parts.scheme, host, parts.path, urlencode(query, safe="*"), ""))}


def _asset_create(kook: KookConnection, request: requests.AssetCreate) -> str:
    return kook.bot().asset_create(request.file_name, request.content, request.mime_type)


def _send_pipemsg(kook: KookConnection, request: requests.MessagePipeSend) -> Any:
    pipe = kook.pipe(request.access_token)
    if request.template_input is not None:
        return pipe.send_template(request.template_input, target_id=request.target_id)
    return pipe.send(request.content or "", type=request.type, target_id=request.target_id)


def _authorize(kook: KookConnection, request: requests.OAuthAuthorize) -> str:
    # The address holds no secret, so building it needs none.
    oauth = kook.oauth(request.client_id, "unused")
    return oauth.authorize_url(request.redirect_uri, request.scopes, request.state)


def _token(kook: KookConnection, request: requests.OAuthToken) -> Mapping[str, Any]:
    oauth = kook.oauth(request.client_id, request.client_secret)
    return asdict(oauth.exchange_code(request.code, request.redirect_uri))


def _reads(name: str, request: type[KookRequest], method: Callable[..., Any]) -> KookCall:
    return KookCall(name, request, _by_bot(method), changes=False)


def _changes(name: str, request: type[KookRequest], method: Callable[..., Any]) -> KookCall:
    return KookCall(name, request, _by_bot(method), changes=True)


_ALL = (
    _reads("guild/list", requests.GuildList, KookClient.guild_list),
    _reads("guild/view", requests.InGuild, KookClient.guild_view),
    _reads("guild/user-list", requests.GuildUserList, KookClient.guild_user_list),
    _changes("guild/kickout", requests.GuildKickout, KookClient.guild_kickout),
    _changes("guild/nickname", requests.GuildNickname, KookClient.guild_nickname),
    _reads("guild-role/list", requests.GuildRoleList, KookClient.guild_role_list),
    _changes("guild-role/create", requests.GuildRoleCreate, KookClient.guild_role_create),
    _changes("guild-role/update", requests.GuildRoleUpdate, KookClient.guild_role_update),
    _changes("guild-role/delete", requests.GuildRole, KookClient.guild_role_delete),
    _changes("guild-role/grant", requests.GuildRoleOfUser, KookClient.guild_role_grant),
    _changes("guild-role/revoke", requests.GuildRoleOfUser, KookClient.guild_role_revoke),
    _reads("channel/list", requests.ChannelList, KookClient.channel_list),
    _reads("channel/view", requests.ChannelView, KookClient.channel_view),
    _changes("message/create", requests.MessageCreate, KookClient.message_create),
    _changes("message/update", requests.MessageUpdate, KookClient.message_update),
    _changes("message/delete", requests.OneMessage, KookClient.message_delete),
    _changes("message/add-reaction", requests.Reaction, KookClient.message_add_reaction),
    _changes("message/delete-reaction", requests.Reaction, KookClient.message_delete_reaction),
    _changes("message/pin", requests.PinnedMessage, KookClient.message_pin),
    _changes("message/unpin", requests.PinnedMessage, KookClient.message_unpin),
    _reads("message/list", requests.MessageList, KookClient.message_list),
    _reads("message/view", requests.OneMessage, KookClient.message_view),
    KookCall(
        "message/send-pipemsg",
        requests.MessagePipeSend,
        _send_pipemsg,
        changes=True,
        secret_fields=frozenset({"access_token"}),
    ),
    _changes("direct-message/create", requests.DirectMessageCreate, KookClient.direct_message_create),
    _changes("direct-message/update", requests.DirectMessageUpdate, KookClient.direct_message_update),
    _changes("direct-message/delete", requests.OneMessage, KookClient.direct_message_delete),
    _reads("direct-message/list", requests.DirectMessageList, KookClient.direct_message_list),
    _reads("direct-message/view", requests.DirectMessageView, KookClient.direct_message_view),
    _changes("user-chat/create", requests.UserChatCreate, KookClient.user_chat_create),
    _reads("user-chat/list", requests.Paged, KookClient.user_chat_list),
    KookCall("asset/create", requests.AssetCreate, _asset_create, changes=True),
    _reads("user/me", requests.Nothing, KookClient.user_me),
    _reads("user/view", requests.UserView, KookClient.user_view),
    _changes("user/online", requests.Nothing, KookClient.online),
    _changes("user/offline", requests.Nothing, KookClient.offline),
    _reads("user/get-online-status", requests.Nothing, KookClient.online_status),
    KookCall("gateway/index", requests.GatewayIndex, _gateway_index, changes=False),
    KookCall("oauth2/authorize", requests.OAuthAuthorize, _authorize, changes=False),
    KookCall(
        "oauth2/token",
        requests.OAuthToken,
        _token,
        changes=True,
        secret_fields=frozenset({"client_secret", "code"}),
    ),
)

KOOK_CALLS: Mapping[str, KookCall] = {call.name: call for call in _ALL}
_BY_ADDRESS: Mapping[str, KookCall] = {
    **KOOK_CALLS,
    **{name.replace("/", "-"): call for name, call in KOOK_CALLS.items()},
}


def find_kook_call(name: str) -> KookCall | None:
    """By KOOK's name, ``guild-role/create``, or written with a dash, ``guild-role-create``."""
    return _BY_ADDRESS.get(name)


def shown_result(result: Any) -> dict[str, Any]:
    """A call's result as a JSON object, whatever the client gives back."""
    if result is None:
        return {}
    if isinstance(result, str):
        return {"url": result}
    return {"items": result} if isinstance(result, list) else dict(result)
