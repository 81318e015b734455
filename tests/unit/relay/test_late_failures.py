"""A delivery that counted as successful and turned out not to have arrived, on a real DynamoDB engine."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from shared.platforms.base import Part
from shared.relay.deliveries import Closing
from shared.relay.delivery_rows import DeliveryRow
from shared.relay.late_failure_store import LATER_PARTS_NOTE, DynamoLateFailures
from shared.relay.late_failures import LOOK_AGAIN_SECONDS, MAX_LOOKS, TASK_KIND, LateFailures, late_failure_order
from shared.relay.logs import LogRow
from shared.relay.part_references import PartReference
from shared.tasks.handlers import Continued
from shared.tasks.orders import TaskOrder
from tests.unit.relay.test_delivery_store import Scene

if TYPE_CHECKING:
    from tests.dynamodb import DynamoEngine

pytest_plugins = ["tests.dynamodb"]

CODE, TEXT = "robot_command_failed", "no_result (command cmd_relay_1, 3 tries)"


class Late(Scene):
    """A WeCom message of three parts, and those who watch the live log."""

    def __init__(self, engine: DynamoEngine) -> None:
        super().__init__(engine)
        parts = [Part("text", text, text) for text in ("one", "two", "three")]
        self.store.create(self.new("message id, any", platform="wecom", parts=parts))
        self.shown: list[LogRow] = []
        self.task = LateFailures(DynamoLateFailures(self.counters, self.clock.ms), self.shown.append)
        self.reference = ""

    def deliver_all(self) -> None:
        delivery = self.claim("message id, any")
        self.reference = delivery.reference(0)
        for number in range(3):
            self.store.part_sent(delivery, [f"cmd_{number}"])
        self.store.close(delivery, Closing("success", latency_ms=40))

    def fail(self, part_number: int, generation: int = 1, looks: int = 1) -> Continued | None:
        reference = PartReference("message id, any", 1, generation, part_number).to_text()
        order = late_failure_order(reference, CODE, TEXT, looks)
        assert order.kind == TASK_KIND
        return self.task(TaskOrder.from_body(order.to_body()).payload, lambda: 60.0)

    def totals(self) -> tuple[int, int, int]:
        summed = self.counters.summed(channel_id=None, since_day="2000-01-01")
        by_channel = self.counters.summed(channel_id="c", since_day="2000-01-01")
        assert summed == by_channel
        success, failed = (
            self.counters.totals(channel_id=None, status=status, platform="wecom", since_day="2000-01-01")
            for status in ("success", "failed")
        )
        return success, failed, summed["latency_ms_sum"]


@pytest.fixture
def late(dynamodb: DynamoEngine) -> Late:
    return Late(dynamodb)


def test_it_is_failed_in_its_record_its_log_and_its_counters(late: Late) -> None:
    late.deliver_all()
    assert late.totals() == (1, 0, 40)
    assert late.fail(2) is None
    (row,) = late.log.page(status="failed").rows
    assert (row.status, row.error_code, row.error_message, row.notes) == ("failed", CODE, TEXT, ())
    assert late.log.page(status="success").rows == []
    assert late.totals() == (0, 1, 0)
    assert late.shown == [row]


def test_telling_it_again_changes_nothing(late: Late) -> None:
    late.deliver_all()
    assert [late.fail(1), late.fail(1), late.fail(0)] == [None] * 3
    assert late.totals() == (0, 1, 0)
    assert len(late.shown) == 1


def test_a_replay_goes_on_with_the_first_part_that_is_missing(late: Late) -> None:
    late.deliver_all()
    late.fail(1)
    row = DeliveryRow.get("message id, any", 1)
    assert (int(row.sent_parts), [list(ids) for ids in row.platform_message_ids]) == (1, [["cmd_0"]])
    assert list(row.notes) == [LATER_PARTS_NOTE]


def test_one_that_is_still_on_its_way_is_looked_at_again_for_a_while(late: Late) -> None:
    waiting = late.fail(0)
    assert waiting is not None
    assert (waiting.delay_seconds, waiting.order.payload["looks"]) == (LOOK_AGAIN_SECONDS, 2)
    assert late.fail(0, looks=MAX_LOOKS) is None
    late.deliver_all()
    assert late.task(waiting.order.payload, lambda: 60.0) is None
    assert len(late.shown) == 1


def test_another_round_and_a_record_that_is_gone_are_left_alone(late: Late) -> None:
    late.deliver_all()
    assert late.fail(0, generation=2) is None
    gone = late_failure_order(PartReference("gone", 1, 1, 0).to_text(), CODE, TEXT)
    assert late.task(gone.payload, lambda: 60.0) is None
    assert (late.totals(), late.shown) == ((1, 0, 40), [])


def test_a_reference_is_read_back(late: Late) -> None:
    late.deliver_all()
    assert PartReference.from_text(late.reference) == PartReference("message id, any", 1, 1, 0)
    for odd in ("", "x", "{}", "[1]", '["m", "x", 1, 0]'):
        with pytest.raises(ValueError):
            PartReference.from_text(odd)
