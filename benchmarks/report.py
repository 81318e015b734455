"""Results as text: tables for the terminal and benchmarks/RESULTS.md, which is written from the stored results."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from pathlib import Path

from benchmarks.catalogue import Benchmark
from benchmarks.machine import Conditions
from benchmarks.result import Aim, Cell, StoredResult, Table

REPORT = Path(__file__).with_name("RESULTS.md")

_HEAD = """# Benchmark results

Written by `make bench` from `results/*.json`; do not edit. Run one again with `make bench NAME=decode`. Contenders take
turns within each round; a figure is the median over at least 5 rounds, a ratio the median of the ratios within a
round. In process, ratios compare processor time, which other programs on the machine do not add to.
"""


def report(results: Sequence[StoredResult], benchmarks: Mapping[str, Benchmark]) -> str:
    """RESULTS.md. In the order of the catalogue; a result whose benchmark is gone is left out."""
    by_name = {each.name: each for each in results}
    shown = [by_name[name] for name in benchmarks if name in by_name]
    parts = [_HEAD, "## All aims", overview(shown), _shortfalls(shown)]
    missing = [name for name in benchmarks if name not in by_name]
    if missing:
        parts.append(f"No result kept yet: {', '.join(missing)}.")
    parts += [section(each, benchmarks[each.name].subject) for each in shown]
    return "\n\n".join(part.strip() for part in parts) + "\n"


def section(stored: StoredResult, subject: str) -> str:
    """One benchmark's part."""
    result = stored.result
    parts = [f"## {stored.name}: {subject}", result.method]
    for table in result.tables:
        parts += [table.caption, _markdown(table)]
    parts.append(_markdown(_aims(result.aims)))
    parts.append("\n".join(f"- {note}" for note in result.notes))
    parts.append(_conditions(stored.conditions, stored.seconds))
    return "\n\n".join(part for part in parts if part)


def overview(results: Sequence[StoredResult]) -> str:
    """Every aim of these results in one table."""
    rows = [[each.name, *row] for each in results for row in _aims(each.result.aims).rows]
    return _markdown(Table(["benchmark", "figure", "aim", "measured", "met"], rows))


def _shortfalls(results: Sequence[StoredResult]) -> str:
    missed = [f"{each.name} ({aim.what})" for each in results for aim in each.result.aims if not aim.is_met]
    return f"**Falls short of its aim:** {'; '.join(missed)}." if missed else "Every aim measured is met."


def _aims(aims: Sequence[Aim]) -> Table:
    sign = {"at most": "≤", "at least": "≥"}
    rows: list[list[Cell]] = [
        [aim.what, f"{sign[aim.bound]} {shown(aim.limit)}", aim.measured, _verdict(aim)] for aim in aims
    ]
    return Table(["figure", "aim", "measured", "met"], rows)


def _verdict(aim: Aim) -> str:
    return "yes" if aim.is_met else "**no**"


def _conditions(taken: Conditions, seconds: float) -> str:
    return (
        f"Taken {taken.date} at commit {taken.commit} in {seconds:.0f} s: {taken.processor}, {taken.cores} cores, "
        f"load {shown(taken.load)} at the start, {taken.system}, {taken.python}."
    )


def shown(cell: Cell) -> str:
    """Numbers with three significant digits, and as many more as their whole part has."""
    if isinstance(cell, str):
        return cell
    if isinstance(cell, int) or cell == 0 or abs(cell) >= 100:
        return f"{cell:,.0f}"
    return f"{cell:.3g}"


def _markdown(table: Table) -> str:
    """Padded, so that it reads as well in a terminal. Columns of numbers are set to the right."""
    rows = [[shown(cell).replace("|", "\\|") for cell in row] for row in table.rows]
    if not rows:
        return ""
    numeric = [all(not isinstance(row[column], str) for row in table.rows) for column in range(len(table.columns))]
    widths = [max(_width(row[column]) for row in [list(table.columns), *rows]) for column in range(len(table.columns))]
    rule = ["-" * (width - 1) + (":" if right else "-") for width, right in zip(widths, numeric, strict=True)]
    lines = [list(table.columns), rule, *rows]
    return "\n".join(
        "| "
        + " | ".join(_pad(cell, width, right) for cell, width, right in zip(line, widths, numeric, strict=True))
        + " |"
        for line in lines
    )


def _pad(cell: str, width: int, to_the_right: bool) -> str:
    space = " " * (width - _width(cell))
    return space + cell if to_the_right else cell + space


def _width(text: str) -> int:
    """Columns in a terminal: wide characters take two."""
    return sum(2 if unicodedata.east_asian_width(character) in "WF" else 1 for character in text)
