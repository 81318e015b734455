"""An account's KOOK servers and their channels, read from KOOK when they are asked for."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Literal, Protocol, TypeAlias

from shared.relay.accounts import Accounts
from shared.relay.errors import Refusal, RelayError, SecretsUnreadable
from shared.relay.models import Account

ListedKind: TypeAlias = Literal["text", "voice"]
# "other" is a kind of channel KOOK added since.
ChannelKind: TypeAlias = Literal["text", "voice", "other"]

SERVERS_AT_ONCE = 4
# No server is asked for its channels after this; an answer under way may take as long as one call may.
LISTING_BUDGET_SECONDS = 8.0


@dataclass(frozen=True, slots=True)
class KookServer:
    """``icon`` is an address, "" where the server has none."""

    id: str
    name: str
    icon: str = ""


@dataclass(frozen=True, slots=True)
class KookChannel:
    """The category's id and name are "" for a channel outside of categories."""

    id: str
    name: str
    kind: ChannelKind
    server_id: str
    category_id: str = ""
    category_name: str = ""


@dataclass(frozen=True, slots=True)
class KookCategory:
    id: str
    name: str


@dataclass(frozen=True, slots=True)
class ServerChannels:
    channels: tuple[KookChannel, ...]
    categories: tuple[KookCategory, ...] = ()


@dataclass(frozen=True, slots=True)
class PlacedChannel:
    """A channel with the server it is in."""

    server: KookServer
    channel: KookChannel


class KookLists(Protocol):
    """Reads whole lists, all pages. Raises RelayError for what KOOK does (see kook_failures)."""

    def servers(self, bot_token: str) -> Sequence[KookServer]: ...

    def channels(self, bot_token: str, server_id: str, kinds: Sequence[ListedKind]) -> ServerChannels: ...


def bot_token_of(account: Account) -> str:
    """Raises SecretsUnreadable, RelayError (BOT_TOKEN_MISSING)."""
    if "bot_token" in account.unreadable:
        raise SecretsUnreadable("account", account.id, ("bot_token",))
    if not account.bot_token:
        raise RelayError(Refusal.BOT_TOKEN_MISSING, field="bot_token", id=account.id)
    return account.bot_token


class KookDirectory:
    """Every method raises RelayError: ACCOUNT_NOT_FOUND, BOT_TOKEN_MISSING, and what kook_failures lists."""

    def __init__(self, accounts: Accounts, lists: KookLists, monotonic: Callable[[], float]) -> None:
        self._accounts = accounts
        self._lists = lists
        self._monotonic = monotonic

    def servers(self, account_id: int) -> Sequence[KookServer]:
        return self._lists.servers(bot_token_of(self._accounts.get(account_id)))

    def channels(
        self, account_id: int, server_id: str, kinds: Sequence[ListedKind] = ("text", "voice")
    ) -> ServerChannels:
        """The channels of these kinds, with the categories they are sorted into."""
        return self._lists.channels(bot_token_of(self._accounts.get(account_id)), server_id, kinds)

    def text_channels(self, account_id: int, server_id: str = "") -> list[PlacedChannel]:
        """The text channels of one server, or of all servers. Raises also RelayError (KOOK_TOO_SLOW)."""
        bot_token = bot_token_of(self._accounts.get(account_id))
        give_up_at = self._monotonic() + LISTING_BUDGET_SECONDS
        servers = list(self._lists.servers(bot_token))
        if server_id:
            # KOOK says for itself what is wrong with an id that is in no list.
            servers = [server for server in servers if server.id == server_id] or [KookServer(server_id, server_id)]

        def placed(server: KookServer) -> list[PlacedChannel]:
            if self._monotonic() > give_up_at:
                raise RelayError(Refusal.KOOK_TOO_SLOW, field="server_id", servers=len(servers))
            found = self._lists.channels(bot_token, server.id, ("text",)).channels
            return [PlacedChannel(server, channel) for channel in found if channel.kind == "text"]

        with ThreadPoolExecutor(SERVERS_AT_ONCE) as pool:
            return [channel for channels in pool.map(placed, servers) for channel in channels]
