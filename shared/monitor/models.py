"""What the monitor keeps: machines, their reports, the records made of them, and pings. Pure.

Field names and units are those of the Komari server (tag 1.1.9) unless a docstring says otherwise.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any, Literal

MAX_ID_CHARACTERS = 64

Via = Literal["websocket", "post"]
PingKind = Literal["icmp", "tcp", "http"]

# The server drops a socket that is silent this long, and takes an agent that posts for offline after that long.
SOCKET_SILENT_SECONDS = 11
POST_SILENT_SECONDS = 35
RECENT_SECONDS = 60
LOST = -1


def is_id(text: str) -> bool:
    """Whether a text could be an id that was given out here. No other may become part of a key: a store refuses
    one that is too long."""
    return 0 < len(text) <= MAX_ID_CHARACTERS and text.isascii() and text.isprintable()


@dataclass(frozen=True, slots=True)
class Node:
    """One machine. Totals in bytes, times as UTC ISO 8601 with Z; ``token`` is what its agent authenticates with."""

    uuid: str
    token: str = field(repr=False)
    name: str
    created_at: str
    updated_at: str
    cpu_name: str = ""
    virtualization: str = ""
    arch: str = ""
    cpu_cores: int = 0
    cpu_physical_cores: int = 0
    os: str = ""
    kernel_version: str = ""
    gpu_name: str = ""
    ipv4: str = ""
    ipv6: str = ""
    region: str = ""
    remark: str = ""
    public_remark: str = ""
    mem_total: int = 0
    swap_total: int = 0
    disk_total: int = 0
    version: str = ""
    weight: int = 0
    price: float = 0.0
    billing_cycle: int = 0
    auto_renewal: bool = False
    currency: str = "$"
    expired_at: str | None = None
    group: str = ""
    tags: str = ""
    hidden: bool = False
    traffic_limit: int = 0
    traffic_limit_type: str = "max"
    revision: int = 0  # of the stored record: 0 means it is not stored yet


@dataclass(frozen=True, slots=True)
class LiveReport:
    """The report a node sent last. ``report`` has Komari's nested form and no ``updated_at``: ``received_at_ms`` is
    its time. ``connection_id`` is that of the agent's open socket, "" when it posts or has gone."""

    uuid: str
    received_at_ms: int
    report: Mapping[str, Any]
    via: Via
    connection_id: str = ""


def is_online(live: LiveReport, now_ms: int) -> bool:
    """Whether the node counts as online: computed when it is asked for, nothing has to switch it off."""
    if live.via == "websocket" and not live.connection_id:
        return False
    allowed_seconds = SOCKET_SILENT_SECONDS if live.via == "websocket" else POST_SILENT_SECONDS
    return now_ms - live.received_at_ms < allowed_seconds * 1000


@dataclass(frozen=True, slots=True)
class LoadRecord:
    """What a node did in one slot of a resolution. ``at_seconds`` is the slot's start (UTC epoch).

    ``cpu`` and ``gpu`` in percent; ``ram``, ``swap``, ``disk``, their totals and ``net_total_*`` in bytes; ``net_in``
    and ``net_out`` in bytes a second; ``temp`` in °C; ``connections`` counts TCP, ``connections_udp`` UDP.
    """

    client: str
    at_seconds: int
    cpu: float = 0.0
    gpu: float = 0.0
    ram: int = 0
    ram_total: int = 0
    swap: int = 0
    swap_total: int = 0
    load: float = 0.0
    temp: float = 0.0
    disk: int = 0
    disk_total: int = 0
    net_in: int = 0
    net_out: int = 0
    net_total_up: int = 0
    net_total_down: int = 0
    process: int = 0
    connections: int = 0
    connections_udp: int = 0


LOAD_FIELDS = tuple(each.name for each in fields(LoadRecord) if each.name not in ("client", "at_seconds"))


@dataclass(frozen=True, slots=True)
class PingTask:
    """A target that the nodes of ``clients`` ping every ``interval_seconds``. ``weight`` orders the tasks."""

    task_id: int
    name: str
    clients: tuple[str, ...]
    kind: PingKind
    target: str
    interval_seconds: int
    weight: int = 0
    default_on: bool = False
    revision: int = 0


@dataclass(frozen=True, slots=True)
class PingRecord:
    """One answer, or an hour of them. ``value_ms`` is LOST when none came; of an hour it is the mean of those that
    came. ``count`` pings are in it, ``lost`` of them unanswered."""

    client: str
    task_id: int
    at_ms: int
    value_ms: int
    count: int = 1
    lost: int = 0


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """Something an administrator did. ``kind`` is Komari's msg_type: info, warn, login, logout, error."""

    at_ms: int
    entry_id: int
    ip: str
    uuid: str
    message: str
    kind: str
