"""Discord in the conformance suite."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

from shared.platforms.discord import DiscordPlatform
from tests.contract.platforms.harness import (
    Harness,
    RateLimitCase,
    local_http,
    media_fetcher,
    unused_base_url,
)
from tests.standins.assets import AssetStandIn
from tests.standins.discord import (
    DEFAULT_WEBHOOK_TOKEN,
    DEFAULT_WEBHOOK_URL,
    DiscordStandIn,
    cloudflare_answer,
    rate_limited_answer,
)
from tests.standins.discord_rules import error_answer
from tests.standins.server import Answer

_MARKUP = re.compile(r"\\([^A-Za-z0-9\s])|\u200b")


@contextmanager
def open_harness() -> Iterator[Harness]:
    with DiscordStandIn() as discord, AssetStandIn() as assets:
        platform = DiscordPlatform(local_http(), media_fetcher(assets), discord.api_base)
        config = platform.validate_config({"webhook_url": DEFAULT_WEBHOOK_URL})
        yield Harness(
            name="discord",
            platform=platform,
            destination=platform.destination(7, config, "any label"),
            stand_in=discord,
            assets=assets,
            secrets=(DEFAULT_WEBHOOK_TOKEN,),
            posts=lambda request: request.method == "POST",
            visible_text=lambda text: _MARKUP.sub(r"\1", text),
            rate_limits=(
                RateLimitCase(rate_limited_answer(1.25), 1.25, "destination"),
                RateLimitCase(rate_limited_answer(41.5, remaining=4), 41.5, "credential"),
                RateLimitCase(rate_limited_answer(3.0, is_global=True), 3.0, "credential"),
                RateLimitCase(cloudflare_answer(429), 600.0, "credential"),
            ),
            dead_destinations=(
                error_answer(404, 10015, "Unknown Webhook"),
                error_answer(401, 50027, "Invalid Webhook Token"),
                error_answer(403, 50013, "Missing Permissions"),
            ),
            server_errors=(
                Answer(500, b"{}"),
                Answer(502, b"<html>bad gateway</html>"),
                error_answer(503, 0, "503: Service Unavailable"),
                Answer(504),
            ),
            unreachable=lambda: DiscordPlatform(local_http(), media_fetcher(assets), unused_base_url()),
        )
