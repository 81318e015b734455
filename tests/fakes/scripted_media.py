"""A MediaFetcher with prepared contents."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from shared.message.model import MediaItem
from shared.platforms.media import FetchedMedia, MediaUnavailable

_TYPES = {
    "image": "image/png",
    "video": "video/mp4",
    "audio": "audio/mpeg",
    "file": "application/pdf",
}


@dataclass
class ScriptedMedia:
    """Each item is ``contents[item.name]``: bytes, a FetchedMedia, or the failure to raise. Others are 4 bytes."""

    contents: Mapping[str, bytes | FetchedMedia | MediaUnavailable] = field(default_factory=dict)
    asked: dict[str, int] = field(default_factory=dict)

    def fetch(self, item: MediaItem, *, max_bytes: int) -> FetchedMedia:
        self.asked[item.name] = max_bytes
        prepared = self.contents.get(item.name, b"\x89PNG")
        if isinstance(prepared, MediaUnavailable):
            raise prepared
        fetched = (
            prepared if isinstance(prepared, FetchedMedia) else FetchedMedia(prepared, _TYPES[item.kind], item.name)
        )
        if len(fetched.content) > max_bytes:
            raise MediaUnavailable("too_large", f"larger than {max_bytes} bytes")
        return fetched
