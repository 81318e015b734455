"""What agents do, without HTTP or sockets."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from shared.monitor.agent_messages import UnusableMessage, read_ping_result
from shared.monitor.agent_reports import MAX_MESSAGE_CHARACTERS, read_report
from shared.monitor.agents import RegistrationRefused, UnknownNode
from tests.unit.monitor.agent_doubles import DISCOVERY_KEY, REPORT, TOKEN, World, ping_task


def test_a_report_is_kept_as_it_came_without_what_is_not_known() -> None:
    world = World()
    world.agents.report("node-a", {**REPORT, "novelty": {"x": 1}}, via="websocket", connection_id="c1")
    kept = world.live.rows["node-a"]
    assert kept.report == REPORT
    assert (kept.received_at_ms, kept.via, kept.connection_id) == (world.clock.ms(), "websocket", "c1")


def test_what_a_report_leaves_out_is_zero() -> None:
    report = read_report({"cpu": {"usage": 1}})
    assert report["ram"] == {"total": 0, "used": 0}
    assert report["load"] == {"load1": 0, "load5": 0, "load15": 0}
    assert "gpu" not in report


def test_graphics_cards_are_kept() -> None:
    gpu = {
        "count": 1,
        "average_usage": 40.5,
        "detailed_info": [
            {"name": "RTX", "memory_total": 8, "memory_used": 2, "utilization": 40.5, "temperature": 61, "fan": 3}
        ],
    }
    kept = read_report({**REPORT, "gpu": gpu})["gpu"]
    assert kept["detailed_info"] == [
        {"name": "RTX", "memory_total": 8, "memory_used": 2, "utilization": 40.5, "temperature": 61}
    ]


@pytest.mark.parametrize(
    ("path", "value", "named"),
    [
        (("cpu", "usage"), 100.1, "cpu.usage"),
        (("cpu", "usage"), "12", "cpu.usage"),
        (("cpu",), 12, "cpu"),
        (("load", "load1"), 1001, "load.load1"),
        (("ram", "used"), -1, "ram.used"),
        (("network", "totalUp"), 2**70, "network.totalUp"),
        (("uptime",), True, "uptime"),
        (("message",), 5, "message"),
        (("gpu",), {"detailed_info": "x"}, "gpu.detailed_info"),
    ],
)
def test_a_field_that_does_not_fit_is_named(path: tuple[str, ...], value: Any, named: str) -> None:
    report: dict[str, Any] = copy.deepcopy(REPORT)
    holder = report
    for step in path[:-1]:
        holder = holder[step]
    holder[path[-1]] = value
    world = World()
    with pytest.raises(UnusableMessage, match=f"^{named} must"):
        world.agents.report("node-a", report, via="post")
    assert not world.live.rows


def test_something_else_is_no_report_and_a_long_message_is_cut() -> None:
    with pytest.raises(UnusableMessage):
        read_report({"type": "hello"})
    assert len(read_report({**REPORT, "message": "x" * 5000})["message"]) == MAX_MESSAGE_CHARACTERS


def test_a_removed_node_is_refused_soon() -> None:
    world = World()
    world.agents.report("node-a", REPORT, via="post")
    del world.nodes.rows["node-a"]
    world.clock.advance(11)
    with pytest.raises(UnknownNode):
        world.agents.report("node-a", REPORT, via="post")
    with pytest.raises(UnknownNode):
        world.agents.ping_result("node-a", {"task_id": 1, "value": 2})


def test_a_token_is_known_or_not() -> None:
    world = World()
    assert world.agents.node_of_token(TOKEN) == "node-a"
    assert world.agents.node_of_token("wrong") is None
    assert world.agents.node_of_token("") is None
    assert world.agents.node_of_token("x" * 10_000) is None


def test_basic_info_takes_what_an_agent_may_tell_and_writes_only_changes() -> None:
    world = World()
    told = {"os": "Debian", "cpu_cores": 2, "mem_total": 5, "name": "stolen", "hidden": True, "token": "mine"}
    world.agents.basic_info("node-a", told, "192.0.2.7")
    kept = world.nodes.rows["node-a"]
    assert (kept.os, kept.cpu_cores, kept.ipv4, kept.name, kept.hidden) == ("Debian", 2, "192.0.2.7", "node-a", False)
    assert kept.token == TOKEN
    assert kept.updated_at != "2026-11-20T00:00:00Z"
    world.clock.advance(300)
    world.agents.basic_info("node-a", told, "192.0.2.7")
    assert world.nodes.writes == 1
    world.agents.basic_info("node-a", {"ipv6": "2001:db8::1"}, "192.0.2.9")
    assert (world.nodes.rows["node-a"].ipv4, world.nodes.rows["node-a"].ipv6) == ("192.0.2.7", "2001:db8::1")
    for wrong in ({"os": 5}, {"cpu_cores": "2"}, {"mem_total": -1}):
        with pytest.raises(UnusableMessage):
            world.agents.basic_info("node-a", wrong)
    with pytest.raises(UnknownNode):
        world.agents.basic_info("nobody", told)


def test_registration_needs_the_key_and_names_the_node_after_its_host() -> None:
    world = World()
    assert world.agents.register(DISCOVERY_KEY, "vm").name == "Auto-vm"
    assert "new" in world.nodes.rows
    for wrong in ("", "lab", DISCOVERY_KEY + "x"):
        with pytest.raises(RegistrationRefused):
            world.agents.register(wrong, "vm")
    world.rules.key = "short"
    with pytest.raises(RegistrationRefused):
        world.agents.register("short", "vm")
    world.rules.key = ""
    with pytest.raises(RegistrationRefused):
        world.agents.register("", "vm")


def test_a_ping_is_kept_at_the_time_it_was_told_whatever_the_agents_clock_says() -> None:
    world = World()
    world.agents.ping_result("node-a", {"task_id": 3, "value": 17, "finished_at": 1795178192})
    world.agents.ping_result("node-a", {"task_id": 3, "value": -1, "finished_at": "2026-11-20T12:35:27Z"})
    assert [(each.value_ms, each.lost, each.at_ms) for each in world.pings.records] == [
        (17, 0, world.clock.ms()),
        (-1, 1, world.clock.ms()),
    ]
    world.rules.preserve_hours = 0
    world.agents.ping_result("node-a", {"task_id": 3, "value": 17})
    assert len(world.pings.records) == 2


@pytest.mark.parametrize(
    "fields",
    [{}, {"task_id": "3", "value": 1}, {"task_id": 0, "value": 1}, {"task_id": 3}, {"task_id": 3, "value": 9e9}],
)
def test_a_ping_result_that_does_not_fit_is_refused(fields: dict[str, Any]) -> None:
    with pytest.raises(UnusableMessage):
        read_ping_result(fields)


def test_each_round_of_a_task_is_handed_out_once_also_after_a_cold_start() -> None:
    world = World(ping_task(3, 60), ping_task(4, 60, "somebody else"))
    world.clock.seconds = 1_800_000_000  # the beginning of a minute
    assert [order.task_id for order in world.agents.due_orders("node-a")] == [3]
    assert world.agents.due_orders("node-a") == []
    assert world.process().due_orders("node-a") == []
    world.clock.advance(59)
    assert world.process().due_orders("node-a") == []
    world.clock.advance(1)
    assert [order.task_id for order in world.process().due_orders("node-a")] == [3]
    assert world.agents.due_orders("node-a") == []


def test_a_report_between_rounds_asks_the_table_nothing() -> None:
    world = World(ping_task(3, 60))
    world.clock.seconds = 1_800_000_000
    world.agents.due_orders("node-a")
    asked = world.tasks.reads
    world.clock.advance(3)
    assert world.agents.due_orders("node-a") == []
    assert world.tasks.reads == asked
