"""Lists of more than one page, as iterators that ask for a page when it is needed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Literal, TypeVar

from shared.kook.client import arguments
from shared.kook.client.errors import InvalidCall, TooManyPages
from shared.kook.client.results import Message, Page

Item = TypeVar("Item")

MAX_PAGES = 400  # twenty thousand entries at fifty a page


def iterate_pages(
    call: str,
    fetch: Callable[[int, int], Page[Item]],
    identify: Callable[[Item], object],
    *,
    page_size: int = arguments.MAX_PAGE_SIZE,
    max_pages: int = MAX_PAGES,
) -> Iterator[Item]:
    """Every entry of a list with ``page`` and ``meta`` (reference.md), each once though entries move between pages.

    ``fetch(page, page_size)`` gets one page, counted from 1; ``identify`` gives what tells two entries apart. Ends
    with the last page KOOK announces, or, when it announces none, with the first page that brings nothing new.

    Raises:
        InvalidCall: page_size is out of range.
        TooManyPages: after ``max_pages`` pages there are more.
        KookError: what ``fetch`` raises.
    """
    arguments.page_size(page_size)
    seen: set[object] = set()
    for number in range(1, max_pages + 1):
        page = fetch(number, page_size)
        fresh = 0
        for item in page["items"]:
            if identify(item) not in seen:
                seen.add(identify(item))
                fresh += 1
                yield item
        announced = page["page_total"]
        if not page["items"] or (number >= announced if announced >= 0 else not fresh):
            return
    raise TooManyPages(call, max_pages)


def iterate_messages(
    fetch: Callable[[str | None, arguments.ListFlag | None, int], list[Message]],
    *,
    start: str | None,
    direction: Literal["before", "after"],
    max_messages: int,
    page_size: int = arguments.MAX_PAGE_SIZE,
) -> Iterator[Message]:
    """Messages one by one from a message on: backwards in time with ``before``, forwards with ``after``.

    ``fetch(msg_id, flag, page_size)`` gets one batch; the next one is asked for from the outermost message of the
    last (message.md: these lists have no pages). ``start`` itself is left out; None starts at the newest, which only
    ``before`` can do. At most ``max_messages`` come; go on from the last one's id to have more. KOOK documents no
    order within a batch, so each is put in order by time, keeping KOOK's order among equal times.
    """
    arguments.page_size(page_size)
    if start is None and direction == "after":
        raise InvalidCall("after", "needs the id of a message to start from")
    seen: set[str] = set() if start is None else {start}
    cursor, given = start, 0
    while given < max_messages:
        batch = fetch(cursor, None if cursor is None else direction, page_size)
        fresh = [message for message in _oldest_first(batch) if message["id"] not in seen]
        if direction == "before":
            fresh.reverse()
        if not fresh:
            return
        for message in fresh[: max_messages - given]:
            seen.add(message["id"])
            given += 1
            yield message
        cursor = fresh[-1]["id"]


def _oldest_first(batch: list[Message]) -> list[Message]:
    if batch and batch[0]["create_at"] > batch[-1]["create_at"]:
        batch = batch[::-1]
    return sorted(batch, key=lambda message: message["create_at"])
