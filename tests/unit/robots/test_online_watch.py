"""When a WorkTool client is there: periods that begin and end once, over memory and on a real DynamoDB engine."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from shared.aws.store_failures import StoreUnavailable
from shared.aws.tables import bind
from shared.robots.callbacks import TASK_KIND, Callbacks
from shared.robots.online_periods import DynamoOnlinePeriods, OnlinePeriod, OnlinePeriods
from shared.robots.online_watch import OnlineWatch
from shared.robots.presence import OFFLINE_AFTER_MS, DynamoSightings, Presence, Sighting
from shared.robots.rows import RobotsRow
from shared.robots.table import RobotsTable
from tests.fakes.clock import FakeClock
from tests.unit.robots.live_doubles import MemoryPeriods, MemoryRobots, RecordedTasks

if TYPE_CHECKING:
    from tests.dynamodb import DynamoEngine

pytest_plugins = ["tests.dynamodb"]

ROBOT_ID = "robot_1703123456789_k3j9x0q2m5n8b7v4"


class Watched:
    def __init__(self, periods: OnlinePeriods, sightings: Any) -> None:
        self.clock = FakeClock()
        self.periods = periods
        self.presence = Presence(sightings, self.clock.ms)
        self.tasks = RecordedTasks()
        order_of = Callbacks.order_of_change
        self.watch = OnlineWatch(periods, sightings, self.tasks, order_of, self.clock.ms)
        self.now_ms = self.clock.ms()

    def hear(self, connection_id: str = "c1") -> None:
        self.presence.note(ROBOT_ID)
        self.watch.heard(ROBOT_ID, connection_id)

    def pass_ms(self, milliseconds: int) -> None:
        self.clock.advance(milliseconds / 1000)

    def told(self) -> list[str]:
        assert {order.kind for order, _ in self.tasks.ordered} <= {TASK_KIND}
        return [str(order.payload["kind"]) for order, _ in self.tasks.ordered]

    def listed(self) -> list[OnlinePeriod]:
        return list(self.periods.between(ROBOT_ID, 0, 9_999_999_999_999, 10))


@pytest.fixture(params=["memory", "dynamodb"])
def watched(request: pytest.FixtureRequest) -> Watched:
    if request.param == "memory":
        return Watched(MemoryPeriods(), MemoryRobots())
    engine: DynamoEngine = request.getfixturevalue("dynamodb")
    bind(RobotsRow, engine.create_table("RobotsTable"))
    # The engine's items expire by the real clock, which the tests' is far from.
    table = RobotsTable(lambda: 0.0)
    return Watched(DynamoOnlinePeriods(table), DynamoSightings(table))


def test_a_period_begins_with_the_first_sign_and_ends_with_its_connection(watched: Watched) -> None:
    began_ms = watched.clock.ms()
    watched.hear()
    watched.hear()
    assert watched.watch.is_online(ROBOT_ID)
    watched.pass_ms(20_000)
    watched.hear()
    watched.watch.closed(ROBOT_ID, "c1")
    watched.watch.closed(ROBOT_ID, "c1")
    assert watched.told() == ["online", "offline"]
    assert watched.listed() == [OnlinePeriod(ROBOT_ID, began_ms, began_ms + 20_000)]
    assert not watched.watch.is_online(ROBOT_ID)


def test_the_end_of_an_older_connection_changes_nothing(watched: Watched) -> None:
    watched.hear("c1")
    watched.hear("c2")
    watched.watch.closed(ROBOT_ID, "c1")
    assert watched.told() == ["online"]
    watched.watch.closed(ROBOT_ID, "c2")
    assert watched.told() == ["online", "offline"]


def test_a_minute_of_silence_ends_a_period_at_the_last_sign(watched: Watched) -> None:
    began_ms = watched.clock.ms()
    watched.hear()
    watched.pass_ms(30_000)
    watched.hear()
    watched.pass_ms(OFFLINE_AFTER_MS - 1)
    assert watched.watch.sweep() == 0
    assert watched.told() == ["online"]
    watched.pass_ms(1)
    assert not watched.watch.is_online(ROBOT_ID)
    assert watched.watch.sweep() == 1
    assert watched.watch.sweep() == 0
    assert watched.listed() == [OnlinePeriod(ROBOT_ID, began_ms, began_ms + 30_000)]
    watched.pass_ms(5000)
    watched.hear()
    assert watched.told() == ["online", "offline", "online"]
    assert [period.offline_at_ms is None for period in watched.listed()] == [True, False]


def test_of_two_that_notice_at_once_one_tells(watched: Watched) -> None:
    watched.hear()
    socket = watched.periods.open_socket(ROBOT_ID)
    assert socket is not None
    now_ms = watched.clock.ms()
    assert watched.periods.went(socket, now_ms) == OnlinePeriod(ROBOT_ID, now_ms, now_ms)
    assert watched.periods.went(socket, now_ms) is None


def test_a_robot_whose_sightings_cannot_be_read_stays_due() -> None:
    class Failing(MemoryRobots):
        down = False

        def sighting(self, robot_id: str) -> Sighting | None:
            if self.down:
                raise StoreUnavailable("read")
            return super().sighting(robot_id)

    store = Failing()
    watched = Watched(MemoryPeriods(), store)
    watched.hear()
    watched.pass_ms(OFFLINE_AFTER_MS)
    store.down = True
    assert watched.watch.sweep() == 0
    store.down = False
    assert watched.watch.sweep() == 1


def test_a_queue_that_is_down_costs_the_record_nothing() -> None:
    watched = Watched(MemoryPeriods(), MemoryRobots())
    watched.tasks.down = True
    watched.hear()
    watched.watch.closed(ROBOT_ID, "c1")
    assert [period.offline_at_ms is not None for period in watched.listed()] == [True]
