"""What routing drops, with its reason, and what it lets wait."""

from __future__ import annotations

from typing import Any

import pytest

from shared.relay.models import Filters
from shared.relay.routing import ChannelHeld
from tests.unit.relay.routing_scene import Scene

JOINED_GUILD = {"extra": {"type": "joined_guild", "body": {"user_id": "77"}}}


@pytest.mark.parametrize(
    ("frame", "changes", "reason"),
    [
        ("own_bot_echo", {}, "own echo"),
        ("text", {"nonce": "kook-relay:1"}, "own echo"),
        ("sys_deleted_message", {}, "nothing to change"),
        ("sys_deleted_message", JOINED_GUILD, "system event"),
        ("text", {"target_id": "123"}, "channel not mapped"),
    ],
)
def test_what_concerns_nobody_is_dropped_with_a_reason(frame: str, changes: dict[str, Any], reason: str) -> None:
    scene = Scene()
    routing = scene.route(frame, **changes)
    assert routing.dropped == reason
    assert scene.records.created == {}
    assert scene.queued == []


@pytest.mark.parametrize(
    ("frame", "changes", "reason"),
    [
        ("sys_deleted_message", JOINED_GUILD, "system event"),  # most events of a busy guild
        ("text", {"target_id": "9" * 3000}, "channel not mapped"),  # no index takes a key of that length
    ],
)
def test_what_can_have_no_mapping_costs_no_read(frame: str, changes: dict[str, Any], reason: str) -> None:
    scene = Scene()
    assert scene.route(frame, **changes).dropped == reason
    assert scene.looked_up == []


def test_a_deleted_account_relays_nothing() -> None:
    assert Scene().route(account_id=9).dropped == "account deleted"


def test_a_stopped_account_relays_what_came_before_the_stop_and_nothing_after() -> None:
    scene = Scene()
    running = scene.accounts_by_id[1]
    stopped_at = scene.clock.ms() + 1
    scene.accounts_by_id[1] = running.model_copy(update={"status": "offline", "stopped_at_ms": stopped_at})
    assert scene.route().queued == [1, 2]
    scene.clock.advance(1)
    assert scene.route(msg_id="later").dropped == "account stopped"
    restarted = {"status": "online", "stopped_at_ms": stopped_at, "started_at_ms": scene.clock.ms() + 5}
    scene.accounts_by_id[1] = running.model_copy(update=restarted)
    assert scene.route(msg_id="while stopped").dropped == "account stopped"
    scene.clock.advance(1)
    assert scene.route(msg_id="after the start").queued == [1, 2]


def test_another_bot_is_filtered_unless_the_mapping_wants_bots() -> None:
    scene = Scene()
    scene.mappings[1] = scene.mapping(2, "telegram", 2, filters=Filters(relay_bots=True))
    scene.accounts_by_id[1] = scene.accounts_by_id[1].model_copy(update={"kook_user_id": "1111"})
    routing = scene.route("own_bot_echo", nonce="")
    assert (routing.filtered, routing.queued) == ([1], [2])


@pytest.mark.parametrize(("own_id", "dropped"), [("", "own echo"), ("2862900001", "own echo"), ("77", "")])
def test_a_bot_speaking_while_our_own_id_is_unknown_is_looked_up(own_id: str, dropped: str) -> None:
    scene = Scene()
    scene.accounts_by_id[1] = scene.accounts_by_id[1].model_copy(update={"kook_user_id": ""})
    scene.own_id = own_id
    assert scene.route("own_bot_echo", nonce="").dropped == dropped
    assert scene.asked == [1]


def test_a_live_event_waits_for_the_backfill_of_its_account_and_a_backfilled_one_does_not() -> None:
    scene = Scene()
    held = scene.accounts_by_id[1].model_copy(update={"held_until_ms": scene.clock.ms() + 40_000})
    scene.accounts_by_id[1] = held
    with pytest.raises(ChannelHeld) as caught:
        scene.route()
    assert caught.value.seconds == 40
    assert scene.records.created == {}
    assert scene.route(backfilled=True).queued == [1, 2]
    scene.clock.advance(40)
    assert scene.route(msg_id="another").queued == [1, 2]


def test_what_is_dropped_does_not_wait() -> None:
    scene = Scene()
    scene.accounts_by_id[1] = scene.accounts_by_id[1].model_copy(update={"held_until_ms": scene.clock.ms() + 40_000})
    assert scene.route(target_id="999").dropped == "channel not mapped"


def test_a_mapping_gets_nothing_from_the_history_before_its_beginning() -> None:
    scene = Scene()
    scene.mappings[1] = scene.mapping(2, "telegram", 2, starts_at_ms=scene.clock.ms() + 1)
    assert scene.route(backfilled=True).queued == [1]
    assert next(iter(scene.records.created.values())).notes == ("backfilled",)
    # A live event is what it begins with, whatever two clocks say.
    assert scene.route().queued == [1, 2]
