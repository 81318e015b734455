"""Commands for machines over a real DynamoDB engine: who is told, how often, and what is kept of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from shared.aws.tables import bind
from shared.monitor.agent_messages import (
    MAX_OUTPUT_CHARACTERS,
    CommandOrder,
    UnusableMessage,
    read_command_result,
)
from shared.monitor.agents import UnknownCommand
from shared.monitor.errors import MonitorError
from shared.monitor.models import LiveReport
from shared.monitor.remote_commands import WAITING_KEPT_MS, NewCommand, Outcome, RemoteCommands, WaitingCommands
from shared.monitor.rows import MonitorRow
from shared.monitor.store_commands import DynamoCommands
from shared.monitor.table import MonitorTable
from tests.unit.monitor.agent_doubles import REPORT, World, node

if TYPE_CHECKING:
    from tests.dynamodb import DynamoEngine

pytest_plugins = ["tests.dynamodb"]


class Scene:
    """node-a is online, node-b is not."""

    def __init__(self, engine: DynamoEngine) -> None:
        bind(MonitorRow, engine.create_table("MonitorTable"))
        self.world = World()
        self.world.nodes.add(node("node-b", "b" * 22))
        self.clock = self.world.clock
        self.store = DynamoCommands(MonitorTable(self.clock))
        self.world.commands = self.waiting()
        self.world.agents = self.world.process()
        self.report()

    def waiting(self) -> WaitingCommands:
        """As another process has it."""
        return WaitingCommands(self.store, self.clock.ms)

    def commands(self, *, enabled: bool = True) -> RemoteCommands:
        return RemoteCommands(self.store, self.world.nodes, self.world.live, self.clock.ms, enabled=enabled)

    def report(self) -> None:
        self.world.live.report(LiveReport("node-a", self.clock.ms(), REPORT, "post"))

    def give(self, *clients: str, command: str = "uptime") -> str:
        return self.commands().give(NewCommand(command=command, clients=list(clients))).task_id

    def refusal(self, *clients: str, enabled: bool = True) -> str:
        with pytest.raises(MonitorError) as refused:
            self.commands(enabled=enabled).give(NewCommand(command="id", clients=list(clients)))
        return refused.value.code


@pytest.fixture
def scene(dynamodb: DynamoEngine) -> Scene:
    return Scene(dynamodb)


def test_a_command_is_handed_to_one_report_of_its_machine_whichever_process_takes_it(scene: Scene) -> None:
    others = scene.waiting()
    task_id = scene.give("node-a")
    assert others.claimed("node-b") == []
    assert others._waiting, "the other process has read that it waits"
    assert scene.world.agents.due_orders("node-a") == [CommandOrder(task_id, "uptime")]
    assert scene.world.agents.due_orders("node-a") == []
    assert others.claimed("node-a") == []
    scene.clock.advance(WAITING_KEPT_MS / 1000)
    assert others.claimed("node-a") == []


def test_a_machine_that_is_away_is_not_told_later(scene: Scene) -> None:
    task_id = scene.give("node-b", "node-a")
    command, outcomes = scene.commands().find(task_id)
    assert command.clients == ("node-b", "node-a")
    assert outcomes == [Outcome("node-b", "Client offline!", -1, scene.clock.ms()), Outcome("node-a")]
    assert scene.waiting().claimed("node-b") == []
    scene.clock.advance(CommandOrder.lifetime_seconds)
    assert scene.waiting().claimed("node-a") == [], "what nobody fetched in five minutes is not run any more"


def test_who_may_not_or_cannot_be_told(scene: Scene) -> None:
    assert scene.refusal("node-a", enabled=False) == "COMMANDS_DISABLED"
    assert scene.refusal("node-a", "nobody") == "NODE_NOT_FOUND"
    assert scene.refusal("node-b") == "NO_CLIENTS_CONNECTED"
    assert scene.store.newest(10) == []


def test_the_first_result_counts_and_is_taken_from_a_machine_that_was_told(scene: Scene) -> None:
    task_id = scene.give("node-a")
    scene.clock.advance(1)
    told = {"task_id": task_id, "result": "up 3 days\n", "exit_code": 2, "finished_at": 1795178192}
    scene.world.agents.command_result("node-a", told)
    scene.world.agents.command_result("node-a", {**told, "result": "told again"})
    _, (outcome,) = scene.commands().find(task_id)
    assert outcome == Outcome("node-a", "up 3 days\n", 2, scene.clock.ms())
    for uuid, wrong in (("node-b", told), ("node-a", {**told, "task_id": "made-up"})):
        with pytest.raises(UnknownCommand):
            scene.world.agents.command_result(uuid, wrong)
    scene.world.commands = None
    with pytest.raises(UnknownCommand):
        scene.world.process().command_result("node-a", told)


def test_the_last_commands_come_first_of_all_and_of_one_machine(scene: Scene) -> None:
    given = []
    for number, clients in enumerate((("node-a",), ("node-a", "node-b"), ("node-a",))):
        given.append(scene.give(*clients, command=f"echo {number}"))
        scene.clock.advance(1)
    newest = scene.commands().newest(2)
    assert [(command.task_id, command.command) for command, _ in newest] == [(given[2], "echo 2"), (given[1], "echo 1")]
    assert [command.task_id for command, _ in scene.commands().newest(9, "node-b")] == [given[1]]


def test_what_may_be_secret_is_in_no_repr(scene: Scene) -> None:
    task_id = scene.give("node-a", command="login --password hunter2")
    assert "hunter2" not in repr(scene.commands().find(task_id))
    assert "hunter2" not in repr(NewCommand(command="hunter2", clients=["a"]))
    assert "hunter2" not in repr(scene.waiting().claimed("node-a"))


@pytest.mark.parametrize(
    ("changed", "named"),
    [
        ({"task_id": ""}, "task_id"),
        ({"task_id": 5}, "task_id"),
        ({"task_id": "x" * 65}, "task_id"),
        ({"result": None}, "result"),
        ({"exit_code": "0"}, "exit_code"),
        ({"exit_code": 1e300}, "exit_code"),
    ],
)
def test_a_result_that_does_not_fit_names_its_field(changed: dict[str, object], named: str) -> None:
    with pytest.raises(UnusableMessage, match=named):
        read_command_result({"task_id": "t", "result": "", "exit_code": 0, **changed})


def test_a_long_output_is_cut_and_says_so() -> None:
    output = read_command_result({"task_id": "t", "result": "x" * 20_000}).output
    assert output.startswith("x" * MAX_OUTPUT_CHARACTERS + "\n…") and "20000 characters" in output
