"""channel/*: a guild's channels (channel.md)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from shared.kook.client import arguments
from shared.kook.client.errors import InvalidCall
from shared.kook.client.paging import MAX_PAGES, iterate_pages
from shared.kook.client.results import Channel, Page, read_channel, read_page
from shared.kook.client.transport import KookTransport


class ChannelCalls:
    _transport: KookTransport

    def channel_list(
        self,
        guild_id: str,
        *,
        type: Literal[1, 2] = 1,
        parent_id: str | None = None,
        page: int = 1,
        page_size: int = 50,
    ) -> Page[Channel]:
        """One page of a guild's channels: text (1) or voice (2), of one category or of all. Categories come along."""
        if type not in (1, 2):
            raise InvalidCall("type", "must be 1 (text) or 2 (voice)")
        parameters = {
            "guild_id": arguments.identity("guild_id", guild_id),
            "type": type,
            "parent_id": arguments.optional_identity("parent_id", parent_id),
            "page": arguments.page(page),
            "page_size": arguments.page_size(page_size),
        }
        return self._transport.get("channel/list", lambda data: read_page(data, read_channel), parameters)

    def channels(
        self,
        guild_id: str,
        *,
        type: Literal[1, 2] = 1,
        parent_id: str | None = None,
        page_size: int = 50,
        max_pages: int = MAX_PAGES,
    ) -> Iterator[Channel]:
        """All of them, page by page."""
        return iterate_pages(
            "channel/list",
            lambda page, size: self.channel_list(guild_id, type=type, parent_id=parent_id, page=page, page_size=size),
            lambda channel: channel["id"],
            page_size=page_size,
            max_pages=max_pages,
        )

    def channel_view(self, target_id: str, *, need_children: bool = False) -> Channel:
        """One channel, with the ids of a category's channels when ``need_children``."""
        parameters = {
            "target_id": arguments.identity("target_id", target_id),
            "need_children": "true" if need_children else None,
        }
        return self._transport.get("channel/view", read_channel, parameters)
