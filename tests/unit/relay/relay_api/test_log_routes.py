"""The log over HTTP: shapes and refusals of the "relay" contract."""

from __future__ import annotations

import pytest

from shared.relay.logs import InvalidCursor, PageTooFar
from tests.relay_answers import NOW, error_of
from tests.unit.relay.relay_api.relay_world import World


def test_logs_have_the_contracts_shape(world: World) -> None:
    body = world.call("GET", "/api/logs").get_json()
    assert (body["success"], body["total"], body["page"], body["next_cursor"]) == (True, 1234, 1, "next")
    expected = {
        "id": 1,
        "kook_message_id": "msg_123",
        "kook_channel_id": "channel_456",
        "content": "测试消息",
        "message_type": "text",
        "sender_name": "用户A",
        "target_platform": "discord",
        "target_channel": "discord_ch_789",
        "status": "success",
        "error_message": None,
        "latency_ms": 1234,
        "created_at": NOW,
    }
    assert expected.items() <= body["data"][0].items()
    assert world.log.asked["limit"] == 100


def test_log_filters_are_passed_on(world: World) -> None:
    world.call("GET", "/api/logs?limit=5&status=failed&platform=telegram&channel_id=42&page=3")
    assert world.log.asked == {
        "status": "failed", "platform": "telegram", "channel_id": "42", "limit": 5, "page": 3, "cursor": None,
    }  # fmt: skip
    world.call("GET", "/api/logs?cursor=abc")
    assert (world.log.asked["cursor"], world.log.asked["page"]) == ("abc", None)


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("limit=0", "limit"),
        ("limit=501", "limit"),
        ("limit=ten", "limit"),
        ("page=0", "page"),
        ("page=-1", "page"),
        ("page=x", "page"),
        ("status=lost", "status"),
        ("platform=myspace", "platform"),
        ("page=2&cursor=abc", "page"),
        ("cursor=" + "x" * 2000, "cursor"),
        ("channel_id=" + "x" * 2000, "channel_id"),
    ],
)
def test_bad_log_filters_are_refused_by_name(world: World, query: str, field: str) -> None:
    assert error_of(world.call("GET", f"/api/logs?{query}"), 400, "INVALID_PARAMETER")["field"] == field


def test_a_page_too_far_or_a_foreign_cursor_says_what_to_do(world: World) -> None:
    world.log.failure = PageTooFar("far")
    assert "next_cursor" in error_of(world.call("GET", "/api/logs?page=999"), 400, "PAGE_TOO_FAR")["solution"]
    world.log.failure = InvalidCursor("foreign")
    assert error_of(world.call("GET", "/api/logs?cursor=x"), 400, "INVALID_CURSOR")["field"] == "cursor"
