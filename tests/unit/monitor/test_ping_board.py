"""How the pings of each machine went lately, over a real DynamoDB engine."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from shared.aws.tables import bind
from shared.monitor.models import PingRecord, PingTask
from shared.monitor.ping_board import KEPT_SECONDS, PingBoard
from shared.monitor.rows import MonitorRow
from shared.monitor.store_latest_pings import LATEST_KEPT_SECONDS, MAX_LATEST
from shared.monitor.store_records import DynamoPings, DynamoPingTasks
from shared.monitor.table import MonitorTable

if TYPE_CHECKING:
    from tests.dynamodb import DynamoEngine

pytest_plugins = ["tests.dynamodb"]

NOW_MS = 1_800_000_000_000


class Scene:
    def __init__(self, engine: DynamoEngine) -> None:
        bind(MonitorRow, engine.create_table("MonitorTable"))
        self.now = NOW_MS / 1000
        table = MonitorTable(lambda: self.now)
        self.pings, self.tasks = DynamoPings(table), DynamoPingTasks(table)
        self.board = PingBoard(self.pings, self.tasks, lambda: self.now)
        assert self.tasks.write(PingTask(7, "gateway", ("a", "b"), "icmp", "192.0.2.1", 60))

    def answer(self, uuid: str, *values_ms: int, task_id: int = 7) -> None:
        for value_ms in values_ms:
            self.now += 0.001
            self.pings.add(PingRecord(uuid, task_id, int(self.now * 1000), value_ms, lost=int(value_ms < 0)), 24)


@pytest.fixture
def scene(dynamodb: DynamoEngine) -> Scene:
    return Scene(dynamodb)


def test_a_list_shows_how_the_pings_of_each_machine_went(scene: Scene) -> None:
    assert scene.board.of("a") == {}
    scene.answer("a", 10, -1, 30)
    scene.answer("ab", 99)  # whose uuid begins like that of another
    figures = {"name": "gateway", "latest": 30, "avg": 20.0, "tail": 30, "loss": 33.33, "min": 10, "max": 30}
    assert scene.board.of("a") == {"7": figures}
    assert scene.board.all() == {"a": {"7": figures}, "ab": {}}


def test_what_was_read_is_kept_for_a_moment_for_all_pages(scene: Scene) -> None:
    scene.answer("a", 10)
    assert scene.board.all()["a"]["7"]["latest"] == 10
    scene.answer("a", 20)
    assert scene.board.all()["a"]["7"]["latest"] == 10
    scene.now += KEPT_SECONDS
    assert scene.board.all()["a"]["7"]["latest"] == 20


def test_the_last_hour_counts_and_a_deleted_task_is_not_shown(scene: Scene) -> None:
    scene.answer("a", -1, *[5] * MAX_LATEST)
    assert scene.board.of("a")["7"]["loss"] == 0.0
    scene.answer("a", 1, task_id=8)
    assert set(scene.board.of("a")) == {"7"}
    scene.tasks.delete(7)
    assert scene.board.of("a") == {}
    assert scene.tasks.write(PingTask(7, "gateway", ("a",), "icmp", "192.0.2.1", 60))
    scene.now += LATEST_KEPT_SECONDS + 1
    assert scene.board.of("a") == {}
