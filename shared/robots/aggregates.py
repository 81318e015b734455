"""Counts that are added to when something happens, and read instead of counting anew. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Addition:
    """Amounts to add to the counts of an aggregate, by the attribute's name. ``label`` is what it counts, in words.

    ``sets`` are attributes that the write gives a value, ``first_sets`` those that keep the value they have. Where one
    of the amounts has reached its number in ``limits``, the write is refused.
    """

    pk: str
    sk: str
    amounts: Mapping[str, int]
    label: str = ""
    expires_at_seconds: int | None = None
    sets: Mapping[str, Any] = field(default_factory=dict)
    first_sets: Mapping[str, Any] = field(default_factory=dict)
    limits: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Aggregate:
    """An aggregate as stored: the amounts that were ever added to, its label, and what else was set."""

    sk: str
    amounts: Mapping[str, int] = field(default_factory=dict)
    label: str = ""
    details: Mapping[str, Any] = field(default_factory=dict)
    body: Mapping[str, Any] = field(default_factory=dict)

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
    "first_seen_ms",
)
