"""The id map on a real engine: what a change finds of its message, and what it writes back."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import pytest

from shared.aws.tables import bind
from shared.platforms.base import Part, SentPart
from shared.relay.counters import CounterRow, DeliveryCounters
from shared.relay.deliveries import QUOTED_NOTE, Claimed, Closing, Delivery, NewDelivery, new_log_id
from shared.relay.delivery_rows import DeliveryRow, unpack_parts
from shared.relay.delivery_store import DeliveryStore
from shared.relay.queue_messages import DeliveryOrder
from shared.relay.subject_store import SubjectChanged, SubjectStore
from tests.fakes.clock import FakeClock

if TYPE_CHECKING:
    from tests.dynamodb import DynamoEngine

pytest_plugins = ["tests.dynamodb"]


class Scene:
    def __init__(self, engine: DynamoEngine) -> None:
        bind(DeliveryRow, engine.create_table("DeliveriesTable"))
        bind(CounterRow, engine.create_table("CountersTable"))
        self.clock = FakeClock()
        counters = DeliveryCounters(time_zone="Asia/Shanghai", retention_days=30, pick_shard=lambda: 1)
        self.deliveries = DeliveryStore(counters=counters, clock_ms=self.clock.ms, retention_days=30)
        self.subjects = SubjectStore()

    def create(self, message_id: str, mapping_id: int = 1, **changes: object) -> None:
        now_ms = self.clock.ms()
        fields: dict[str, object] = {
            "message_id": message_id, "mapping_id": mapping_id, "platform": "discord", "bot_id": 3,
            "destination_key": "discord:3", "target_channel_id": "t",
            "parts": [Part("text", "one"), Part("text", "two")],
            "kook_channel_id": "c", "kook_channel_name": "n", "content": "x", "message_kind": "card",
            "sender_name": "s", "sender_id": "77", "account_id": 1, "received_at_ms": now_ms, "created_at_ms": now_ms,
            "log_id": new_log_id(now_ms, random.getrandbits(11)),
        }  # fmt: skip
        assert self.deliveries.create(NewDelivery(**{**fields, **changes}))  # type: ignore[arg-type]

    def claim(self, message_id: str) -> Delivery:
        claimed = self.deliveries.claim(DeliveryOrder(message_id, 1, 1))
        assert isinstance(claimed, Claimed)
        return claimed.delivery

    def deliver(self, message_id: str) -> None:
        delivery = self.claim(message_id)
        self.deliveries.part_sent(delivery, ("a",))
        delivery.sent_parts, delivery.platform_message_ids = 2, [["a"], ["b"]]
        self.deliveries.close(delivery, Closing("success"))

    def change(self, event_id: str = "edit-1", action: str = "edit") -> Delivery:
        self.create(
            event_id, parts=[Part("text", "ONE")], action=action, subject_id="m", note_parts=[Part("text", "n", "n")]
        )
        return self.claim(event_id)


@pytest.fixture
def scene(dynamodb: DynamoEngine) -> Scene:
    return Scene(dynamodb)


def test_a_message_is_found_with_every_mapping_it_went_through(scene: Scene) -> None:
    scene.create("m")
    scene.create("m", mapping_id=2)
    scene.create("other")
    known = scene.subjects.deliveries_of("m")
    assert [one.mapping_id for one in known] == [1, 2]
    assert (known[0].action, known[0].message_kind, known[0].sender_id) == ("send", "card", "77")
    assert scene.subjects.deliveries_of("unknown") == []


def test_a_change_keeps_what_it_is_about_through_the_queue(scene: Scene) -> None:
    change = scene.change()
    assert (change.action, change.subject_id, change.note_parts) == ("edit", "m", [Part("text", "n", "n")])


def test_only_parts_that_arrived_can_be_changed(scene: Scene) -> None:
    scene.create("m")
    delivery = scene.claim("m")
    scene.deliveries.part_sent(delivery, ("a",))
    scene.deliveries.close(delivery, Closing("failed", "gave_up"))
    subject = scene.subjects.subject("m", 1)
    assert subject is not None
    assert [(one.part.text, one.message_ids) for one in subject.parts] == [("one", ("a",))]


def test_an_edit_is_where_the_next_one_looks_and_writing_it_again_is_refused(scene: Scene) -> None:
    scene.create("m")
    scene.deliver("m")
    subject = scene.subjects.subject("m", 1)
    assert subject is not None
    change = scene.change()
    scene.subjects.write_edit(subject, [SentPart(Part("text", "ONE"), ("a",))], change)
    after = scene.subjects.subject("m", 1)
    assert after is not None
    assert [(one.part.text, one.message_ids) for one in after.parts] == [("ONE", ("a",))]
    assert (after.changed_by, after.changed_at_ms) == ("edit-1", change.created_at_ms)
    with pytest.raises(SubjectChanged):
        scene.subjects.write_deletion(subject, change)


def test_what_is_to_be_sent_changes_until_somebody_is_sending_it(scene: Scene) -> None:
    scene.create("m")
    subject = scene.subjects.subject("m", 1)
    assert subject is not None
    scene.subjects.write_unsent_edit(subject, [Part("text", "ONE")], scene.change())
    assert [part.text for part in scene.claim("m").parts] == ["ONE"]
    held = scene.subjects.subject("m", 1)
    assert held is not None
    assert held.in_flight
    with pytest.raises(SubjectChanged):
        scene.subjects.write_deletion(held, scene.change("delete-1", "delete"))


def reply(scene: Scene, *, quoted: bool) -> None:
    """A reply of one part, or of two with its quoted line; begun in one of the two forms, then failed."""
    quoting = [Part("text", "> question"), Part("text", "one")]
    scene.create("m", parts=[Part("text", "one")], subject_id="question", note_parts=quoting)
    delivery = scene.claim("m")
    if quoted:
        delivery.notes.append(QUOTED_NOTE)
        scene.deliveries.part_sent(delivery, ("a",))
        delivery.sent_parts, delivery.platform_message_ids = 2, [["a"], ["b"]]
    scene.deliveries.close(delivery, Closing("success" if quoted else "failed"))


def test_a_reply_sent_with_its_quoted_line_is_changed_with_all_of_its_parts(scene: Scene) -> None:
    reply(scene, quoted=True)
    subject = scene.subjects.subject("m", 1)
    assert subject is not None
    assert [(one.part.text, one.message_ids) for one in subject.parts] == [("> question", ("a",)), ("one", ("b",))]
    scene.subjects.write_edit(subject, [SentPart(Part("text", "ONE"), ("a",))], scene.change())
    after = scene.subjects.subject("m", 1)
    assert after is not None
    assert [(one.part.text, one.message_ids) for one in after.parts] == [("ONE", ("a",))]


def test_an_edited_reply_that_was_not_sent_yet_keeps_nothing_of_how_it_read(scene: Scene) -> None:
    reply(scene, quoted=False)
    subject = scene.subjects.subject("m", 1)
    assert subject is not None
    assert subject.parts == []
    scene.subjects.write_unsent_edit(subject, [Part("text", "ONE")], scene.change())
    row = DeliveryRow.get("m", 1, consistent_read=True)
    assert ([part.text for part in unpack_parts(row.parts)], row.note_parts) == (["ONE"], None)


def test_a_deleted_message_that_was_not_sent_is_known_as_deleted_when_it_is_claimed(scene: Scene) -> None:
    scene.create("m")
    subject = scene.subjects.subject("m", 1)
    assert subject is not None
    scene.subjects.write_deletion(subject, scene.change("delete-1", "delete"))
    assert scene.claim("m").is_deleted
