"""KOOK as a destination: the text channels of the servers the sending bot is in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from shared.kook.client.client import KookClients
from shared.kook.client.errors import InvalidCall, KookApiError, KookError, KookRateLimited
from shared.platforms.targets import TargetChannel, TargetList, TargetsUnavailable

TEXT_CHANNEL = 1
# One request at least for each server.
MAX_SERVERS = 50


class KookTargets:
    """Implements shared.platforms.targets.ListsTargets."""

    def __init__(self, clients: KookClients) -> None:
        self._clients = clients

    def list_targets(self, config: Mapping[str, Any]) -> TargetList:
        """All pages of every server's channels."""
        try:
            return self._list(str(config.get("bot_token") or ""))
        except InvalidCall as problem:
            raise TargetsUnavailable("bad_configuration", f"bot_token: {problem.detail}") from None
        except KookRateLimited as limited:
            raise TargetsUnavailable("rate_limited", str(limited), limited.retry_after_seconds) from None
        except KookApiError as refused:
            raise TargetsUnavailable("unauthorized" if refused.token_refused else "refused", str(refused)) from None
        except KookError as failure:
            raise TargetsUnavailable("unreachable", str(failure)) from None

    def _list(self, bot_token: str) -> TargetList:
        client = self._clients.of_bot(bot_token)
        guilds = list(client.guilds())
        channels = []
        for guild in guilds[:MAX_SERVERS]:
            for channel in client.channels(guild["id"]):
                if channel["type"] == TEXT_CHANNEL and not channel["is_category"]:
                    channels.append(TargetChannel(channel["id"], channel["name"] or channel["id"]))
        beyond = len(guilds) - MAX_SERVERS
        return TargetList(tuple(channels), f"{beyond} more servers are not listed" if beyond > 0 else "")
