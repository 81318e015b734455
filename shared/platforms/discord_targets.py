"""Discord: a webhook's own channel is the only place it can send to (Get Webhook with Token)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from shared.platforms.answer_text import presentable
from shared.platforms.base import InvalidConfig
from shared.platforms.discord import USER_AGENT
from shared.platforms.discord_answers import discord_outcome, read_discord_answer
from shared.platforms.discord_settings import parse_webhook_url
from shared.platforms.http import HttpClient, NoAnswer, NotSent
from shared.platforms.targets import TargetChannel, TargetList, TargetsUnavailable, not_asked, not_listed


class DiscordTargets:
    """Implements shared.platforms.targets.ListsTargets."""

    def __init__(self, http: HttpClient, api_base: str) -> None:
        self._http = http
        self._api_base = api_base.rstrip("/")

    def list_targets(self, config: Mapping[str, Any]) -> TargetList:
        """One channel, under the webhook's name: Discord does not tell a webhook what its channel is called."""
        try:
            webhook = parse_webhook_url(config.get("webhook_url"))
        except InvalidConfig as problem:
            raise TargetsUnavailable("bad_configuration", str(problem)) from None
        url = f"{self._api_base}/webhooks/{webhook.id}/{webhook.token}"
        try:
            answer = read_discord_answer(self._http.request("GET", url, headers={"User-Agent": USER_AGENT}))
        except (NotSent, NoAnswer) as failure:
            raise not_asked(failure, presentable(failure.detail, (webhook.token,))) from None
        if not answer.is_success:
            raise not_listed(discord_outcome(answer, (webhook.token,)))
        body = answer.body or {}
        channel_id, name = body.get("channel_id"), body.get("name")
        if not isinstance(channel_id, str) or not channel_id.isdigit():
            raise TargetsUnavailable("unexpected_answer", "Discord's answer names no channel")
        shown = presentable(name, (webhook.token,)) if isinstance(name, str) and name.strip() else channel_id
        return TargetList((TargetChannel(channel_id, shown),))
