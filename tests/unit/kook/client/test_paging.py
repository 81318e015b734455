"""Iterating over KOOK's two kinds of lists."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from shared.kook.client.arguments import ListFlag
from shared.kook.client.errors import InvalidCall, KookRateLimited, TooManyPages
from shared.kook.client.paging import iterate_messages, iterate_pages
from shared.kook.client.results import Message, Page, read_message


class PagedList:
    """Pages of numbers; ``announced`` None leaves the paging information out."""

    def __init__(self, pages: list[list[int]], announced: int | None = -2) -> None:
        self.pages = pages
        self.announced = len(pages) if announced == -2 else announced
        self.asked: list[int] = []

    def __call__(self, page: int, page_size: int) -> Page[int]:
        self.asked.append(page)
        items = self.pages[page - 1] if page <= len(self.pages) else []
        total = -1 if self.announced is None else self.announced
        return {"items": items, "page": page, "page_total": total, "page_size": page_size, "total": -1}


def drain(iterator: Iterator[Any], into: list[Any]) -> None:
    for item in iterator:
        into.append(item)


def iterate(pages: PagedList, **bounds: Any) -> list[int]:
    return list(iterate_pages("a/list", pages, lambda item: item, **bounds))


def test_ends_with_the_last_announced_page() -> None:
    pages = PagedList([[1, 2], [3, 4], [5]])
    assert iterate(pages) == [1, 2, 3, 4, 5]
    assert pages.asked == [1, 2, 3]


def test_an_empty_list_has_no_entries() -> None:
    assert iterate(PagedList([], announced=0)) == []
    assert iterate(PagedList([[]], announced=1)) == []


def test_without_paging_information_it_goes_on_until_nothing_new_comes() -> None:
    pages = PagedList([[1, 2], [3]], announced=None)
    assert iterate(pages) == [1, 2, 3]
    assert pages.asked == [1, 2, 3]


def test_a_server_that_ignores_the_page_number_does_not_hold_it_forever() -> None:
    class Stuck(PagedList):
        def __call__(self, page: int, page_size: int) -> Page[int]:
            return super().__call__(1, page_size)

    assert iterate(Stuck([[1, 2]], announced=None)) == [1, 2]
    assert iterate(Stuck([[1, 2]], announced=50)) == [1, 2]


def test_an_entry_that_moves_between_pages_comes_once() -> None:
    assert iterate(PagedList([[1, 2], [2, 3], [3, 4]])) == [1, 2, 3, 4]


def test_an_empty_page_ends_it_whatever_was_announced() -> None:
    pages = PagedList([[1], []], announced=90)
    assert iterate(pages) == [1]
    assert pages.asked == [1, 2]


def test_more_pages_than_the_bound_are_an_error_after_what_was_read() -> None:
    read: list[int] = []
    pages = iterate_pages("a/list", PagedList([[1], [2], [3]]), lambda item: item, max_pages=2)
    with pytest.raises(TooManyPages) as failure:
        drain(pages, read)
    assert failure.value.max_pages == 2
    assert read == [1, 2]


@pytest.mark.parametrize("page_size", [0, -1, 51])
def test_page_sizes_kook_does_not_take_are_refused(page_size: int) -> None:
    with pytest.raises(InvalidCall):
        iterate(PagedList([[1]]), page_size=page_size)


def message(number: int, create_at: int | None = None) -> Message:
    return read_message({"id": f"m{number}", "create_at": number * 1000 if create_at is None else create_at})


class Channel:
    """A channel's messages in KOOK's way: batches by reference, oldest first, the reference left out."""

    def __init__(self, messages: list[Message]) -> None:
        self.messages = messages
        self.asked: list[tuple[str | None, ListFlag | None]] = []

    def __call__(self, msg_id: str | None, flag: ListFlag | None, page_size: int) -> list[Message]:
        self.asked.append((msg_id, flag))
        if msg_id is None:
            return self.messages[-page_size:]
        at = [each["id"] for each in self.messages].index(msg_id)
        return self.messages[max(at - page_size, 0) : at] if flag == "before" else self.messages[at + 1 :][:page_size]


def walk(channel: Channel, **options: Any) -> list[str]:
    options = {"start": None, "direction": "before", "max_messages": 1000, **options}
    return [each["id"] for each in iterate_messages(channel, **options)]


def test_backwards_from_the_newest() -> None:
    channel = Channel([message(number) for number in range(1, 8)])
    assert walk(channel, page_size=3) == ["m7", "m6", "m5", "m4", "m3", "m2", "m1"]
    assert channel.asked == [(None, None), ("m5", "before"), ("m2", "before"), ("m1", "before")]


def test_forwards_from_a_message() -> None:
    channel = Channel([message(number) for number in range(1, 8)])
    assert walk(channel, start="m2", direction="after", page_size=2) == ["m3", "m4", "m5", "m6", "m7"]


def test_messages_of_one_moment_keep_kooks_order() -> None:
    channel = Channel([message(number, create_at=5) for number in range(1, 6)])
    assert walk(channel, start="m1", direction="after", page_size=2) == ["m2", "m3", "m4", "m5"]
    assert walk(channel, page_size=2) == ["m5", "m4", "m3", "m2", "m1"]


def test_it_stops_at_the_number_asked_for_without_another_request() -> None:
    channel = Channel([message(number) for number in range(1, 100)])
    assert walk(channel, max_messages=4, page_size=2) == ["m99", "m98", "m97", "m96"]
    assert len(channel.asked) == 2
    assert walk(channel, max_messages=0) == []


def test_a_server_that_gives_the_same_batch_again_does_not_hold_it_forever() -> None:
    same = [message(1), message(2)]
    got = iterate_messages(lambda *_: same, start=None, direction="before", max_messages=1000)
    assert [each["id"] for each in got] == ["m2", "m1"]


def test_a_rate_limit_in_the_middle_leaves_what_came_and_can_be_gone_on_from() -> None:
    channel = Channel([message(number) for number in range(1, 6)])

    def limited(msg_id: str | None, flag: ListFlag | None, page_size: int) -> list[Message]:
        if channel.asked:
            raise KookRateLimited("message/list", 3.0)
        return channel(msg_id, flag, page_size)

    read: list[Message] = []
    with pytest.raises(KookRateLimited):
        drain(iterate_messages(limited, start="m1", direction="after", max_messages=9, page_size=2), read)
    assert [each["id"] for each in read] == ["m2", "m3"]
    assert walk(channel, start=read[-1]["id"], direction="after") == ["m4", "m5"]


def test_forwards_needs_a_message_to_start_from() -> None:
    with pytest.raises(InvalidCall):
        walk(Channel([]), direction="after")
