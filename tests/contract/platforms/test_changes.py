"""Edits and deletions of what was sent, on every platform, against a stand-in that holds the messages."""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import replace
from importlib import import_module
from typing import Any

import pytest

from shared.platforms.base import Part, SendContext, SentPart
from shared.platforms.outcomes import (
    REPLY_NOT_FOUND,
    ChangeOutcome,
    Delivered,
    Outcome,
    Permanent,
    RetryAfter,
    Unchangeable,
)
from tests.contract.platforms.conftest import HARNESSES
from tests.contract.platforms.harness import Harness, message
from tests.standins.assets import asset_item
from tests.standins.server import Fault, RecordedRequest

KOOK_ID = "59def270-0000-4000-8000-8db935e054a1"
_numbers = itertools.count()


def sent_parts(harness: Harness, text: str, **changes: Any) -> list[SentPart]:
    parts = harness.compose(message(text, **changes))
    sent = []
    for part in parts:
        outcome = harness.send(part)
        assert isinstance(outcome, Delivered), outcome
        sent.append(SentPart(part, outcome.message_ids))
    return sent


def context() -> SendContext:
    return SendContext(f"change-{next(_numbers)}", message_id=KOOK_ID)


def edit(harness: Harness, sent: SentPart, part: Part) -> ChangeOutcome:
    return harness.platform.edit(sent, part, harness.destination, context())


def delete(harness: Harness, sent: SentPart) -> ChangeOutcome:
    return harness.platform.delete(sent, harness.destination, context())


# A custom bot is told no message ids; a receiver of events holds no messages, it is told of each change.
HOLDING = tuple(name for name in HARNESSES if name not in ("feishu_hook", "webhook"))


def _opened(name: str) -> AbstractContextManager[Harness]:
    opened: AbstractContextManager[Harness] = import_module(f"tests.contract.platforms.harness_{name}").open_harness()
    return opened


@pytest.fixture(params=(*HOLDING, "webhook"))
def able(request: pytest.FixtureRequest) -> Iterator[Harness]:
    with _opened(request.param) as harness:
        yield harness


@pytest.fixture(params=HOLDING)
def holding(request: pytest.FixtureRequest) -> Iterator[Harness]:
    with _opened(request.param) as harness:
        yield harness


def test_a_custom_bot_says_that_it_cannot_change_anything(harness: Harness) -> None:
    assert bool(harness.platform.abilities(harness.destination)) == (harness.name != "feishu_hook")


def test_an_edit_changes_what_is_shown(holding: Harness) -> None:
    (sent,) = sent_parts(holding, "before <&*_ the edit")
    (part,) = holding.compose(message("after <&*_ the edit"))
    outcome = edit(holding, sent, part)
    assert isinstance(outcome, Delivered)
    assert outcome.message_ids == sent.message_ids
    assert "after <&*_ the edit" in holding.received_text()
    assert "before" not in holding.received_text()
    assert len(holding.received()) == 1


def test_an_edit_to_the_same_text_is_done(able: Harness) -> None:
    (sent,) = sent_parts(able, "the same")
    assert isinstance(edit(able, sent, sent.part), Delivered)


def test_a_deletion_takes_the_message_away(holding: Harness) -> None:
    first, second = sent_parts(holding, "first")[0], sent_parts(holding, "second")[0]
    assert isinstance(delete(holding, first), Delivered)
    assert "first" not in holding.received_text()
    assert "second" in holding.received_text()
    assert isinstance(delete(holding, second), Delivered)


def test_what_is_gone_already_is_deleted_and_cannot_be_edited(holding: Harness) -> None:
    (sent,) = sent_parts(holding, "gone")
    assert isinstance(delete(holding, sent), Delivered)
    again = delete(holding, sent)
    edited = edit(holding, sent, holding.compose(message("back"))[0])
    # KOOK has no code for a message that is gone: it is a refusal like others, and the message stays unchanged.
    assert isinstance(again, Unchangeable if holding.name == "kook" else Delivered)
    assert isinstance(edited, Unchangeable)


def test_a_picture_stays_when_its_text_is_changed(holding: Harness) -> None:
    media = (asset_item("picture.png"),)
    sent = sent_parts(holding, "old caption", media=media)
    files = holding.received_files()
    parts = holding.compose(message("new caption", media=media))
    assert [part.kind for part in parts] == [one.part.kind for one in sent]
    for one, part in zip(sent, parts, strict=True):
        if one.part.text != part.text:
            assert isinstance(edit(holding, one, part), Delivered)
    assert "new caption" in holding.received_text()
    assert len(holding.received_files()) == len(files) == 1


