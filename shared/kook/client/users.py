"""user/* and gateway/index: who the credential is, who others are, and being online (user.md, gateway.md)."""

from __future__ import annotations

from shared.kook.client import arguments
from shared.kook.client.results import OnlineStatus, User, read_nothing, read_online_status, read_url, read_user
from shared.kook.client.transport import KookTransport


class UserCalls:
    _transport: KookTransport

    def user_me(self) -> User:
        """The user the credential belongs to: the cheapest proof that a token is good."""
        return self._transport.get("user/me", read_user)

    def user_view(self, user_id: str, guild_id: str | None = None) -> User:
        """Any user; with ``guild_id`` with their nickname and roles there."""
        parameters = {
            "user_id": arguments.identity("user_id", user_id),
            "guild_id": arguments.optional_identity("guild_id", guild_id),
        }
        return self._transport.get("user/view", read_user, parameters)

    def online(self) -> None:
        """Put a webhook bot online, which makes KOOK send its challenge again. KOOK allows few of these calls."""
        self._transport.post("user/online", read_nothing)

    def offline(self) -> None:
        """Take a webhook bot offline: KOOK stops sending events."""
        self._transport.post("user/offline", read_nothing)

    def online_status(self) -> OnlineStatus:
        """Whether KOOK has the bot online, and how it is connected (user/get-online-status)."""
        return self._transport.get("user/get-online-status", read_online_status)

    def gateway_index(self, *, compress: bool = True) -> str:
        """The address of the WebSocket gateway. It holds a token: keep it out of logs."""
        return self._transport.get("gateway/index", read_url, {"compress": int(compress)})
