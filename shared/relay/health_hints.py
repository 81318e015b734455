"""What the health check says of a component that is amiss."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Hint:
    """What is wrong with a component and what to do: a key of the texts, and what fills it."""

    key: str
    params: Mapping[str, Any] = field(default_factory=dict)
