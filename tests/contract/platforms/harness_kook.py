"""KOOK as a destination in the conformance suite."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from shared.kook.cards import CardsUnreadable, parse_cards
from shared.kook.client.client import KookClient
from shared.kook.echo import is_own_nonce
from shared.kook.kmarkdown import Names, parse_kmarkdown
from shared.message.render_plain import render_plain
from shared.platforms.kook import KookPlatform
from tests.contract.platforms.harness import Harness, RateLimitCase, local_http, media_fetcher, unused_base_url
from tests.standins.assets import AssetStandIn
from tests.standins.kook import KookStandIn
from tests.standins.kook_world import DEFAULT_BOT_TOKEN
from tests.standins.server import Answer

CHANNEL_ID = "8001"


def platform_at(api_base: str, assets: AssetStandIn) -> KookPlatform:
    """With a client of its own for each message: what one remembers of a rate limit is not what is tested here."""
    return KookPlatform(lambda token: KookClient(local_http(), api_base, token), media_fetcher(assets))


def visible_text(content: str) -> str:
    """Cards and KMarkdown as a person reads them. No text of the suite is the JSON of a card."""
    try:
        document = parse_cards(content, Names()).document
    except CardsUnreadable:
        document = parse_kmarkdown(content, Names())
    return render_plain(document)


def refusal(code: int, message: str, status: int = 200, **headers: str) -> Answer:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Answer.of_json({"code": code, "message": message, "data": []}, status, named)


@contextmanager
def open_harness() -> Iterator[Harness]:
    with KookStandIn() as kook, AssetStandIn() as assets:
        kook.world.populate(messages=0)
        platform = platform_at(kook.api_base, assets)
        config = platform.validate_config({"bot_token": DEFAULT_BOT_TOKEN, "channel_id": CHANNEL_ID})
        yield Harness(
            name="kook",
            platform=platform,
            destination=platform.destination(7, config, "any label"),
            stand_in=kook,
            assets=assets,
            secrets=(DEFAULT_BOT_TOKEN,),
            posts=lambda request: request.path.endswith("/message/create"),
            visible_text=visible_text,
            rate_limits=(
                RateLimitCase(
                    refusal(429, "请求过于频繁", 429, X_Rate_Limit_Reset="7", X_Rate_Limit_Bucket="message/create"),
                    7.0,
                    "credential",
                ),
                RateLimitCase(
                    refusal(429, "请求过于频繁", 429, X_Rate_Limit_Reset="11", X_Rate_Limit_Global=""),
                    11.0,
                    "credential",
                ),
                RateLimitCase(refusal(429, "请求过于频繁", Retry_After="3"), 3.0, "credential"),
            ),
            dead_destinations=(
                refusal(40101, "你的用户凭证不正确", 401),
                refusal(40103, "token 已过期"),
                refusal(40300, "你没有权限进行此操作", 403),
            ),
            server_errors=(
                Answer(500, b"{}"),
                Answer(502, b"<html>bad gateway</html>"),
                Answer(503),
                Answer(504),
                refusal(40000, "系统错误", 500),
                refusal(40000, "系统繁忙, 请稍后再试"),
            ),
            unreachable=lambda: platform_at(unused_base_url(), assets),
        )
        assert all(is_own_nonce(nonce) for nonce in kook.world.nonces.values())
