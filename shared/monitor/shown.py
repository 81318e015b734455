"""How machines, reports and records look in answers: REST as the Komari server 1.1.9, RPC2 as its HEAD."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from shared.monitor.models import LOAD_FIELDS, LiveReport, LoadRecord, Node
from shared.monitor.times import rfc3339, rfc3339_ms

_LEFT_OUT_WHEN_EMPTY = ("token", "ipv4", "ipv6", "remark", "public_remark", "version")
_PRIVATE = ("token", "ipv4", "ipv6", "remark", "version")
_MIN_SHOWN_CPU = 0.01
LOAD_TYPES: Mapping[str, tuple[str, ...]] = {
    "cpu": ("cpu",),
    "ram": ("ram", "ram_total"),
    "swap": ("swap", "swap_total"),
    "load": ("load",),
    "temp": ("temp",),
    "disk": ("disk", "disk_total"),
    "network": ("net_in", "net_out", "net_total_up", "net_total_down"),
    "process": ("process",),
    "connections": ("connections", "connections_udp"),
}


def whole_node(node: Node) -> dict[str, Any]:
    """Everything, for an administrator."""
    shown = asdict(node)
    del shown["revision"]
    for name in _LEFT_OUT_WHEN_EMPTY:
        if not shown[name]:
            del shown[name]
    return shown


def public_node(node: Node, *, masked_addresses: bool = False) -> dict[str, Any]:
    """Without what is nobody's business; with ``masked_addresses`` the first part of each address stays."""
    shown = whole_node(node)
    for name in _PRIVATE:
        shown.pop(name, None)
    if masked_addresses:
        if node.ipv4:
            shown["ipv4"] = f"{node.ipv4.split('.')[0]}.*.*.*"
        if node.ipv6:
            shown["ipv6"] = f"{node.ipv6.split(':')[0]}:*:*:*:*:*:*:*"
    return shown


def shown_report(report: Mapping[str, Any], received_at_ms: int) -> dict[str, Any]:
    """A live report in its nested form, with the time it came."""
    cpu = section(report, "cpu")
    usage = number(cpu.get("usage"))
    shown = {**report, "cpu": {**cpu, "usage": usage if usage > 0 else _MIN_SHOWN_CPU}}
    return {**shown, "message": str(report.get("message") or ""), "updated_at": rfc3339_ms(received_at_ms)}


def flat_report(uuid: str, report: Mapping[str, Any], received_at_ms: int) -> dict[str, Any]:
    """A live report in the flat form of RPC2; ``connections`` there is TCP and UDP together."""
    ram, swap, disk = (section(report, name) for name in ("ram", "swap", "disk"))
    load, network = section(report, "load"), section(report, "network")
    connections = section(report, "connections")
    udp = whole(connections.get("udp"))
    return {
        "client": uuid,
        "time": rfc3339_ms(received_at_ms),
        "cpu": number(section(report, "cpu").get("usage")),
        "gpu": number(section(report, "gpu").get("average_usage")),
        "ram": whole(ram.get("used")),
        "ram_total": whole(ram.get("total")),
        "swap": whole(swap.get("used")),
        "swap_total": whole(swap.get("total")),
        "load": number(load.get("load1")),
        "load5": number(load.get("load5")),
        "load15": number(load.get("load15")),
        "temp": number(report.get("temp")),
        "disk": whole(disk.get("used")),
        "disk_total": whole(disk.get("total")),
        "net_in": whole(network.get("down")),
        "net_out": whole(network.get("up")),
        "net_total_up": whole(network.get("totalUp")),
        "net_total_down": whole(network.get("totalDown")),
        "process": whole(report.get("process")),
        "connections": whole(connections.get("tcp")) + udp,
        "connections_udp": udp,
        "uptime": whole(report.get("uptime")),
    }


def live_status(live: LiveReport, *, online: bool) -> dict[str, Any]:
    """One node of common:getNodesLatestStatus, without its pings."""
    return {**flat_report(live.uuid, live.report, live.received_at_ms), "online": online}


def shown_record(record: LoadRecord, load_type: str = "") -> dict[str, Any]:
    """A record, all of it or what ``load_type`` asks for."""
    names = LOAD_TYPES.get(load_type, LOAD_FIELDS)
    shown: dict[str, Any] = {"client": record.client, "time": rfc3339(record.at_seconds)}
    shown.update({name: getattr(record, name) for name in names})
    if load_type in ("ram", "swap", "disk"):
        total = shown[f"{load_type}_total"]
        shown[f"{load_type}_percent"] = round(shown[load_type] / total * 100, 2) if total else 0.0
    if load_type == "connections":
        shown["connections_tcp"] = record.connections
    return shown


def section(report: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """An object in a report, empty when the agent sent something else."""
    value = report.get(name)
    return value if isinstance(value, Mapping) else {}


def number(value: Any) -> float:
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else 0.0


def whole(value: Any) -> int:
    return int(number(value))


_INTEGER = re.compile(r"[+-]?[0-9]{1,9}\Z")


def integer(text: str) -> int | None:
    """The integer a text is, None for anything else."""
    return int(text) if _INTEGER.match(text) else None
