"""What one benchmark found, and how it is kept: benchmarks/results/NAME.json, one file a benchmark."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal, TypeAlias

from benchmarks.machine import Conditions

RESULTS_FOLDER = Path(__file__).with_name("results")

# Numbers are shown with three significant digits, text as it is.
Cell: TypeAlias = str | int | float


class NotRun(Exception):
    """The benchmark cannot run here; the text says what is missing and how to get it."""


@dataclass(frozen=True, slots=True)
class Aim:
    """One figure and the bound it is held to. ``what`` names the figure with its unit."""

    what: str
    measured: float
    bound: Literal["at most", "at least"]
    limit: float

    @property
    def is_met(self) -> bool:
        return self.measured <= self.limit if self.bound == "at most" else self.measured >= self.limit


@dataclass(frozen=True, slots=True)
class Table:
    columns: Sequence[str]
    rows: Sequence[Sequence[Cell]]
    caption: str = ""


@dataclass(frozen=True, slots=True)
class Result:
    """``method`` says in a sentence or two what was timed against what; ``notes`` what a reader must know to judge
    the figures, such as why an aim is missed."""

    method: str
    tables: Sequence[Table]
    aims: Sequence[Aim]
    notes: Sequence[str] = field(default_factory=tuple)


@dataclass(frozen=True, slots=True)
class StoredResult:
    name: str
    conditions: Conditions
    seconds: float
    result: Result


def write_result(stored: StoredResult, folder: Path = RESULTS_FOLDER) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    text = json.dumps(asdict(stored), ensure_ascii=False, indent=1)
    (folder / f"{stored.name}.json").write_text(text + "\n", encoding="utf-8")


def read_results(folder: Path = RESULTS_FOLDER) -> list[StoredResult]:
    """All results kept, in alphabetical order."""
    return [_from_json(json.loads(path.read_text(encoding="utf-8"))) for path in sorted(folder.glob("*.json"))]


def _from_json(stored: dict[str, Any]) -> StoredResult:
    result = stored["result"]
    return StoredResult(
        name=stored["name"],
        conditions=Conditions(**stored["conditions"]),
        seconds=stored["seconds"],
        result=Result(
            method=result["method"],
            tables=[Table(**table) for table in result["tables"]],
            aims=[Aim(**aim) for aim in result["aims"]],
            notes=result["notes"],
        ),
    )
