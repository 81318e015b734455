"""How reports become records, and records coarser ones, as the reference server does it. Pure.

A minute is the mean of the highest three tenths of its reports, so that a short peak is seen; a coarser slot is the
0.7 percentile of the finer ones in it, 0.2 for traffic. Counters that only grow are taken from the newest.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from shared.monitor.models import LOAD_FIELDS, LoadRecord

_TOP_SHARE = 0.3
_PERCENTILE = 0.7
_TRAFFIC_PERCENTILE = 0.2
_SMALLEST_CPU = 0.01
_TRAFFIC = frozenset({"net_in", "net_out"})
_NEWEST = frozenset({"ram_total", "swap_total", "disk_total", "net_total_up", "net_total_down"})
_FRACTIONS = frozenset({"cpu", "gpu", "load", "temp"})


def minute_record(uuid: str, at_seconds: int, reports: Sequence[Mapping[str, Any]]) -> LoadRecord:
    """The record of one minute; ``reports`` are those received in it, oldest first, at least one."""
    samples = [_sample(uuid, at_seconds, report) for report in reports]
    record = _combined(samples, lambda _name, values: _top_mean(values))
    return replace(record, cpu=max(record.cpu, _SMALLEST_CPU))


def coarser_record(uuid: str, at_seconds: int, finer: Sequence[LoadRecord]) -> LoadRecord:
    """The record of the slot that starts at ``at_seconds``; ``finer`` are those in it, oldest first, at least one."""

    def value_of(name: str, values: Sequence[float]) -> float:
        return _percentile(values, _TRAFFIC_PERCENTILE if name in _TRAFFIC else _PERCENTILE)

    return replace(_combined(finer, value_of), client=uuid, at_seconds=at_seconds)


def _combined(records: Sequence[LoadRecord], value_of: Any) -> LoadRecord:
    newest = records[-1]
    values: dict[str, Any] = {}
    for name in LOAD_FIELDS:
        if name in _NEWEST:
            values[name] = getattr(newest, name)
            continue
        value = value_of(name, [getattr(record, name) for record in records])
        values[name] = round(value, 4) if name in _FRACTIONS else round(value)
    return replace(newest, **values)


def _sample(uuid: str, at_seconds: int, report: Mapping[str, Any]) -> LoadRecord:
    ram, swap, disk, network = (report[name] for name in ("ram", "swap", "disk", "network"))
    return LoadRecord(
        client=uuid,
        at_seconds=at_seconds,
        cpu=report["cpu"]["usage"],
        gpu=(report.get("gpu") or {}).get("average_usage", 0),
        ram=ram["used"],
        ram_total=ram["total"],
        swap=swap["used"],
        swap_total=swap["total"],
        load=report["load"]["load1"],
        disk=disk["used"],
        disk_total=disk["total"],
        net_in=network["down"],
        net_out=network["up"],
        net_total_up=network["totalUp"],
        net_total_down=network["totalDown"],
        process=report["process"],
        connections=report["connections"]["tcp"],
        connections_udp=report["connections"]["udp"],
    )


def _top_mean(values: Sequence[float]) -> float:
    highest = sorted(values, reverse=True)[: max(1, int(len(values) * _TOP_SHARE))]
    return sum(highest) / len(highest)


def _percentile(values: Sequence[float], share: float) -> float:
    """Between two values, the one in proportion."""
    ordered = sorted(values)
    place = share * (len(ordered) - 1)
    low, high = math.floor(place), math.ceil(place)
    return ordered[low] + (ordered[high] - ordered[low]) * (place - low)
