"""Counts that are added to when something happens, and read instead of counting anew. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Addition:
    """Amounts to add to the counts of an aggregate, by the attribute's name. ``label`` is what it counts, in words."""

    pk: str
    sk: str
    amounts: Mapping[str, int]
    label: str = ""
    expires_at_seconds: int | None = None


@dataclass(frozen=True, slots=True)
class Aggregate:
    """An aggregate as stored: the amounts that were ever added to, and its label."""

    sk: str
    amounts: Mapping[str, int] = field(default_factory=dict)
    label: str = ""

    def __getitem__(self, name: str) -> int:
        return self.amounts.get(name, 0)


AMOUNTS = (
    "messages",
    "ai_calls",
    "ai_cost_micros",
    "successes",
    "failures",
    "timed_results",
    "execution_ms",
    "robots",
    "codes",
    "items",
    "last_seen_ms",
)
