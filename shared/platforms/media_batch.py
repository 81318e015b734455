"""Fetching several media side by side, so that a message with ten pictures waits as long as one with a single one."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from shared.message.model import MediaItem
from shared.platforms.media import FetchedMedia, MediaFetcher, MediaUnavailable

MAX_PARALLEL_FETCHES = 10


def fetch_together(
    fetcher: MediaFetcher, wanted: Sequence[tuple[MediaItem, int]]
) -> list[FetchedMedia | MediaUnavailable]:
    """Fetch each item up to its number of bytes; the answers are in the order asked for."""

    def fetch(entry: tuple[MediaItem, int]) -> FetchedMedia | MediaUnavailable:
        item, max_bytes = entry
        try:
            return fetcher.fetch(item, max_bytes=max_bytes)
        except MediaUnavailable as unavailable:
            return unavailable

    if len(wanted) <= 1:
        return [fetch(entry) for entry in wanted]
    with ThreadPoolExecutor(max_workers=min(len(wanted), MAX_PARALLEL_FETCHES)) as pool:
        return list(pool.map(fetch, wanted))
