"""Feishu: the groups an app's bot is in (im/v1/chats, scope im:chat:readonly)."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlencode

from shared.platforms.answer_text import presentable
from shared.platforms.feishu_answers import TOKEN_CODES, FeishuAnswer, feishu_outcome, read_feishu_answer
from shared.platforms.feishu_settings import DEFAULT_API_BASE, is_custom_bot
from shared.platforms.feishu_token import AppCredentials, TenantTokens, TokenUnavailable
from shared.platforms.http import HttpClient, NoAnswer, NotSent
from shared.platforms.targets import TargetChannel, TargetList, TargetsUnavailable, not_asked, not_listed

CHATS_PATH = "/open-apis/im/v1/chats"
PAGE_SIZE = 100
# Five thousand groups: a list without an end must not become a request without one.
MAX_PAGES = 50
_MAX_NAME_CHARACTERS = 200


class FeishuTargets:
    """Implements shared.platforms.targets.ListsTargets. ``api_base`` and ``clock`` as for FeishuPlatform."""

    def __init__(self, http: HttpClient, api_base: str, clock: Callable[[], float] = time.time) -> None:
        self._http = http
        self._api_base = api_base.rstrip("/")
        self._tokens = TenantTokens(http, clock)

    def list_targets(self, config: Mapping[str, Any]) -> TargetList:
        """All pages of the groups the app's bot is in; people, whom it could write to as well, are in no list."""
        if is_custom_bot(config):
            raise TargetsUnavailable(
                "not_listable", "a custom bot belongs to one group and cannot say which; use an app to have it listed"
            )
        if not config.get("app_id") or not config.get("app_secret"):
            raise TargetsUnavailable("bad_configuration", "app_id and app_secret are required")
        app = AppCredentials(self._base(config), str(config["app_id"]), str(config["app_secret"]))
        channels: dict[str, TargetChannel] = {}
        page_token = ""
        for _ in range(MAX_PAGES):
            data = self._page(app, page_token)
            channels |= {channel.id: channel for channel in map(_channel, _items(data)) if channel is not None}
            page_token = str(data.get("page_token") or "")
            if data.get("has_more") is not True or not page_token:
                return TargetList(tuple(channels.values()))
        return TargetList(tuple(channels.values()), f"only the first {MAX_PAGES * PAGE_SIZE} groups are listed")

    def _page(self, app: AppCredentials, page_token: str) -> Mapping[str, Any]:
        parameters: dict[str, str | int] = {"page_size": PAGE_SIZE, "sort_type": "ByCreateTimeAsc"}
        if page_token:
            parameters["page_token"] = page_token
        secrets = [app.app_secret]
        try:
            answer = self._authorised(app, f"{app.api_base}{CHATS_PATH}?{urlencode(parameters)}", secrets)
        except TokenUnavailable as refused:
            raise not_listed(refused.outcome) from None
        except (NotSent, NoAnswer) as failure:
            raise not_asked(failure, presentable(failure.detail, secrets)) from None
        if not answer.ok:
            raise not_listed(feishu_outcome(answer, tuple(secrets)))
        return answer.data

    def _authorised(self, app: AppCredentials, url: str, secrets: list[str]) -> FeishuAnswer:
        """Ask with the app's token; once more with a fresh one when it is refused."""
        token = self._tokens.token(app)
        secrets.append(token)
        answer = self._get(url, token)
        if answer.code not in TOKEN_CODES:
            return answer
        self._tokens.drop(app, token)
        token = self._tokens.token(app)
        secrets.append(token)
        return self._get(url, token)

    def _get(self, url: str, token: str) -> FeishuAnswer:
        return read_feishu_answer(self._http.request("GET", url, headers={"Authorization": f"Bearer {token}"}))

    def _base(self, config: Mapping[str, Any]) -> str:
        own_base = str(config.get("base_url") or DEFAULT_API_BASE)
        return own_base if self._api_base == DEFAULT_API_BASE else self._api_base


def _items(data: Mapping[str, Any]) -> list[Any]:
    items = data.get("items")
    return items if isinstance(items, list) else []


def _channel(item: Any) -> TargetChannel | None:
    """None for what is no group any more."""
    chat_id = item.get("chat_id") if isinstance(item, dict) else None
    if not isinstance(chat_id, str) or not chat_id or item.get("chat_status") in ("dissolved", "dissolved_save"):
        return None
    name = item.get("name")
    shown = " ".join(name.split())[:_MAX_NAME_CHARACTERS] if isinstance(name, str) else ""
    return TargetChannel(chat_id, shown or chat_id)
