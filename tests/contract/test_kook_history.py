"""KOOK's history through the real client, from a stand-in KOOK: pages in order, authors of private chats, failures."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from shared.kook.client.client import KookClients
from shared.kook.events import parse_event
from shared.kook.listed_messages import event_of_listed
from shared.kook.messages import relay_message
from shared.platforms.http import RequestsHttpClient
from shared.relay.backfill import HistoryRefused, HistoryUnavailable
from shared.relay.kook_history import KookHistory
from shared.relay.models import Account
from shared.security.outbound import OutboundGuard, guarded_session
from tests.standins.kook import KookStandIn, RateRule
from tests.standins.kook_world import DEFAULT_BOT_TOKEN, KookWorld
from tests.standins.server import Answer, Fault

ACCOUNT = Account(id=1, email="a@example.com", bot_token=DEFAULT_BOT_TOKEN, created_at="")


@pytest.fixture(params=[False, True], ids=["oldest first", "newest first"])
def kook(request: pytest.FixtureRequest) -> Iterator[KookStandIn]:
    with KookStandIn(world=KookWorld(newest_first=request.param)) as stand_in:
        stand_in.world.populate(messages=120)
        yield stand_in


def history(kook: KookStandIn) -> KookHistory:
    return KookHistory(
        KookClients(RequestsHttpClient(guarded_session(OutboundGuard(allow=("127.0.0.0/8",)))), kook.api_base)
    )


def test_pages_go_back_from_the_newest_each_in_order(kook: KookStandIn) -> None:
    source = history(kook)
    newest = source.page(ACCOUNT, "8001", None)
    assert [message["content"] for message in newest] == [f"消息 {number}" for number in range(71, 121)]
    older = source.page(ACCOUNT, "8001", newest[0]["id"])
    assert [message["content"] for message in older] == [f"消息 {number}" for number in range(21, 71)]


def test_private_chats_are_read_too_with_the_name_of_who_wrote(kook: KookStandIn) -> None:
    code = kook.world.open_chat("20001")
    kook.world.add_message(code, "悄悄话")
    (message,) = history(kook).page(ACCOUNT, code, None)
    event = parse_event(event_of_listed(message, code))
    assert (event.is_private, event.channel_key, event.author.name) == (True, code, "操作员")


def test_a_listed_message_reads_like_the_event_that_announced_it(kook: KookStandIn) -> None:
    first = kook.world.add_message("8001", "**原文**", create_at=1_700_000_900_000)
    kook.world.add_message("8001", "(met)all(met) 回复", quote=first["id"], create_at=1_700_000_901_000)
    listed = history(kook).page(ACCOUNT, "8001", None)[-1]
    event = parse_event(event_of_listed(listed, "8001", "7001"))
    message = relay_message(event)
    assert (event.event_id, event.channel_key, event.guild_id) == (listed["id"], "8001", "7001")
    assert event.sent_at_ms == 1_700_000_901_000
    assert message.quote is not None
    assert message.quote.message_id == first["id"]
    assert "回复" in message.plain_text


def test_what_kook_does_not_show_is_refused_and_what_passes_is_unavailable(kook: KookStandIn) -> None:
    with pytest.raises(HistoryRefused):
        history(kook).page(ACCOUNT, "9999", None)
    kook.script(Fault(answer=Answer(502, b"bad gateway")), times=10)
    with pytest.raises(HistoryUnavailable) as caught:
        history(kook).page(ACCOUNT, "8001", None)
    assert caught.value.retry_after_seconds is None


def test_a_rate_limit_says_how_long() -> None:
    with KookStandIn(rate_rules={"message/list": RateRule(1, 30.0)}) as kook:
        kook.world.populate(messages=3)
        source = history(kook)
        source.page(ACCOUNT, "8001", None)
        with pytest.raises(HistoryUnavailable) as caught:
            source.page(ACCOUNT, "8001", None)
        assert caught.value.retry_after_seconds is not None
        assert 0 < caught.value.retry_after_seconds <= 30
