"""A Feishu group's custom bot in the conformance suite. Signatures are in tests/unit/platforms/test_feishu_hook.py."""

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
from tests.standins.feishu import HOOK_ID, HOOK_PREFIX, FeishuStandIn, rate_limited_answer
from tests.standins.feishu_wire import failure
from tests.standins.server import Answer


@contextmanager
def open_harness() -> Iterator[Harness]:
    with FeishuStandIn() as feishu, AssetStandIn() as assets:
        platform = FeishuPlatform(local_http(), media_fetcher(assets), feishu.base_url)
        config = platform.validate_config({"webhook_url": f"https://open.feishu.cn{HOOK_PREFIX}{HOOK_ID}"})
        yield Harness(
            name="feishu_hook",
            platform=platform,
            destination=platform.destination(7, config, "any label"),
            stand_in=feishu,
            assets=assets,
            secrets=(HOOK_ID,),
            posts=lambda request: request.path.startswith(HOOK_PREFIX),
            visible_text=lambda text: text,
            rate_limits=(
                RateLimitCase(failure(9499, "too many request"), None, "destination"),
                RateLimitCase(failure(11232, "frequency limited"), None, "destination"),
                RateLimitCase(rate_limited_answer(2.0), 2.0, "destination"),
            ),
            dead_destinations=(
                failure(19001, "param invalid: incoming webhook access token invalid", 200),
                failure(19021, "sign match fail or timestamp is not within one hour from current time", 200),
                failure(19022, "Ip Not Allowed", 200),
            ),
            server_errors=(Answer(500, b"{}"), Answer(502, b"<html>bad gateway</html>"), Answer(503), Answer(504)),
            unreachable=lambda: FeishuPlatform(local_http(), media_fetcher(assets), unused_base_url()),
            takes_files=False,
        )
        assert feishu.mentions == []
