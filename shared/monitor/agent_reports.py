"""An agent's report, checked and put into the one form that is kept and shown.

What an agent leaves out counts as zero, as in the reference server; what it sends in another type or out of range is
refused, because it would spoil the charts of a month.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from shared.monitor.agent_messages import UnusableMessage

_MAX_INTEGER = 2**63 - 1
MAX_MESSAGE_CHARACTERS = 1_000
MAX_GPUS = 32
_MAX_NAME_CHARACTERS = 200
_MEMORY = ("total", "used")
# Any of these makes a report; a message without them is something else.
_SECTIONS = ("cpu", "ram", "swap", "load", "disk", "network", "connections", "uptime", "process")


def read_report(fields: Mapping[str, Any]) -> dict[str, Any]:
    """The report in Komari's nested form: percent, bytes, bytes a second, seconds; unknown fields are left out.

    Raises UnusableMessage naming the first field that does not fit.
    """
    if not any(name in fields for name in _SECTIONS):
        raise UnusableMessage(f"a report has at least one of: {', '.join(_SECTIONS)}")
    report: dict[str, Any] = {
        "cpu": {"usage": _number(_section(fields, "cpu"), "cpu.usage", maximum=100)},
        **{name: _integers(fields, name, _MEMORY) for name in ("ram", "swap")},
        "load": {
            key: _number(_section(fields, "load"), f"load.{key}", maximum=1_000) for key in ("load1", "load5", "load15")
        },
        "disk": _integers(fields, "disk", _MEMORY),
        "network": _integers(fields, "network", ("up", "down", "totalUp", "totalDown")),
        "connections": _integers(fields, "connections", ("tcp", "udp")),
        "uptime": _integer(fields, "uptime"),
        "process": _integer(fields, "process"),
        "message": _text(fields, "message", MAX_MESSAGE_CHARACTERS),
    }
    if fields.get("gpu") is not None:
        report["gpu"] = _gpu(_section(fields, "gpu"))
    return report


def _gpu(gpu: Mapping[str, Any]) -> dict[str, Any]:
    cards = gpu.get("detailed_info")
    if cards is None:
        cards = []
    if not isinstance(cards, list) or not all(isinstance(card, dict) for card in cards):
        raise UnusableMessage("gpu.detailed_info must be a list of objects")
    return {
        "count": _integer(gpu, "gpu.count"),
        "average_usage": _number(gpu, "gpu.average_usage", maximum=100),
        "detailed_info": [
            {
                "name": _text(card, "name", _MAX_NAME_CHARACTERS),
                "memory_total": _integer(card, "memory_total"),
                "memory_used": _integer(card, "memory_used"),
                "utilization": _number(card, "utilization", maximum=100),
                "temperature": _integer(card, "temperature"),
            }
            for card in cards[:MAX_GPUS]
        ],
    }


def _section(fields: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    section = fields.get(name)
    if section is None:
        return {}
    if not isinstance(section, dict):
        raise UnusableMessage(f"{name} must be an object")
    return section


def _integers(fields: Mapping[str, Any], section: str, names: tuple[str, ...]) -> dict[str, int]:
    held = _section(fields, section)
    return {name: _integer(held, f"{section}.{name}") for name in names}


def _integer(fields: Mapping[str, Any], path: str) -> int:
    return round(_number(fields, path, maximum=_MAX_INTEGER))


def _number(fields: Mapping[str, Any], path: str, *, maximum: float) -> float:
    """``path`` ends in the field's name."""
    value = fields.get(path.rpartition(".")[2])
    if value is None:
        return 0
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise UnusableMessage(f"{path} must be a number")
    if not 0 <= value <= maximum:
        raise UnusableMessage(f"{path} must be between 0 and {maximum}")
    return value


def _text(fields: Mapping[str, Any], name: str, max_characters: int) -> str:
    value = fields.get(name)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise UnusableMessage(f"{name} must be a string")
    return value[:max_characters]
