"""Fetching each picture or file from KOOK once, however many destinations want it."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeAlias

from shared.message.model import MediaItem
from shared.platforms.media import FetchedMedia, MediaFetcher, MediaUnavailable

KEPT_SECONDS = 300.0
# Small beside the memory of a function (512 MB); what is larger is fetched for each destination that wants it.
KEPT_BYTES = 64 * 1024 * 1024

_Key: TypeAlias = tuple[str, str, str]


@dataclass(slots=True)
class _Entry:
    media: FetchedMedia | None = None
    expires_at: float = 0.0
    fetching: threading.Lock = field(default_factory=threading.Lock)


class CachingMediaFetcher:
    """Implements MediaFetcher over another one, for one process. Whoever asks for what is being fetched waits for it.
    Failures are not kept: the next one may have more luck. Safe to use from several threads at once."""

    def __init__(
        self,
        fetcher: MediaFetcher,
        clock: Callable[[], float] = time.monotonic,
        kept_seconds: float = KEPT_SECONDS,
        kept_bytes: int = KEPT_BYTES,
    ) -> None:
        self._fetcher = fetcher
        self._clock = clock
        self._kept_seconds = kept_seconds
        self._kept_bytes = kept_bytes
        self._lock = threading.Lock()
        self._entries: OrderedDict[_Key, _Entry] = OrderedDict()

    def fetch(self, item: MediaItem, *, max_bytes: int) -> FetchedMedia:
        """Raises MediaUnavailable."""
        key = (item.url, item.kind, item.name)
        with self._lock:
            entry = self._entries.setdefault(key, _Entry())
        with entry.fetching:
            if entry.media is None or self._clock() >= entry.expires_at:
                entry.media = self._fetcher.fetch(item, max_bytes=max_bytes)
                entry.expires_at = self._clock() + self._kept_seconds
            media = entry.media
        self._make_room(key, entry)
        if len(media.content) > max_bytes:
            raise MediaUnavailable("too_large", f"larger than {max_bytes} bytes")
        return media

    def _make_room(self, key: _Key, entry: _Entry) -> None:
        """Forget what is out of date, and what was used the longest ago beyond the bound."""
        with self._lock:
            if self._entries.get(key) is entry:
                self._entries.move_to_end(key)
            now = self._clock()
            # What has no content is being fetched, or could not be.
            kept = {one: found for one, found in self._entries.items() if found.media is not None}
            for one, found in kept.items():
                if now >= found.expires_at:
                    del self._entries[one]
            total_bytes = sum(len(found.media.content) for found in self._entries.values() if found.media is not None)
            for one, found in kept.items():
                if total_bytes <= self._kept_bytes:
                    break
                if one in self._entries and found.media is not None:
                    total_bytes -= len(found.media.content)
                    del self._entries[one]
            while len(self._entries) > _MAX_ENTRIES:
                self._entries.popitem(last=False)


_MAX_ENTRIES = 1000
