"""Suggestions and what becomes of them, over HTTP with fakes behind."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest

from shared.platforms.targets import TargetList, TargetsUnavailable
from shared.relay.accounts import Accounts
from shared.relay.bot_targets import BotTargets
from shared.relay.errors import Refusal, RelayError
from shared.relay.kook_directory import LISTING_BUDGET_SECONDS, KookDirectory
from tests.fakes.clock import FakeClock
from tests.fakes.kook_access import FakeKookAccess
from tests.fakes.kook_api import FakeKookLists, FakeTargets, KookApiWorld
from tests.relay_answers import error_of

AUTO_MATCH = "/api/smart-mapping/auto-match"
APPLY = "/api/smart-mapping/apply"
CHANNELS = {"7001": ["公告", "游戏攻略", "闲聊区"], "7002": ["rules"]}
TARGETS = {
    "https://discord.com/1": [("d1", "announcements")],
    "https://discord.com/2": [("d2", "game-guides"), ("d3", "公告"), ("d4", "news")],
    "https://discord.com/3": TargetsUnavailable("webhook_deleted", "HTTP 404, code 10015: Unknown Webhook"),
}


@pytest.fixture
def world() -> KookApiWorld:
    made = KookApiWorld(listers={"discord": FakeTargets(TARGETS)})
    made.add_account()
    made.lists.channels_of = dict(CHANNELS)
    return made


@pytest.fixture
def ready(world: KookApiWorld) -> KookApiWorld:
    for name in ("Hook", "Game server", "Broken"):
        world.add_bot(name)
    return world


def match(world: KookApiWorld, **wanted: Any) -> Any:
    return world.call("POST", AUTO_MATCH, {"account_id": 1, "platform": "discord", **wanted})


def suggestion_of(body: dict[str, Any], channel: str) -> dict[str, Any]:
    return next(one for one in body["mappings"] if one["kook_channel"] == channel)


def test_every_channel_gets_its_best_target_with_the_reason(ready: KookApiWorld) -> None:
    response = match(ready)
    assert response.status_code == 200
    body = response.get_json()
    assert body["success"] is True
    found = suggestion_of(body, "公告")
    others = found.pop("alternatives")
    assert found == {
        "kook_server_id": "7001",
        "kook_server": "Server 7001",
        "kook_channel_id": "70010",
        "kook_channel": "公告",
        "kook_category": "闲",
        "target": "d3",
        "target_name": "公告",
        "target_platform": "discord",
        "bot_id": 2,
        "bot_name": "Game server",
        "confidence": 1.0,
        "match_reason": "名称相同",
        "match_reason_code": "exact",
        "already_mapped": False,
    }
    assert [(other["target"], other["confidence"]) for other in others] == [("d1", 0.9), ("d4", 0.9)]
    assert suggestion_of(body, "游戏攻略")["target_name"] == "game-guides"
    assert [one["confidence"] for one in body["mappings"]] == sorted(
        (one["confidence"] for one in body["mappings"]), reverse=True
    )


def test_the_answer_counts_and_says_what_is_missing(ready: KookApiWorld) -> None:
    body = match(ready).get_json()
    assert body["stats"] == {
        "total_kook_channels": 4,
        "total_target_channels": 4,
        "matched_count": 2,
        "match_rate": 50.0,
    }
    assert [target["target"] for target in body["available_targets"]] == ["d1", "d2", "d3", "d4"]
    assert body["unavailable_bots"] == [
        {
            "bot_id": 3,
            "bot_name": "Broken",
            "reason_code": "webhook_deleted",
            "reason": "HTTP 404, code 10015: Unknown Webhook",
            "detail": "HTTP 404, code 10015: Unknown Webhook",
            "partly_listed": False,
        }
    ]
    assert body["message"] == "找到 2 个匹配（共 4 个频道）"


def test_reasons_follow_the_language(ready: KookApiWorld) -> None:
    body = ready.call(
        "POST", AUTO_MATCH, {"account_id": 1, "platform": "discord"}, **{"Accept-Language": "en"}
    ).get_json()
    assert suggestion_of(body, "公告")["match_reason"] == "the same name"


def test_one_server_and_a_threshold_narrow_the_suggestions(ready: KookApiWorld) -> None:
    body = match(ready, server_id="7001", threshold=0.95).get_json()
    assert body["stats"]["total_kook_channels"] == 3
    assert [one["kook_channel"] for one in body["mappings"]] == ["公告"]
    assert suggestion_of(body, "公告")["alternatives"] == []
    assert match(ready, server_id="7002").get_json()["mappings"] == []


def test_the_only_target_of_a_bot_may_be_meant_by_the_bots_name(world: KookApiWorld) -> None:
    world.add_bot("闲聊 推送")
    found = suggestion_of(match(world).get_json(), "闲聊区")
    assert (found["target"], found["target_name"]) == ("d1", "announcements")
    assert found["match_reason_code"] == "translated_part"


def test_no_more_than_three_alternatives_are_given() -> None:
    many = [(f"d{number}", "公告") for number in range(9)]
    world = KookApiWorld(listers={"discord": FakeTargets({"https://discord.com/1": many})})
    world.add_account()
    world.add_bot("b")
    world.lists.channels_of = {"7001": ["公告"]}
    found = suggestion_of(match(world).get_json(), "公告")
    assert [found["target"], *(other["target"] for other in found["alternatives"])] == ["d0", "d1", "d2", "d3"]


def test_a_kook_channel_is_never_matched_with_itself() -> None:
    targets = {"https://discord.com/1": [("70010", "公告"), ("88", "公告")]}
    world = KookApiWorld(listers={"kook": FakeTargets(targets)})
    world.add_account()
    world.add_bot("b", platform="kook")
    world.lists.channels_of = {"7001": ["公告"]}
    found = suggestion_of(match(world, platform="kook").get_json(), "公告")
    assert found["target"] == "88"
    assert found["alternatives"] == []


@pytest.mark.parametrize(
    ("wanted", "field"),
    [
        ({"account_id": "1"}, "account_id"),
        ({"platform": 1}, "platform"),
        ({"threshold": 1.5}, "threshold"),
        ({"threshold": "high"}, "threshold"),
        ({"server_id": "7 0"}, "server_id"),
    ],
)
def test_malformed_wishes_are_refused(ready: KookApiWorld, wanted: dict[str, Any], field: str) -> None:
    assert error_of(match(ready, **wanted), 400, "INVALID_PARAMETER")["field"] == field


def test_missing_and_unknown_things_are_refused(ready: KookApiWorld) -> None:
    error_of(ready.call("POST", AUTO_MATCH, {"platform": "discord"}), 400, "MISSING_PARAMETER")
    error_of(match(ready, account_id=99), 404, "ACCOUNT_NOT_FOUND")
    error_of(match(ready, platform="myspace"), 400, "UNSUPPORTED_PLATFORM")


def test_an_account_without_a_bot_token_cannot_be_matched(ready: KookApiWorld) -> None:
    number = ready.add_account(bot_token="")
    assert error_of(match(ready, account_id=number), 400, "BOT_TOKEN_MISSING")["field"] == "bot_token"
    number = ready.add_account(bot_token="", unreadable=("bot_token",))
    error_of(match(ready, account_id=number), 500, "SECRETS_UNREADABLE")


def test_nothing_to_match_is_an_error_that_says_which_side_is_empty(world: KookApiWorld) -> None:
    assert error_of(match(world), 400, "NOTHING_TO_MATCH")["reason_code"] == "no_bots"
    world.add_bot("off", status="disabled")
    world.add_bot("sealed", unreadable=("webhook_url",))
    world.add_bot("gone")
    body = error_of(match(world), 400, "NOTHING_TO_MATCH")
    assert body["reason_code"] == "no_targets"
    codes = [bot["reason_code"] for bot in body["unavailable_bots"]]
    assert codes == ["disabled", "secrets_unreadable", "webhook_deleted"]
    world.lists.channels_of = {}
    assert error_of(match(world), 400, "NOTHING_TO_MATCH")["reason_code"] == "no_kook_channels"


def test_a_platform_that_cannot_list_says_so(world: KookApiWorld) -> None:
    world.add_bot("t", platform="telegram")
    body = error_of(match(world, platform="telegram"), 400, "NOTHING_TO_MATCH")
    assert [bot["reason_code"] for bot in body["unavailable_bots"]] == ["not_listable"]


def test_too_many_channels_are_refused_before_they_are_compared() -> None:
    many = [(f"d{number}", "x") for number in range(5000)]
    world = KookApiWorld(listers={"discord": FakeTargets({"https://discord.com/1": many})})
    world.add_account()
    world.add_bot("b")
    world.lists.channels_of = {"7001": ["x"] * 2001}
    assert error_of(match(world), 422, "TOO_MANY_CHANNELS")["field"] == "server_id"


class SlowTargets:
    """Answers when it is let go."""

    def __init__(self) -> None:
        self.released = threading.Event()

    def list_targets(self, config: Mapping[str, Any]) -> TargetList:
        self.released.wait(30)
        return TargetList(())


@pytest.fixture
def slow() -> Iterator[SlowTargets]:
    lister = SlowTargets()
    yield lister
    lister.released.set()


def test_a_platform_that_does_not_answer_keeps_nobody_waiting(ready: KookApiWorld, slow: SlowTargets) -> None:
    clock = FakeClock()
    bots = [bot.model_copy(update={"platform": "slow"}) for bot in ready.store.bots()]
    found = BotTargets({"slow": slow}, clock, listing_seconds=0.0).of(bots)
    assert [one.code for one in found.unlisted] == ["timeout"] * 3
    assert found.targets == ()


def test_listing_many_servers_ends_when_the_time_is_up() -> None:
    world, clock = KookApiWorld(), FakeClock()
    number = world.add_account()

    class SlowLists(FakeKookLists):
        def channels(self, *arguments: Any) -> Any:
            clock.advance(LISTING_BUDGET_SECONDS)
            return super().channels(*arguments)

    lists = SlowLists({str(server): ["a"] for server in range(20)})
    directory = KookDirectory(Accounts(world.store, FakeKookAccess(), clock.ms), lists, clock)
    with pytest.raises(RelayError) as refused:
        directory.text_channels(number)
    assert refused.value.refusal is Refusal.KOOK_TOO_SLOW


# --- apply ---


@pytest.fixture
def apply(ready: KookApiWorld) -> Callable[..., Any]:
    return lambda *rows: ready.call("POST", APPLY, {"mappings": list(rows)})


def chosen(**changes: Any) -> dict[str, Any]:
    row = {"kook_server_id": "7001", "kook_channel_id": "70010", "kook_channel": "公告", "target": "d3", "bot_id": 2}
    return {**row, **changes}


def test_suggestions_can_be_applied_as_they_came(ready: KookApiWorld, apply: Callable[..., Any]) -> None:
    suggestions = match(ready).get_json()["mappings"]
    response = apply(*suggestions)
    assert response.status_code == 201
    body = response.get_json()
    assert (body["success_count"], body["skipped_count"], body["failed_count"]) == (2, 0, 0)
    assert [row["status"] for row in body["results"]] == ["created", "created"]
    made = [ready.store.kept_mappings[row["mapping_id"]] for row in body["results"]]
    assert [(one.kook_channel_id, one.target_bot_id, one.target_channel_id) for one in made] == [
        (one["kook_channel_id"], one["bot_id"], one["target"]) for one in suggestions
    ]
    assert {one.target_platform for one in made} == {"discord"}
    assert {one.kook_channel_name for one in made} == {"公告", "游戏攻略"}
    again = match(ready).get_json()
    assert all(one["already_mapped"] for one in again["mappings"])


def test_duplicates_are_skipped_and_named(ready: KookApiWorld, apply: Callable[..., Any]) -> None:
    first = apply(chosen()).get_json()["results"][0]["mapping_id"]
    response = apply(chosen(), chosen(target="d4"), chosen(target="d4"))
    assert response.status_code == 201
    rows = response.get_json()["results"]
    assert [row["status"] for row in rows] == ["skipped", "created", "skipped"]
    assert rows[0]["mapping_id"] == first
    assert rows[1]["mapping_id"] == rows[2]["mapping_id"] != first
    assert apply(chosen()).status_code == 200
    assert len(ready.store.kept_mappings) == 2


def test_a_bad_row_costs_only_itself(ready: KookApiWorld, apply: Callable[..., Any]) -> None:
    rows = apply(
        chosen(bot_id=99), chosen(target="bad-target"), {"bot_id": 2}, "nonsense", chosen(), chosen(target="bad-target")
    ).get_json()["results"]
    assert [row["index"] for row in rows] == list(range(6))
    assert [row["status"] for row in rows] == ["failed", "failed", "failed", "failed", "created", "failed"]
    codes = [row.get("error_code") for row in rows]
    assert codes == [
        "BOT_NOT_FOUND", "INVALID_TARGET_CHANNEL", "MISSING_PARAMETER", "INVALID_PARAMETER", None,
        "INVALID_TARGET_CHANNEL",
    ]  # fmt: skip
    assert (rows[0]["field"], rows[1]["field"]) == ("bot_id", "target")
    assert len(ready.store.kept_mappings) == 1


def test_mappings_may_be_applied_switched_off(ready: KookApiWorld, apply: Callable[..., Any]) -> None:
    made = apply(chosen(enabled=0)).get_json()["results"][0]["mapping_id"]
    assert ready.store.kept_mappings[made].enabled == 0


@pytest.mark.parametrize("body", [{}, {"mappings": []}, {"mappings": [chosen()] * 501}, {"mappings": "all"}])
def test_what_is_no_list_of_rows_is_refused(ready: KookApiWorld, body: dict[str, Any]) -> None:
    response = ready.call("POST", APPLY, body)
    assert response.status_code == 400
    assert response.get_json()["error_code"] in ("INVALID_PARAMETER", "MISSING_PARAMETER")
