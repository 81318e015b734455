"""Telegram in the conformance suite."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from shared.platforms.telegram import TelegramPlatform
from tests.contract.platforms.harness import (
    Harness,
    RateLimitCase,
    local_http,
    media_fetcher,
    unused_base_url,
)
from tests.standins.assets import AssetStandIn
from tests.standins.server import Answer
from tests.standins.telegram import BOT_TOKEN, TelegramStandIn
from tests.standins.telegram_chats import GROUP_CHAT_ID
from tests.standins.telegram_errors import flood_answer, hidden_flood_answer, refusal
from tests.standins.telegram_html import parse_telegram_html


@contextmanager
def open_harness() -> Iterator[Harness]:
    with TelegramStandIn() as telegram, AssetStandIn() as assets:
        platform = TelegramPlatform(local_http(), media_fetcher(assets), telegram.base_url)
        config = platform.validate_config({"bot_token": BOT_TOKEN, "chat_id": GROUP_CHAT_ID})
        yield Harness(
            name="telegram",
            platform=platform,
            destination=platform.destination(7, config, "any label"),
            stand_in=telegram,
            assets=assets,
            secrets=(BOT_TOKEN, BOT_TOKEN.partition(":")[2]),
            posts=lambda request: request.method == "POST",
            visible_text=lambda text: parse_telegram_html(text).text,
            rate_limits=(
                RateLimitCase(flood_answer(3), 3.0, "destination"),
                RateLimitCase(hidden_flood_answer(8), 8.0, "destination"),
                RateLimitCase(flood_answer(60), 60.0, "credential"),
            ),
            dead_destinations=(
                refusal(401, "Unauthorized"),
                refusal(404, "Not Found"),
                refusal(403, "Forbidden: bot was kicked from the supergroup chat"),
                refusal(400, "Bad Request: chat not found"),
            ),
            server_errors=(
                refusal(500, "Internal Server Error: restart"),
                Answer(502, b"<html>bad gateway</html>"),
                Answer(503),
                Answer(504),
            ),
            unreachable=lambda: TelegramPlatform(local_http(), media_fetcher(assets), unused_base_url()),
        )
        assert telegram.violations == []
