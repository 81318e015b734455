"""guild/*: guilds, their members and what may be done to these (guild.md)."""

from __future__ import annotations

from collections.abc import Iterator

from shared.kook.client import arguments
from shared.kook.client.errors import InvalidCall
from shared.kook.client.paging import MAX_PAGES, iterate_pages
from shared.kook.client.results import (
    Guild,
    GuildDetail,
    GuildUserPage,
    Page,
    User,
    read_guild,
    read_guild_detail,
    read_guild_user_page,
    read_nothing,
    read_page,
)
from shared.kook.client.transport import KookTransport


class GuildCalls:
    _transport: KookTransport

    def guild_list(self, page: int = 1, page_size: int = 50, sort: str | None = None) -> Page[Guild]:
        """One page of the guilds the credential's user has joined; ``sort`` is ``id`` or ``-id``."""
        if sort not in (None, "id", "-id"):
            raise InvalidCall("sort", "must be id or -id")
        parameters = {"page": arguments.page(page), "page_size": arguments.page_size(page_size), "sort": sort}
        return self._transport.get("guild/list", lambda data: read_page(data, read_guild), parameters)

    def guilds(self, *, page_size: int = 50, max_pages: int = MAX_PAGES) -> Iterator[Guild]:
        """All of them, page by page; see iterate_pages for bounds and errors."""
        return iterate_pages(
            "guild/list",
            lambda page, size: self.guild_list(page, size),
            lambda guild: guild["id"],
            page_size=page_size,
            max_pages=max_pages,
        )

    def guild_view(self, guild_id: str) -> GuildDetail:
        """One guild with its roles and channels."""
        return self._transport.get(
            "guild/view", read_guild_detail, {"guild_id": arguments.identity("guild_id", guild_id)}
        )

    def guild_user_list(
        self,
        guild_id: str,
        *,
        channel_id: str | None = None,
        search: str | None = None,
        role_id: int | None = None,
        page: int = 1,
        page_size: int = 50,
    ) -> GuildUserPage:
        """One page of a guild's members: those who see a channel, match a name or id, or have a role."""
        parameters = {
            "guild_id": arguments.identity("guild_id", guild_id),
            "channel_id": arguments.optional_identity("channel_id", channel_id),
            "search": None if search is None else arguments.text("search", search, 100),
            "role_id": role_id,
            "page": arguments.page(page),
            "page_size": arguments.page_size(page_size),
        }
        return self._transport.get("guild/user-list", read_guild_user_page, parameters)

    def guild_users(
        self,
        guild_id: str,
        *,
        channel_id: str | None = None,
        search: str | None = None,
        role_id: int | None = None,
        page_size: int = 50,
        max_pages: int = MAX_PAGES,
    ) -> Iterator[User]:
        """All of them, page by page."""

        def fetch(page: int, size: int) -> Page[User]:
            return self.guild_user_list(
                guild_id, channel_id=channel_id, search=search, role_id=role_id, page=page, page_size=size
            )

        return iterate_pages(
            "guild/user-list", fetch, lambda user: user["id"], page_size=page_size, max_pages=max_pages
        )

    def guild_kickout(self, guild_id: str, target_id: str) -> None:
        """Remove a user from the guild."""
        body = {
            "guild_id": arguments.identity("guild_id", guild_id),
            "target_id": arguments.identity("target_id", target_id),
        }
        self._transport.post("guild/kickout", read_nothing, body)

    def guild_nickname(self, guild_id: str, nickname: str | None = None, user_id: str | None = None) -> None:
        """Set a member's nickname of 2 to 64 characters; None or "" clears it. Without ``user_id`` the bot's own."""
        if nickname and not 2 <= len(nickname) <= 64:
            raise InvalidCall("nickname", "must have 2 to 64 characters")
        body = {
            "guild_id": arguments.identity("guild_id", guild_id),
            "nickname": nickname or "",
            "user_id": arguments.optional_identity("user_id", user_id),
        }
        self._transport.post("guild/nickname", read_nothing, body)
