"""Numbered pages of lists that are filtered while they are read. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Generic, TypeVar

from shared.robots.errors import PageTooFar

# Rows read for one answer. A page further than that is refused rather than paid for.
MAX_WALKED = 10_000

Entry = TypeVar("Entry")


@dataclass(frozen=True, slots=True)
class Wanted:
    """``number`` counts from 1."""

    number: int
    size: int


@dataclass(frozen=True, slots=True)
class Page(Generic[Entry]):
    """``total``: entries of the whole list, not of the page."""

    entries: tuple[Entry, ...]
    total: int


def page_of(
    entries: Iterable[Entry],
    wanted: Wanted,
    *,
    matches: Callable[[Entry], bool] | None = None,
    known_total: int | None = None,
) -> Page[Entry]:
    """One page of a list.

    With ``known_total`` (an aggregate) reading ends with the page; without it all that matches is counted, so it is
    for lists that a filter makes short or a bound keeps short.

    Raises:
        PageTooFar: the page starts beyond MAX_WALKED
    """
    first = (wanted.number - 1) * wanted.size
    if first >= MAX_WALKED:
        raise PageTooFar
    found: list[Entry] = []
    position = 0
    for entry in entries:
        if known_total is not None and len(found) == wanted.size:
            break
        if matches is not None and not matches(entry):
            continue
        if first <= position < first + wanted.size:
            found.append(entry)
        position += 1
    return Page(tuple(found), position if known_total is None else known_total)
