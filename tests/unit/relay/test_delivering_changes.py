"""Carrying out edits and deletions: step by step, written down where the next one looks, made once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from shared.aws.store_failures import StoreUnavailable
from shared.platforms.base import (
    Part,
    SentPart,
)
from shared.platforms.outcomes import (
    Delivered,
    RetryAfter,
    Unchangeable,
)
from shared.relay.deliveries import (
    Closing,
    DeliveryAction,
    Subject,
)
from shared.relay.delivery_results import Deferred, Done
from tests.unit.relay.delivery_scene import Scene


class ChangeScene(Scene):
    """A message of two parts was delivered as ids "a" and "b"; a change of it is carried out."""

    def __init__(self, action: DeliveryAction, texts: Sequence[str] = (), *, note: str = "") -> None:
        super().__init__(list(texts))
        self.delivery.action = action
        self.delivery.subject_id = "original"
        self.delivery.created_at_ms = 1000
        self.delivery.note_parts = [Part("text", note, note)] if note else []
        sent = [SentPart(Part("text", text, text), (id_,)) for text, id_ in (("one", "a"), ("two", "b"))]
        self.subjects.found = Subject("original", 7, "success", 1, sent, "", 0, is_deleted=False)

    @property
    def closing(self) -> Closing:
        (closing,) = self.deliveries.closed
        return closing


def test_an_edit_changes_the_parts_that_differ_and_is_written_down_where_the_next_one_looks() -> None:
    scene = ChangeScene("edit", ["one", "TWO", "three"])
    assert scene.run() == Done()
    assert scene.platform.changes == ["edit b to TWO"]
    assert [text for text, _, _ in scene.platform.sent] == ["three"]
    assert scene.subjects.written == [("edit", [("one", ("a",)), ("TWO", ("b",)), ("three", ("id-1",))])]
    assert scene.closing.status == "success"


def test_an_edit_to_fewer_parts_takes_the_rest_back() -> None:
    scene = ChangeScene("edit", ["ONE"])
    scene.run()
    assert scene.platform.changes == ["edit a to ONE", "delete b"]
    assert scene.subjects.written == [("edit", [("ONE", ("a",))])]


def test_a_deletion_takes_every_part_back() -> None:
    scene = ChangeScene("delete")
    scene.run()
    assert scene.platform.changes == ["delete b", "delete a"]
    assert scene.subjects.written == [("deletion", [])]
    assert scene.closing.status == "success"


def test_a_change_goes_on_at_the_step_that_failed() -> None:
    scene = ChangeScene("edit", ["ONE", "TWO"])
    scene.platform.change_script = [Delivered(("a",)), RetryAfter("server_error", "")]
    assert isinstance(scene.run(), Deferred)
    assert scene.subjects.written == []
    scene.run()
    assert scene.platform.changes == ["edit a to ONE", "edit b to TWO", "edit b to TWO"]
    assert scene.subjects.written == [("edit", [("ONE", ("a",)), ("TWO", ("b",))])]


def test_a_change_killed_before_it_was_closed_is_not_made_again() -> None:
    scene = ChangeScene("edit", ["ONE", "TWO"])
    assert scene.subjects.found is not None
    scene.subjects.found = replace(scene.subjects.found, changed_by=scene.delivery.message_id)
    scene.run()
    assert scene.platform.changes == []
    assert scene.closing.status == "success"


def test_what_cannot_be_written_down_comes_back_and_changes_nothing_twice() -> None:
    scene = ChangeScene("delete")
    scene.subjects.unwritable = True
    with pytest.raises(StoreUnavailable):
        scene.run()
    scene.subjects.unwritable = False
    scene.run()
    assert scene.platform.changes == ["delete b", "delete a"]


@pytest.mark.parametrize("refused_by", ["platform", "ability"])
def test_what_cannot_be_changed_is_said_in_a_note(refused_by: str) -> None:
    scene = ChangeScene("delete", note="deleted: one")
    if refused_by == "ability":
        scene.platform.can = frozenset()
    else:
        scene.platform.change_script = [Unchangeable("too_old_to_delete", "48 h")]
    scene.run()
    assert [text for text, _, _ in scene.platform.sent] == ["deleted: one"]
    assert scene.closing.status == "success"
    assert any(note.startswith("delete not possible: ") for note in scene.delivery.notes)
    assert scene.subjects.written == [("deletion", [])]


def test_what_can_be_changed_is_changed_beside_what_cannot() -> None:
    scene = ChangeScene("edit", ["ONE", "TWO", "three"], note="now: ONE TWO three")
    scene.platform.change_script = [Unchangeable("too_old_to_edit", "")]
    scene.run()
    assert scene.platform.changes == ["edit a to ONE", "edit b to TWO"]
    assert [text for text, _, _ in scene.platform.sent] == ["three", "now: ONE TWO three"]
    assert len({key for _, _, key in scene.platform.sent}) == 2
    assert scene.subjects.written == [("edit", [("ONE", ("a",)), ("TWO", ("b",)), ("three", ("id-1",))])]


def test_without_a_note_what_cannot_be_changed_stays_and_the_log_says_so() -> None:
    scene = ChangeScene("edit", ["ONE", "two"])
    scene.platform.change_script = [Unchangeable("message_not_found", "")]
    scene.run()
    assert scene.platform.sent == []
    assert scene.closing.status == "success"
    assert scene.delivery.notes == ["edit not possible: message_not_found"]


def test_a_note_that_fails_is_tried_again() -> None:
    scene = ChangeScene("delete", note="gone")
    scene.platform.can = frozenset()
    scene.platform.script = [RetryAfter("server_error", ""), Delivered(("n",))]
    assert isinstance(scene.run(), Deferred)
    assert scene.run() == Done()
    assert len(scene.platform.sent) == 2


def test_a_change_does_not_wait_for_a_message_whose_retry_may_stand_behind_it() -> None:
    scene = ChangeScene("edit", ["ONE"])
    assert scene.subjects.found is not None
    scene.subjects.found = replace(scene.subjects.found, status="pending")
    assert scene.run() == Done()
    assert scene.platform.changes == []
    assert scene.closing.error_code == "original_pending"


@pytest.mark.parametrize(("action", "written"), [("edit", ("unsent", [("ONE", ())])), ("delete", ("deletion", []))])
def test_a_message_that_is_still_to_be_sent_is_changed_before_it_is(action: DeliveryAction, written: Any) -> None:
    scene = ChangeScene(action, ["ONE"] if action == "edit" else [])
    assert scene.subjects.found is not None
    scene.subjects.found = replace(scene.subjects.found, status="pending", parts=[])
    scene.run()
    assert scene.subjects.written == [written]
    assert scene.closing.status == "success"


def test_a_message_that_is_held_by_somebody_is_not_changed_under_them() -> None:
    scene = ChangeScene("edit", ["ONE"])
    assert scene.subjects.found is not None
    scene.subjects.found = replace(scene.subjects.found, status="pending", parts=[], in_flight=True)
    scene.run()
    assert (scene.subjects.written, scene.closing.error_code) == ([], "original_pending")


def test_a_message_deleted_in_kook_before_it_was_sent_is_not_sent() -> None:
    scene = Scene(["one"])
    scene.delivery.is_deleted = True
    scene.run()
    assert scene.platform.sent == []
    assert scene.deliveries.closed[0].error_code == "message_deleted"


@pytest.mark.parametrize(
    ("changes", "note"),
    [
        ({"is_deleted": True}, "the message was deleted before"),
        ({"changed_at_ms": 2000}, "overtaken by a later change"),
    ],
)
def test_a_change_that_comes_too_late_changes_nothing(changes: dict[str, Any], note: str) -> None:
    scene = ChangeScene("edit", ["ONE"])
    assert scene.subjects.found is not None
    scene.subjects.found = replace(scene.subjects.found, **changes)
    scene.run()
    assert (scene.platform.changes, scene.delivery.notes) == ([], [note])


@pytest.mark.parametrize(("action", "written"), [("edit", ("unsent", [("ONE", ())])), ("delete", ("deletion", []))])
def test_a_message_that_never_arrived_is_changed_for_its_retry(action: DeliveryAction, written: Any) -> None:
    scene = ChangeScene(action, ["ONE"] if action == "edit" else [])
    assert scene.subjects.found is not None
    scene.subjects.found = replace(scene.subjects.found, status="failed", parts=[])
    scene.run()
    assert scene.platform.changes == []
    assert scene.subjects.written == [written]


def test_a_change_of_a_message_whose_record_is_gone_fails_visibly() -> None:
    scene = ChangeScene("edit", ["ONE"])
    scene.subjects.found = None
    scene.run()
    assert scene.closing.error_code == "original_not_delivered"
