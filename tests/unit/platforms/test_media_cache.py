"""The cache of fetched media: one fetch for all who want it at once, bounded in time and size."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from shared.message.model import MediaItem
from shared.platforms.media import FetchedMedia, MediaUnavailable
from shared.platforms.media_cache import CachingMediaFetcher
from tests.fakes.clock import FakeClock


class CountingFetcher:
    def __init__(self) -> None:
        self.fetched: list[str] = []
        self.fails = False
        self.may_answer = threading.Event()
        self.may_answer.set()

    def fetch(self, item: MediaItem, *, max_bytes: int) -> FetchedMedia:
        self.fetched.append(item.name)
        assert self.may_answer.wait(30)
        if self.fails:
            raise MediaUnavailable("http_404", "gone")
        return FetchedMedia(bytes(100), "image/png", item.name)


def item(name: str) -> MediaItem:
    return MediaItem("image", f"https://img.kookapp.cn/{name}", name)


def test_what_many_want_at_once_is_fetched_once() -> None:
    source = CountingFetcher()
    source.may_answer.clear()
    cache = CachingMediaFetcher(source)
    with ThreadPoolExecutor(8) as threads:
        answers = [threads.submit(cache.fetch, item("a"), max_bytes=1000) for _ in range(8)]
        other = threads.submit(cache.fetch, item("b"), max_bytes=1000)
        source.may_answer.set()
        assert {id(answer.result(30)) for answer in answers} == {id(answers[0].result())}
        other.result(30)
    assert sorted(source.fetched) == ["a", "b"]


def test_it_is_kept_for_a_while_and_no_failure_is() -> None:
    source, clock = CountingFetcher(), FakeClock()
    cache = CachingMediaFetcher(source, clock, kept_seconds=300)
    source.fails = True
    for _ in range(2):
        with pytest.raises(MediaUnavailable):
            cache.fetch(item("a"), max_bytes=1000)
    source.fails = False
    for _ in range(3):
        cache.fetch(item("a"), max_bytes=1000)
    clock.advance(301)
    cache.fetch(item("a"), max_bytes=1000)
    assert source.fetched == ["a"] * 4


def test_the_bound_of_each_caller_holds() -> None:
    cache = CachingMediaFetcher(CountingFetcher())
    cache.fetch(item("a"), max_bytes=100)
    with pytest.raises(MediaUnavailable) as caught:
        cache.fetch(item("a"), max_bytes=99)
    assert caught.value.code == "too_large"


def test_what_was_used_the_longest_ago_gives_way() -> None:
    source = CountingFetcher()
    cache = CachingMediaFetcher(source, kept_bytes=250)
    for name in ("a", "b", "a", "c", "a", "b"):
        cache.fetch(item(name), max_bytes=1000)
    assert source.fetched == ["a", "b", "c", "b"]
