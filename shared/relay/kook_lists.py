"""KOOK's lists on the REST client: servers and channels, all pages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

from shared.kook.client.arguments import identity
from shared.kook.client.client import KookClients
from shared.kook.client.results import Channel
from shared.relay.kook_directory import ChannelKind, KookCategory, KookChannel, KookServer, ListedKind, ServerChannels
from shared.relay.kook_failures import kook_refusals

_TYPE_OF_KIND: Mapping[ListedKind, Literal[1, 2]] = {"text": 1, "voice": 2}
_KIND_OF_TYPE: Mapping[int, ChannelKind] = {1: "text", 2: "voice"}


class RestKookLists:
    """Implements shared.relay.kook_directory.KookLists."""

    def __init__(self, clients: KookClients) -> None:
        self._clients = clients

    def servers(self, bot_token: str) -> list[KookServer]:
        with kook_refusals():
            client = self._clients.of_bot(bot_token)
            return [KookServer(guild["id"], guild["name"], guild["icon"]) for guild in client.guilds()]

    def channels(self, bot_token: str, server_id: str, kinds: Sequence[ListedKind]) -> ServerChannels:
        """KOOK lists one type at a time, and with each the categories."""
        found: dict[str, Channel] = {}
        with kook_refusals():
            identity("server_id", server_id)  # under our name for it: the client would call it guild_id
            client = self._clients.of_bot(bot_token)
            for wanted in (_TYPE_OF_KIND[kind] for kind in kinds):
                found |= {channel["id"]: channel for channel in client.channels(server_id, type=wanted)}
        names = {channel["id"]: channel["name"] for channel in found.values() if _is_category(channel)}
        return ServerChannels(
            tuple(_channel(channel, server_id, names) for channel in found.values() if not _is_category(channel)),
            tuple(KookCategory(category_id, name) for category_id, name in names.items()),
        )


def _is_category(channel: Channel) -> bool:
    return channel["is_category"] or channel["type"] == 0


def _channel(channel: Channel, server_id: str, category_names: Mapping[str, str]) -> KookChannel:
    # KOOK writes "no category" as "0" or leaves it out.
    category_id = channel["parent_id"] if channel["parent_id"] in category_names else ""
    return KookChannel(
        id=channel["id"],
        name=channel["name"],
        kind=_KIND_OF_TYPE.get(channel["type"], "other"),
        server_id=server_id,
        category_id=category_id,
        category_name=category_names.get(category_id, ""),
    )
