"""How what was sent is matched with what is to be shown."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import TypeAlias

from shared.message.model import MediaItem
from shared.platforms.base import Part, SentPart
from shared.relay.edit_plan import plan_delete, plan_edit


def text(content: str) -> Part:
    return Part("text", content)


def picture(name: str, caption: str = "") -> Part:
    return Part("photo", caption, media=(MediaItem(kind="image", url=f"https://img.example/{name}", name=name),))


def sent(*parts: Part) -> list[SentPart]:
    return [SentPart(part, (f"id{number}",)) for number, part in enumerate(parts)]


After: TypeAlias = list[tuple[str, tuple[str, ...]]]


def carried_out(before: Sequence[SentPart], wanted: Sequence[Part]) -> tuple[list[str], After]:
    """What was done, and the message afterwards as (text, ids)."""
    plan = plan_edit(before, wanted)
    done, ids = [], []
    for number, step in enumerate(plan.steps):
        done.append(step.kind)
        old = step.sent.message_ids if step.sent is not None else ()
        ids.append({"edit": old, "delete": (), "send": (f"new{number}",)}[step.kind])
    return done, [(one.part.text, one.message_ids) for one in plan.result(ids)]


def test_what_is_the_same_is_left_alone() -> None:
    assert carried_out(sent(text("a"), text("b")), [text("a"), text("b")]) == ([], [("a", ("id0",)), ("b", ("id1",))])


def test_a_text_beside_a_picture_is_changed_and_the_picture_stays() -> None:
    done, after = carried_out(sent(text("a"), picture("p", "old")), [text("a"), picture("p", "new")])
    assert (done, after) == (["edit"], [("a", ("id0",)), ("new", ("id1",))])


def test_another_picture_is_another_message() -> None:
    done, after = carried_out(sent(text("a"), picture("p")), [text("a"), picture("q")])
    assert (done, after) == (["send", "delete"], [("a", ("id0",)), ("", ("new0",))])


def test_a_picture_that_was_taken_out_goes_and_the_text_behind_it_is_matched() -> None:
    done, after = carried_out(sent(picture("p"), text("a")), [text("b")])
    assert (done, after) == (["edit", "delete"], [("b", ("id1",))])


def test_a_deletion_begins_at_the_end() -> None:
    steps = plan_delete(sent(text("a"), text("b"))).steps
    assert [step.sent.message_ids for step in steps if step.sent is not None] == [("id1",), ("id0",)]


def test_whatever_is_edited_the_message_reads_as_wanted_and_no_part_is_left_behind() -> None:
    chance = random.Random(7)
    kinds = [text, picture]
    for _ in range(500):
        before = sent(*[chance.choice(kinds)(chance.choice("abc")) for _ in range(chance.randrange(6))])
        wanted = [chance.choice(kinds)(chance.choice("abc")) for _ in range(chance.randrange(1, 6))]
        plan = plan_edit(before, wanted)
        after = carried_out(before, wanted)[1]
        assert [content for content, _ in after] == [part.text for part in wanted]
        ids = [one for _, message_ids in after for one in message_ids]
        gone = {one for step in plan.steps if step.kind == "delete" and step.sent for one in step.sent.message_ids}
        assert len(set(ids)) == len(wanted)
        assert {one for one in ids if one.startswith("id")} | gone == {one.message_ids[0] for one in before}
