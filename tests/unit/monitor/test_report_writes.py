"""What a report costs the table, measured at a real engine: how many calls, how many writes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from shared.aws.tables import bind
from shared.monitor.agents import Agents
from shared.monitor.models import is_online
from shared.monitor.ping_rounds import PingRounds
from shared.monitor.rolling_up import RollUp
from shared.monitor.rows import MonitorRow
from shared.monitor.store import DynamoLive, DynamoNodes
from shared.monitor.store_directory import DynamoNodeDirectory
from shared.monitor.store_records import DynamoPings, DynamoPingTasks, DynamoRecords
from shared.monitor.table import Item, MonitorTable
from shared.security.vault import Vault
from tests.dynamodb import DynamoEngine
from tests.fakes.clock import FakeClock
from tests.unit.monitor.agent_doubles import REPORT, TOKEN, Rules, node, ping_task

pytest_plugins = ["tests.dynamodb"]

MINUTE = 1_800_000_000


class Calls:
    """Counts the calls made to the table and the items written, by botocore's own events."""

    def __init__(self) -> None:
        self.items_written = 0
        self.calls: list[str] = []
        events = MonitorRow._get_connection().connection.client.meta.events
        events.register("provide-client-params.dynamodb", self._note)

    def _note(self, params: dict[str, Any], model: Any, **_: Any) -> None:
        self.calls.append(model.name)
        if model.name == "BatchWriteItem":
            self.items_written += sum(len(items) for items in params["RequestItems"].values())
        elif model.name in ("PutItem", "UpdateItem", "DeleteItem"):
            self.items_written += 1


class OvertakenTable(MonitorTable):
    """Between a read and what follows it, somebody else writes."""

    overtake: Callable[[], None] = staticmethod(lambda: None)

    def get(self, *arguments: Any, **options: Any) -> Item | None:
        found = super().get(*arguments, **options)
        self.overtake()
        return found


class Site:
    def __init__(self, dynamodb: DynamoEngine) -> None:
        self.clock = FakeClock(MINUTE)
        bind(MonitorRow, dynamodb.create_table("MonitorTable"))
        self.table = MonitorTable(self.clock)
        self.nodes = DynamoNodes(self.table, Vault(b"k" * 32))
        self.nodes.add(node("node-a", TOKEN, weight=7, hidden=True))
        self.live = DynamoLive(self.table)
        self.tasks = DynamoPingTasks(self.table)
        self.directory = DynamoNodeDirectory(self.table)
        self.agents = self.process()

    def process(self) -> Agents:
        return Agents(
            nodes=self.directory,
            register=lambda: self.nodes,
            add_node=lambda name: node(name),
            live=self.live,
            pings=DynamoPings(self.table),
            commands=None,
            rounds=PingRounds(self.tasks, self.clock.ms),
            rules=Rules(),
            clock_ms=self.clock.ms,
        )


@pytest.fixture
def site(dynamodb: DynamoEngine) -> Site:
    return Site(dynamodb)


def test_a_node_that_reports_every_second_costs_two_writes_a_second_in_one_call(
    site: Site,
) -> None:
    assert site.tasks.write(ping_task(3, 60))
    calls = Calls()
    for _ in range(60):
        site.agents.report("node-a", REPORT, via="websocket", connection_id="c1")
        site.agents.due_orders("node-a")
        site.clock.advance(1)
    assert calls.calls.count("BatchWriteItem") == 60
    # Two a report, and one for the minute's round of the ping task.
    assert calls.items_written == 60 * 2 + 1


def test_a_round_is_claimed_once_by_processes_that_know_nothing_of_each_other(site: Site) -> None:
    assert site.tasks.write(ping_task(3, 60))
    handed_out = [order.task_id for _ in range(5) for order in site.process().due_orders("node-a")]
    assert handed_out == [3]
    site.clock.advance(60)
    handed_out = [order.task_id for _ in range(5) for order in site.process().due_orders("node-a")]
    assert handed_out == [3]


def test_the_directory_knows_what_needs_no_key(site: Site) -> None:
    assert site.directory.uuid_of_token(TOKEN) == "node-a"
    assert site.directory.uuid_of_token("wrong") is None
    assert (site.directory.exists("node-a"), site.directory.exists("node-b")) == (True, False)
    (place,) = site.directory.places()
    assert (place.uuid, place.weight, place.hidden) == ("node-a", 7, True)
    assert site.directory.record_preserve_hours() == 720


def test_records_are_made_of_stored_reports_and_running_again_changes_nothing(site: Site) -> None:
    for second in range(0, 120, 3):
        site.clock.seconds = MINUTE + second
        site.agents.report("node-a", {**REPORT, "cpu": {"usage": second / 2}}, via="post")
    site.clock.seconds = MINUTE + 130
    records = DynamoRecords(site.table)
    roll_up = RollUp(site.live, records, site.directory.record_preserve_hours, site.clock)
    assert roll_up.run() > 0
    minutes = list(records.between("node-a", 60, MINUTE, MINUTE + 600))
    assert [(each.at_seconds, each.cpu) for each in minutes] == [(MINUTE, 24.75), (MINUTE + 60, 54.75)]
    assert roll_up.run() == 0
    records.note_rolled_up_to(0)
    assert roll_up.run() > 0
    assert list(records.between("node-a", 60, MINUTE, MINUTE + 600)) == minutes


def test_a_late_disconnect_does_not_overwrite_the_report_of_a_new_connection(site: Site) -> None:
    site.agents.report("node-a", REPORT, via="websocket", connection_id="old")
    table = OvertakenTable(site.clock)

    def report_anew() -> None:
        site.clock.advance(1)
        site.agents.report("node-a", REPORT, via="websocket", connection_id="new")

    table.overtake = report_anew
    DynamoLive(table).disconnected("node-a", "old")
    latest = site.live.latest("node-a")
    assert latest is not None and latest.connection_id == "new"
    assert is_online(latest, site.clock.ms())
    site.live.disconnected("node-a", "new")
    latest = site.live.latest("node-a")
    assert latest is not None and not is_online(latest, site.clock.ms())
