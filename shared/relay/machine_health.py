"""Machines that other areas look after, as the health check shows them: which of them fell silent."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol, TypeAlias

from shared.aws.store_failures import StoreUnavailable
from shared.relay.health_hints import Hint
from shared.relay.time_limits import within

MachineKind: TypeAlias = Literal["agent", "robot"]
MAX_SILENT_SHOWN = 50


@dataclass(frozen=True, slots=True)
class Machine:
    """``last_seen_at`` is UTC ISO 8601, None when that is too long ago to be known."""

    kind: MachineKind
    id: str
    name: str
    online: bool
    last_seen_at: str | None


class MachineList(Protocol):
    def machines(self) -> Sequence[Machine]:
        """Those that ever reported. Raises StoreUnavailable."""


@dataclass(frozen=True, slots=True)
class MachinesHealth:
    """``silent`` are those that should report and do not, MAX_SILENT_SHOWN of them at most."""

    total: int
    online: int
    silent: tuple[Machine, ...]
    hints: tuple[Hint, ...] = ()


def machines_health(lists: Sequence[MachineList], patience_seconds: float) -> MachinesHealth:
    """Never raises for what a store does."""
    try:
        found = within(patience_seconds, lambda: [machine for each in lists for machine in each.machines()])
    except (StoreUnavailable, TimeoutError):
        return MachinesHealth(0, 0, (), (Hint("machines_not_seen"),))
    silent = [machine for machine in found if not machine.online]
    hints = (Hint("machines_silent", {"count": len(silent)}),) if silent else ()
    return MachinesHealth(len(found), len(found) - len(silent), tuple(silent[:MAX_SILENT_SHOWN]), hints)
