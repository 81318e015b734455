"""guild-role/*: a guild's roles and who has them (guild-role.md)."""

from __future__ import annotations

from collections.abc import Iterator

from shared.kook.client import arguments
from shared.kook.client.paging import MAX_PAGES, iterate_pages
from shared.kook.client.results import (
    Page,
    Role,
    UserRoles,
    read_nothing,
    read_page,
    read_role,
    read_user_roles,
)
from shared.kook.client.transport import KookTransport, Parameters

_MAX_UNSIGNED = 2**32 - 1
_MAX_ROLE_NAME_CHARACTERS = 64


class RoleCalls:
    _transport: KookTransport

    def guild_role_list(self, guild_id: str, page: int = 1, page_size: int = 50) -> Page[Role]:
        """One page of the guild's roles."""
        parameters: Parameters = {
            "guild_id": arguments.identity("guild_id", guild_id),
            "page": arguments.page(page),
            "page_size": arguments.page_size(page_size),
        }
        return self._transport.get("guild-role/list", lambda data: read_page(data, read_role), parameters)

    def guild_roles(self, guild_id: str, *, page_size: int = 50, max_pages: int = MAX_PAGES) -> Iterator[Role]:
        """All of them, page by page."""
        return iterate_pages(
            "guild-role/list",
            lambda page, size: self.guild_role_list(guild_id, page, size),
            lambda role: role["role_id"],
            page_size=page_size,
            max_pages=max_pages,
        )

    def guild_role_create(self, guild_id: str, name: str | None = None) -> Role:
        """Make a role; KOOK names it when ``name`` is None."""
        body = {
            "guild_id": arguments.identity("guild_id", guild_id),
            "name": None if name is None else arguments.text("name", name, _MAX_ROLE_NAME_CHARACTERS),
        }
        return self._transport.post("guild-role/create", read_role, body)

    def guild_role_update(
        self,
        guild_id: str,
        role_id: int,
        *,
        name: str | None = None,
        color: int | None = None,
        hoist: bool | None = None,
        mentionable: bool | None = None,
        permissions: int | None = None,
    ) -> Role:
        """Change what is not None. ``color`` is 0xRRGGBB, ``permissions`` a sum of the bits in guild-role.md."""
        body = {
            **_role(guild_id, role_id),
            "name": None if name is None else arguments.text("name", name, _MAX_ROLE_NAME_CHARACTERS),
            "color": None if color is None else arguments.whole_number("color", color, 0, 0xFFFFFF),
            "hoist": None if hoist is None else int(hoist),
            "mentionable": None if mentionable is None else int(mentionable),
            "permissions": (
                None if permissions is None else arguments.whole_number("permissions", permissions, 0, _MAX_UNSIGNED)
            ),
        }
        return self._transport.post("guild-role/update", read_role, body)

    def guild_role_delete(self, guild_id: str, role_id: int) -> None:
        """Remove the role from the guild and from everybody who has it."""
        self._transport.post("guild-role/delete", read_nothing, _role(guild_id, role_id))

    def guild_role_grant(self, guild_id: str, user_id: str, role_id: int) -> UserRoles:
        """Give a member the role; answers with all roles the member now has."""
        body = {**_role(guild_id, role_id), "user_id": arguments.identity("user_id", user_id)}
        return self._transport.post("guild-role/grant", read_user_roles, body)

    def guild_role_revoke(self, guild_id: str, user_id: str, role_id: int) -> UserRoles:
        """Take the role from a member; answers with the roles the member has left."""
        body = {**_role(guild_id, role_id), "user_id": arguments.identity("user_id", user_id)}
        return self._transport.post("guild-role/revoke", read_user_roles, body)


def _role(guild_id: str, role_id: int) -> dict[str, str | int]:
    return {
        "guild_id": arguments.identity("guild_id", guild_id),
        "role_id": arguments.whole_number("role_id", role_id, 0, _MAX_UNSIGNED),
    }
