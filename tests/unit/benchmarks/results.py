"""Results to report on."""

from __future__ import annotations

from benchmarks.machine import Conditions
from benchmarks.result import Aim, Result, StoredResult, Table

CONDITIONS = Conditions("A processor", 4, "Linux 6", "CPython 3.11.7", "0123456789", "2026-01-02 03:04 UTC", 0.25)


def stored(name: str, *, speed: float = 1.25) -> StoredResult:
    """With one aim: a speed of at least 1."""
    tables = [Table(["form", "µs"], [["plain", 12.3456], ["压缩", 1_234.5]], caption="By form.")]
    aims = [Aim("speed, times the peer", speed, "at least", 1.0)]
    return StoredResult(name, CONDITIONS, 12.0, Result("All bodies.", tables, aims, ["A note."]))
