"""Carrying out pins and reactions: on the first part of the message, repeatable, said in a note where impossible."""

from __future__ import annotations

from dataclasses import replace

import pytest

from shared.platforms.base import Part
from shared.platforms.outcomes import RetryAfter, Unchangeable
from shared.relay.deliveries import DeliveryAction
from shared.relay.delivery_results import Deferred, Done
from tests.unit.relay.test_delivering_changes import ChangeScene


def marking(action: DeliveryAction, *, note: str = "") -> ChangeScene:
    scene = ChangeScene(action, note=note)
    scene.delivery.parts = [Part("mark", "👍")] if action in ("react", "unreact") else []
    scene.platform.can = frozenset({"pin", "react"})
    return scene


@pytest.mark.parametrize(
    ("action", "done"),
    [("pin", "pin a"), ("unpin", "unpin a"), ("react", "react a 👍"), ("unreact", "unreact a 👍")],
)
def test_a_mark_is_put_on_the_first_part_and_nothing_else_is_written(action: DeliveryAction, done: str) -> None:
    scene = marking(action)
    assert scene.run() == Done()
    assert scene.platform.changes == [done]
    assert scene.closing.status == "success"
    assert (scene.subjects.written, scene.platform.sent) == ([], [])


@pytest.mark.parametrize("why", ["no ability", "refused"])
def test_where_it_cannot_be_done_a_note_says_so_if_the_mapping_wants_one(why: str) -> None:
    for note in ("📌 已置顶：one", ""):
        scene = marking("pin", note=note)
        if why == "no ability":
            scene.platform.can = frozenset({"edit"})
        else:
            scene.platform.change_script = [Unchangeable("right_missing", "no")]
        assert scene.run() == Done()
        assert [text for text, _, _ in scene.platform.sent] == ([note] if note else [])
        assert scene.closing.status == "success"
        assert any("pin not possible" in entry for entry in scene.delivery.notes)


def test_a_failure_is_tried_again() -> None:
    scene = marking("pin")
    scene.platform.change_script = [RetryAfter("timeout", "no answer")]
    assert isinstance(scene.run(), Deferred)
    assert scene.run() == Done()
    assert scene.platform.changes == ["pin a", "pin a"]


def test_what_is_deleted_or_never_arrived_is_not_marked() -> None:
    scene = marking("pin")
    found = scene.subjects.found
    assert found is not None
    scene.subjects.found = None
    scene.run()
    assert scene.closing.error_code == "original_not_delivered"
    for changes, status in (({"is_deleted": True}, "success"), ({"parts": []}, "failed")):
        scene = marking("pin")
        scene.subjects.found = replace(found, **changes)  # type: ignore[arg-type]
        scene.run()
        assert scene.closing.status == status
        assert scene.platform.changes == []
