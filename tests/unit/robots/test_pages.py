"""Numbered pages: what is read, what is counted, what is refused."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from shared.robots.errors import PageTooFar
from shared.robots.pages import MAX_WALKED, Page, Wanted, page_of


def test_a_filtered_list_is_counted_by_reading_it() -> None:
    assert page_of(range(10), Wanted(2, 2), matches=lambda number: number % 2 == 0) == Page((4, 6), 5)
    assert page_of(range(10), Wanted(4, 3)) == Page((9,), 10)
    assert page_of(range(3), Wanted(5, 10)) == Page((), 3)


def test_with_a_known_total_reading_ends_with_the_page() -> None:
    read: list[int] = []

    def entries() -> Iterator[int]:
        for number in range(100):
            read.append(number)
            yield number

    assert page_of(entries(), Wanted(2, 3), known_total=100) == Page((3, 4, 5), 100)
    assert len(read) <= 7


def test_a_page_beyond_what_is_read_is_refused() -> None:
    with pytest.raises(PageTooFar):
        page_of(range(3), Wanted(MAX_WALKED + 1, 1))
