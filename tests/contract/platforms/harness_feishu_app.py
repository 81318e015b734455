"""A Feishu app's bot in the conformance suite."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from shared.platforms.feishu import FeishuPlatform
from tests.contract.platforms.harness import (
    Harness,
    RateLimitCase,
    local_http,
    media_fetcher,
    unused_base_url,
)
from tests.standins.assets import AssetStandIn
from tests.standins.feishu import (
    APP_ID,
    APP_SECRET,
    CHAT_ID,
    FIRST_TOKEN,
    MESSAGES_PATH,
    FeishuStandIn,
    rate_limited_answer,
)
from tests.standins.feishu_wire import failure
from tests.standins.server import Answer


@contextmanager
def open_harness() -> Iterator[Harness]:
    with FeishuStandIn() as feishu, AssetStandIn() as assets:
        platform = FeishuPlatform(local_http(), media_fetcher(assets), feishu.base_url)
        config = platform.validate_config({"app_id": APP_ID, "app_secret": APP_SECRET, "chat_id": CHAT_ID})
        yield Harness(
            name="feishu_app",
            platform=platform,
            destination=platform.destination(7, config, "any label"),
            stand_in=feishu,
            assets=assets,
            secrets=(APP_SECRET, FIRST_TOKEN),
            posts=lambda request: request.path == MESSAGES_PATH,
            visible_text=lambda text: text,
            rate_limits=(
                RateLimitCase(rate_limited_answer(1.5), 1.5, "credential"),
                RateLimitCase(rate_limited_answer(0.2, 230020, 400), 0.2, "destination"),
                RateLimitCase(failure(11232, "create message trigger system rate limit"), None, "credential"),
                RateLimitCase(Answer(429), None, "credential"),
            ),
            dead_destinations=(
                failure(230002, "Bot/User can NOT be out of the chat."),
                failure(230006, "Bot ability is not activated."),
                failure(99991672, "Access denied. One of the following scopes is required"),
                failure(232009, "Your request specifies a chat which has already been dissolved."),
            ),
            server_errors=(
                Answer(500, b"{}"),
                Answer(502, b"<html>bad gateway</html>"),
                Answer(503),
                failure(232096, "internal error", 200),
            ),
            unreachable=lambda: FeishuPlatform(local_http(), media_fetcher(assets), unused_base_url()),
        )
        assert feishu.mentions == []
