"""The part of the composition root that joins the monitor's agents and its page socket."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import TYPE_CHECKING

from shared import monitor_composition
from shared.aws.settings import settings
from shared.once import once
from shared.outside_composition import clock_ms
from shared.push_composition import connection_poster, connections

if TYPE_CHECKING:
    from shared.monitor.agent_api import AgentViews
    from shared.monitor.agent_calls import AgentCalls
    from shared.monitor.agents import Agents
    from shared.monitor.live_board import LiveBoard
    from shared.monitor.page_door import PageDoor
    from shared.monitor.ping_rounds import PingRounds
    from shared.monitor.quiet_agents import QuietAgents
    from shared.monitor.remote_commands import RemoteCommands, WaitingCommands
    from shared.monitor.rolling_up import RollUp
    from shared.monitor.site_rules import SiteRules
    from shared.monitor.store_commands import DynamoCommands
    from shared.monitor.store_directory import DynamoNodeDirectory
    from shared.push.sockets import SocketKind
    from shared.relay.machine_health import Machine


@once
def node_directory() -> DynamoNodeDirectory:
    from shared.monitor.store_directory import DynamoNodeDirectory

    return DynamoNodeDirectory(monitor_composition.monitor_table())


@once
def site_rules() -> SiteRules:
    from shared.monitor.site_rules import SiteRules

    # Read with the first question: opening the settings takes the data key.
    return SiteRules(lambda: monitor_composition.monitor_settings().get(), clock_ms)


@once
def ping_rounds() -> PingRounds:
    from shared.monitor.ping_rounds import PingRounds

    return PingRounds(monitor_composition.monitor_ping_tasks(), clock_ms)


@once
def command_store() -> DynamoCommands:
    from shared.monitor.store_commands import DynamoCommands

    return DynamoCommands(monitor_composition.monitor_table())


def waiting_commands() -> WaitingCommands | None:
    """None unless the operator enabled them: then nothing in a process can give an agent one."""
    if settings().monitor_remote_commands == "off":
        return None
    from shared.monitor.remote_commands import WaitingCommands

    return WaitingCommands(command_store(), clock_ms)


@once
def remote_commands() -> RemoteCommands:
    """For monitor_api."""
    from shared.monitor.remote_commands import RemoteCommands

    return RemoteCommands(
        command_store(),
        node_directory(),
        monitor_composition.monitor_live(),
        clock_ms,
        enabled=settings().monitor_remote_commands == "on",
    )


@once
def agents() -> Agents:
    from shared.monitor.agents import Agents
    from shared.monitor.node_administration import NodeAdministration

    return Agents(
        nodes=node_directory(),
        register=monitor_composition.monitor_nodes,
        add_node=lambda name: NodeAdministration(monitor_composition.monitor_nodes()).add(name),
        live=monitor_composition.monitor_live(),
        pings=monitor_composition.monitor_pings(),
        rounds=ping_rounds(),
        commands=waiting_commands(),
        rules=site_rules(),
        clock_ms=clock_ms,
    )


@once
def agent_calls() -> AgentCalls:
    from shared.monitor.agent_calls import AgentCalls

    return AgentCalls(agents())


@once
def agent_views() -> AgentViews:
    """For monitor_api."""
    from shared.monitor.agent_api import AgentViews
    from shared.monitor.held_pulls import HeldPulls

    return AgentViews(agents(), agent_calls(), HeldPulls(settings().monitor_pull_seconds), time.time)


@once
def live_board() -> LiveBoard:
    from shared.monitor.live_board import LiveBoard

    return LiveBoard(node_directory(), monitor_composition.monitor_live(), clock_ms)


@once
def page_door() -> PageDoor:
    from shared.monitor.page_door import PageDoor

    return PageDoor(lambda: site_rules().site(), monitor_composition.monitor_identities)


def monitor_socket_kinds() -> tuple[SocketKind, ...]:
    """For websocket."""
    from shared.monitor.agent_sockets import AgentSocketV1, AgentSocketV2
    from shared.monitor.page_socket import PageSocket

    return AgentSocketV1(agents), AgentSocketV2(agents, agent_calls), PageSocket(live_board, page_door())


# --- for maintenance ---


@once
def roll_up() -> RollUp:
    from shared.monitor.rolling_up import RollUp

    return RollUp(
        monitor_composition.monitor_live(),
        monitor_composition.monitor_records(),
        node_directory().record_preserve_hours,
        time.time,
    )


@once
def quiet_agents() -> QuietAgents:
    from shared.monitor.quiet_agents import QuietAgents

    return QuietAgents(
        monitor_composition.monitor_live(),
        connections(),
        connection_poster,
        lambda uuid: ping_rounds().claimed(uuid),
        clock_ms,
    )


# --- for the relay's health check ---


class MonitoredMachines:
    """Implements shared.relay.machine_health.MachineList. A node that never reported is not silent, it is new."""

    def machines(self) -> Sequence[Machine]:
        from shared.monitor.models import is_online
        from shared.monitor.times import rfc3339
        from shared.relay.machine_health import Machine

        now_ms = clock_ms()
        reports = monitor_composition.monitor_live().all()
        found = []
        for uuid, name in node_directory().names().items():
            live = reports.get(uuid)
            seen_at = None if live is None else rfc3339(live.received_at_ms // 1000)
            found.append(Machine("agent", uuid, name, live is not None and is_online(live, now_ms), seen_at))
        return found
