"""The KOOK client keeps KOOK's rate limits, by bucket and over all calls."""

from __future__ import annotations

import pytest

from shared.kook.client.client import KookClient
from shared.kook.client.errors import KookRateLimited
from shared.platforms.http import RequestsHttpClient
from tests.fakes.clock import FakeClock
from tests.standins.kook import KookStandIn, RateRule
from tests.standins.kook_world import DEFAULT_BOT_TOKEN
from tests.standins.server import Answer, Fault


def test_an_empty_bucket_holds_the_next_call_back_until_it_is_full_again(
    http: RequestsHttpClient, clock: FakeClock
) -> None:
    with KookStandIn(rate_rules={"user/info": RateRule(2, 14.0)}) as kook:
        kook.world.clock = clock
        client = KookClient(http, kook.api_base, DEFAULT_BOT_TOKEN, clock=clock)
        client.user_me()
        client.user_me()
        with pytest.raises(KookRateLimited) as held_back:
            client.user_me()
        assert held_back.value.retry_after_seconds == 14.0
        assert (held_back.value.bucket, held_back.value.sent) == ("user/info", False)
        assert len(kook.requests) == 2

        client.online()  # another bucket
        clock.seconds += 14.5
        client.user_me()
        assert [call for _, call in kook.calls()] == ["user/me", "user/me", "user/online", "user/me"]


def test_a_429_is_a_typed_wait_and_is_remembered(http: RequestsHttpClient, clock: FakeClock) -> None:
    with KookStandIn(rate_rules={"message/create": RateRule(1, 30.0)}) as kook:
        kook.world.clock = clock
        kook.world.populate()
        KookClient(http, kook.api_base, DEFAULT_BOT_TOKEN, clock=clock).message_create("8001", "用掉")
        client = KookClient(http, kook.api_base, DEFAULT_BOT_TOKEN, clock=clock)
        for sent in (True, False):
            with pytest.raises(KookRateLimited) as refusal:
                client.message_create("8001", "再来")
            assert (refusal.value.retry_after_seconds, refusal.value.sent) == (30.0, sent)
        assert len(kook.requests) == 2


def test_a_429_in_the_envelope_counts_whatever_the_http_status(client: KookClient, kook: KookStandIn) -> None:
    kook.script(Fault(answer=Answer.of_json({"code": 429, "message": "超速"}, headers={"X-Rate-Limit-Reset": "3"})))
    with pytest.raises(KookRateLimited) as refusal:
        client.user_me()
    assert (refusal.value.retry_after_seconds, refusal.value.sent) == (3.0, True)
    with pytest.raises(KookRateLimited):
        client.user_me()
    assert len(kook.requests) == 1


def test_the_limit_over_all_calls_holds_every_call_back(http: RequestsHttpClient, clock: FakeClock) -> None:
    with KookStandIn(rate_rules={"": RateRule(1, 60.0)}) as kook:
        kook.world.clock = clock
        client = KookClient(http, kook.api_base, DEFAULT_BOT_TOKEN, clock=clock)
        client.user_me()
        with pytest.raises(KookRateLimited) as refusal:
            client.guild_list()
        assert (refusal.value.bucket, refusal.value.sent, refusal.value.retry_after_seconds) == ("", True, 60.0)
        with pytest.raises(KookRateLimited) as held_back:
            client.online_status()
        assert held_back.value.sent is False
        assert len(kook.requests) == 2
