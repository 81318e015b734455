"""Pins and reactions: where a platform has them, where it refuses one, and where it has none."""

from __future__ import annotations

import json
from collections.abc import Iterator
from importlib import import_module
from typing import cast

import pytest

from shared.platforms.base import Mark, MarkingPlatform, SendContext, SentPart
from shared.platforms.outcomes import ChangeOutcome, Delivered, RetryAfter, Unchangeable
from tests.contract.platforms.harness import Harness
from tests.contract.platforms.test_changes import context, sent_parts
from tests.standins.feishu import FeishuStandIn
from tests.standins.kook import KookStandIn
from tests.standins.server import Fault
from tests.standins.telegram import TelegramStandIn


def mark(harness: Harness, sent: SentPart, mark: Mark) -> ChangeOutcome:
    assert mark.ability in harness.platform.abilities(harness.destination)
    return cast(MarkingPlatform, harness.platform).mark(sent, mark, harness.destination, context())


@pytest.fixture(params=["telegram", "feishu_app", "kook", "webhook"])
def marking(request: pytest.FixtureRequest) -> Iterator[Harness]:
    with import_module(f"tests.contract.platforms.harness_{request.param}").open_harness() as harness:
        yield harness


def pinned(harness: Harness) -> set[str]:
    stand_in = harness.stand_in
    if isinstance(stand_in, TelegramStandIn | FeishuStandIn):
        return {str(one) for one in stand_in.pinned}
    if isinstance(stand_in, KookStandIn):
        return set(stand_in.world.pinned)
    events = [json.loads(request.body) for request in stand_in.requests]
    state: set[str] = set()
    for event in events:
        if event["type"] == "message.pinned":
            state.add(event["data"]["message_id"])
        if event["type"] == "message.unpinned":
            state.discard(event["data"]["message_id"])
    return state


def test_a_message_is_pinned_and_unpinned_and_twice_does_no_harm(marking: Harness) -> None:
    (sent,) = sent_parts(marking, "important")
    for _ in range(2):
        assert isinstance(mark(marking, sent, Mark("pin")), Delivered)
    assert len(pinned(marking)) == 1
    for _ in range(2):
        assert isinstance(mark(marking, sent, Mark("unpin")), Delivered)
    assert pinned(marking) == set()


def test_an_outcome_nobody_knows_is_one_to_repeat(marking: Harness) -> None:
    (sent,) = sent_parts(marking, "important")
    marking.stand_in.script(Fault(processed=True, reset="mid_answer"))
    outcome = mark(marking, sent, Mark("pin"))
    # A receiver of events tells repetitions by their id.
    assert isinstance(outcome, RetryAfter) or marking.name == "webhook"


def test_telegram_shows_the_latest_reaction_and_takes_it_off() -> None:
    with import_module("tests.contract.platforms.harness_telegram").open_harness() as harness:
        (sent,) = sent_parts(harness, "nice")
        reactions = harness.stand_in.reactions
        for emoji in ("👍", "🔥"):
            assert isinstance(mark(harness, sent, Mark("react", emoji)), Delivered)
            assert reactions[int(sent.message_ids[0])] == [emoji]
        assert isinstance(mark(harness, sent, Mark("unreact", "🔥")), Delivered)
        assert reactions[int(sent.message_ids[0])] == []


@pytest.mark.parametrize("emoji", [":party_blob:", "🦄"])
def test_an_emoji_telegram_does_not_know_is_no_failure_of_the_chat(emoji: str) -> None:
    with import_module("tests.contract.platforms.harness_telegram").open_harness() as harness:
        (sent,) = sent_parts(harness, "nice")
        assert mark(harness, sent, Mark("react", emoji)) == Unchangeable(
            "reaction_not_allowed", "Bad Request: REACTION_INVALID"
        )


def test_a_bot_without_the_right_to_pin_goes_on_sending() -> None:
    with import_module("tests.contract.platforms.harness_telegram").open_harness() as harness:
        (sent,) = sent_parts(harness, "important")
        harness.stand_in.may_pin = False
        outcome = mark(harness, sent, Mark("pin"))
        assert isinstance(outcome, Unchangeable)
        assert outcome.code == "right_missing"


def test_a_receiver_is_told_of_reactions_by_ids_alone() -> None:
    with import_module("tests.contract.platforms.harness_webhook").open_harness() as harness:
        (sent,) = sent_parts(harness, "a secret plan")
        assert isinstance(mark(harness, sent, Mark("react", "👍")), Delivered)
        event = json.loads(harness.stand_in.requests[-1].body)
        assert event["type"] == "message.reaction_added"
        assert event["data"]["emoji"] == "👍"
        assert "secret plan" not in json.dumps(event)


@pytest.fixture
def kook() -> Iterator[Harness]:
    with import_module("tests.contract.platforms.harness_kook").open_harness() as harness:
        yield harness


def test_kook_shows_every_reaction_and_takes_off_the_one_that_is_meant(kook: Harness) -> None:
    (sent,) = sent_parts(kook, "nice")
    reactions = kook.stand_in.world.reactions  # type: ignore[attr-defined]
    for emoji in ("👍", "🔥"):
        assert isinstance(mark(kook, sent, Mark("react", emoji)), Delivered)
    assert isinstance(mark(kook, sent, Mark("unreact", "👍")), Delivered)
    assert [emoji for _, emoji in reactions[sent.message_ids[0]]] == ["🔥"]


def test_a_reaction_that_may_have_arrived_is_done_when_kook_refuses_it_the_second_time(kook: Harness) -> None:
    (sent,) = sent_parts(kook, "nice")
    kook.stand_in.script(Fault(processed=True, reset="mid_answer"))
    assert isinstance(mark(kook, sent, Mark("react", "👍")), RetryAfter)
    platform = cast(MarkingPlatform, kook.platform)
    first, second = (SendContext("change", attempt, sent.message_ids[0]) for attempt in (1, 2))
    assert isinstance(platform.mark(sent, Mark("react", "👍"), kook.destination, first), Unchangeable)
    assert isinstance(platform.mark(sent, Mark("react", "👍"), kook.destination, second), Delivered)


def test_what_kook_does_not_let_the_bot_mark_is_no_failure_of_the_channel(kook: Harness) -> None:
    (sent,) = sent_parts(kook, "important")
    kook.stand_in.world.may_pin = False  # type: ignore[attr-defined]
    refused = mark(kook, sent, Mark("pin"))
    assert isinstance(refused, Unchangeable)
    assert refused.code == "missing_permission"
    requests = len(kook.stand_in.requests)
    foreign = mark(kook, sent, Mark("react", ":party_blob:"))
    assert isinstance(foreign, Unchangeable)
    assert (foreign.code, len(kook.stand_in.requests)) == ("reaction_not_allowed", requests)