def test_a_file_or_album_is_deleted_whole(holding: Harness) -> None:
    media = (asset_item("picture.png"), asset_item("picture.png"))
    for one in reversed(sent_parts(holding, "with pictures", media=media)):
        assert isinstance(delete(holding, one), Delivered)
    assert holding.received() == []


def test_a_webhooks_receiver_tells_changes_apart_by_their_type() -> None:
    with _opened("webhook") as harness:
        (sent,) = sent_parts(harness, "before")
        (part,) = harness.compose(message("after"))
        assert isinstance(edit(harness, sent, part), Delivered)
        assert isinstance(delete(harness, sent), Delivered)
        created, updated, deleted = (json.loads(request.body) for request in harness.stand_in.requests)
    assert [event["type"] for event in (created, updated, deleted)] == [
        "message.created",
        "message.updated",
        "message.deleted",
    ]
    assert updated["data"]["message_id"] == deleted["data"]["message_id"] == KOOK_ID
    assert "after" in updated["data"]["text"]
    assert "text" not in deleted["data"]


@pytest.mark.parametrize("change", ["edit", "delete"])
def test_a_rate_limit_during_a_change_is_one(able: Harness, change: str) -> None:
    for limit in able.rate_limits:
        (sent,) = sent_parts(able, "text")
        able.stand_in.script(Fault(processed=False, answer=limit.answer), matching=_changes(able))
        outcome = edit(able, sent, able.compose(message("other"))[0]) if change == "edit" else delete(able, sent)
        assert isinstance(outcome, RetryAfter), outcome
        assert (outcome.rate_limited, outcome.seconds, outcome.scope) == (True, limit.seconds, limit.scope)
        able.stand_in.clear()


@pytest.mark.parametrize("change", ["edit", "delete"])
def test_a_change_without_an_answer_is_repeated(able: Harness, change: str) -> None:
    (sent,) = sent_parts(able, "text")
    able.stand_in.script(Fault(processed=True, reset="before_answer"), matching=_changes(able))
    outcome = edit(able, sent, able.compose(message("other"))[0]) if change == "edit" else delete(able, sent)
    assert isinstance(outcome, RetryAfter) or (able.name == "webhook" and not isinstance(outcome, Permanent)), outcome
    for secret in able.secrets:
        assert secret not in repr(outcome)


def _changes(harness: Harness) -> Callable[[RecordedRequest], bool]:
    def matches(request: RecordedRequest) -> bool:
        path = request.path
        return (
            request.method in ("PATCH", "PUT", "DELETE")
            or any(word in path for word in ("edit", "deleteMessage", "message/update", "message/delete"))
            or harness.name == "webhook"
        )

    return matches


# --- replies ---


@pytest.fixture(params=("telegram", "feishu_app", "kook"))
def replying(request: pytest.FixtureRequest) -> Iterator[Harness]:
    with _opened(request.param) as harness:
        assert "reply" in harness.platform.abilities(harness.destination)
        yield harness


def reply(harness: Harness, part: Part, reply_to: str) -> Outcome:
    return harness.platform.send(part, harness.destination, replace(context(), reply_to=reply_to))


@pytest.mark.parametrize("with_picture", [False, True])
def test_a_reply_names_the_message_it_answers(replying: Harness, with_picture: bool) -> None:
    (sent,) = sent_parts(replying, "the question")
    media = (asset_item("picture.png"),) if with_picture else ()
    parts = replying.compose(message("the answer", media=media))
    replying.stand_in.requests.clear()
    assert isinstance(reply(replying, parts[0], sent.message_ids[0]), Delivered)
    assert "the answer" in replying.received_text()
    named = [request for request in replying.stand_in.requests if sent.message_ids[0] in _naming(request)]
    assert len(named) == 1


def test_a_reply_to_what_is_gone_is_not_sent_and_says_so(replying: Harness) -> None:
    (sent,) = sent_parts(replying, "the question")
    assert isinstance(delete(replying, sent), Delivered)
    outcome = reply(replying, replying.compose(message("the answer"))[0], sent.message_ids[0])
    assert isinstance(outcome, Permanent)
    assert outcome.code == REPLY_NOT_FOUND
    assert not outcome.disables_destination
    assert replying.received() == []


def _naming(request: RecordedRequest) -> str:
    """Where a request names the message it replies to."""
    if "/reply" in request.path:
        return request.path
    body = request.body.decode("utf-8", "replace")
    found = re.search(r'reply_parameters\D+(\d+)|"quote": ?"([^"]+)"', body)
    return "" if found is None else found[1] or found[2]
