"""Carrying out replies: native where the message replied to is there, quoted where it is not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest

from shared.platforms.base import (
    Part,
    SentPart,
)
from shared.platforms.outcomes import (
    Delivered,
    RetryAfter,
)
from shared.relay.deliveries import (
    QUOTED_NOTE,
    Subject,
)
from shared.relay.delivery_results import Deferred, Done
from tests.unit.relay.delivery_scene import Scene


class ReplyScene(Scene):
    """A message replies to one that was delivered as id "a"."""

    def __init__(self, texts: Sequence[str] = ("answer",), quoting: Sequence[str] = ("> question answer",)) -> None:
        super().__init__(list(texts))
        self.delivery.subject_id = "original"
        self.delivery.note_parts = [Part("text", text, text) for text in quoting]
        sent = [SentPart(Part("text", "question"), ("a", "a2")), SentPart(Part("text", "more"), ("b",))]
        self.subjects.found = Subject("original", 7, "success", 1, sent, "", 0, is_deleted=False)

    @property
    def shown(self) -> list[str]:
        return [text for text, _, _ in self.platform.sent]


def test_a_reply_is_sent_as_one_with_its_first_part_only() -> None:
    scene = ReplyScene(["answer", "continued"])
    assert scene.run() == Done()
    assert scene.platform.replies == [("a", "answer")]
    assert scene.shown == ["answer", "continued"]


@pytest.mark.parametrize("why", ["no record", "nothing arrived", "deleted"])
def test_without_the_message_replied_to_the_quoted_line_is_sent(why: str) -> None:
    scene = ReplyScene()
    assert scene.subjects.found is not None
    scene.subjects.found = {
        "no record": None,
        "nothing arrived": replace(scene.subjects.found, parts=[]),
        "deleted": replace(scene.subjects.found, is_deleted=True),
    }[why]
    scene.run()
    assert (scene.platform.replies, scene.shown) == ([], ["> question answer"])


def test_a_reply_whose_target_the_platform_no_longer_has_is_quoted_at_once() -> None:
    scene = ReplyScene()
    scene.platform.reply_gone = True
    assert scene.run() == Done()
    assert scene.shown == ["> question answer"]
    assert scene.deliveries.closed[0].status == "success"


@pytest.mark.parametrize("found", [True, False])
def test_a_reply_that_was_edited_before_it_was_sent_is_sent_as_it_reads_now(found: bool) -> None:
    scene = ReplyScene(["ANSWER", "CONTINUED"], [])
    if not found:
        scene.subjects.found = None
    assert scene.run() == Done()
    assert scene.shown == ["ANSWER", "CONTINUED"]
    assert scene.platform.replies == ([("a", "ANSWER")] if found else [])
    assert QUOTED_NOTE not in scene.delivery.notes


def test_a_reply_goes_on_as_it_began() -> None:
    scene = ReplyScene(["answer", "continued"], ["> question", "answer", "continued"])
    found, scene.subjects.found = scene.subjects.found, None
    scene.platform.script = [Delivered(("q",)), RetryAfter("server_error", "")]
    assert isinstance(scene.run(), Deferred)
    scene.subjects.found = found
    assert scene.run() == Done()
    assert scene.shown == ["> question", "answer", "answer", "continued"]

    scene = ReplyScene(["answer", "continued"], ["> question", "answer", "continued"])
    scene.platform.script = [Delivered(("q",)), RetryAfter("server_error", "")]
    assert isinstance(scene.run(), Deferred)
    scene.subjects.found = None
    assert scene.run() == Done()
    assert scene.shown == ["answer", "continued", "continued"]
