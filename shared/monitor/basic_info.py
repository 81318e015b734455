"""What a machine is made of, as its agent tells it at its start and every five minutes."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from shared.monitor.agent_messages import UnusableMessage

_TEXT_FIELDS = ("arch", "cpu_name", "gpu_name", "ipv4", "ipv6", "kernel_version", "os", "version", "virtualization")
_NUMBER_FIELDS = ("cpu_cores", "cpu_physical_cores", "disk_total", "mem_total", "swap_total")
_MAX_TEXT_CHARACTERS = 300
_MAX_INTEGER = 2**63 - 1


def read_basic_info(fields: Mapping[str, Any], *, client_address: str) -> dict[str, Any]:
    """Those of a node's fields that the agent named, checked. Only what an agent may know is taken: a node's name,
    price or visibility are the administrator's. Without an address of its own the node gets the request's.

    Raises UnusableMessage naming the field that does not fit.
    """
    known: dict[str, Any] = {}
    for name in _TEXT_FIELDS:
        value = fields.get(name)
        if value is None:
            continue
        if not isinstance(value, str):
            raise UnusableMessage(f"{name} must be a string")
        known[name] = value[:_MAX_TEXT_CHARACTERS]
    for name in _NUMBER_FIELDS:
        value = fields.get(name)
        if value is None:
            continue
        if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
            raise UnusableMessage(f"{name} must be a number")
        if not 0 <= value <= _MAX_INTEGER:
            raise UnusableMessage(f"{name} must be between 0 and {_MAX_INTEGER}")
        known[name] = round(value)
    if client_address and not known.get("ipv4") and not known.get("ipv6"):
        known["ipv6" if ":" in client_address else "ipv4"] = client_address
    return known
