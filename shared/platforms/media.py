"""Fetching a message's pictures, videos, sounds and files from KOOK's media hosts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol
from urllib.parse import urlsplit, urlunsplit

from shared.message.model import MediaItem
from shared.platforms.http import HttpClient, HttpResponse, NoAnswer, NotSent
from shared.platforms.media_names import UNKNOWN_TYPE, media_type, safe_file_name

# A picture that takes longer goes out as a link, so that it never holds back the messages after it.
FETCH_DEADLINE_SECONDS = 5.0

# Where KOOK keeps what its users upload; the older hosts still serve older messages.
_MEDIA_HOSTS = frozenset({"kaiheila.oss-cn-beijing.aliyuncs.com"})
_MEDIA_DOMAINS = (".kookapp.cn", ".kaiheila.cn")

_MAIN_TYPES = {"image": "image/", "video": "video/", "audio": "audio/"}


class MediaUnavailable(Exception):
    """The item cannot be had, or not in time. ``code`` is stable: ``host_not_allowed``, ``malformed_url``,
    ``too_large``, ``too_slow``, ``http_<status>``, ``empty``, ``wrong_type``, or a code of NotSent or NoAnswer.
    """

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(f"{code}: {detail}")
        self.code = code
        self.detail = detail


@dataclass(frozen=True)
class FetchedMedia:
    """``file_name`` is safe in headers and on disks, and has an extension wherever one is known."""

    content: bytes
    mime_type: str
    file_name: str


class MediaFetcher(Protocol):
    def fetch(self, item: MediaItem, *, max_bytes: int) -> FetchedMedia:
        """Download ``item`` within 5 seconds of wall clock in all. Raises MediaUnavailable."""


class KookMediaFetcher:
    """Downloads from KOOK's media hosts, and from no other.

    ``http`` sends through the outbound guard. ``asset_base``, when set, takes the place of scheme, host and port of
    every download (a mirror, or a stand-in); a path in it goes before the item's.
    """

    def __init__(self, http: HttpClient, asset_base: str = "", deadline_seconds: float = FETCH_DEADLINE_SECONDS):
        self._http = http
        self._asset_base = asset_base
        self._deadline_seconds = deadline_seconds

    def fetch(self, item: MediaItem, *, max_bytes: int) -> FetchedMedia:
        """Download ``item``, at most ``max_bytes`` of it. Raises MediaUnavailable."""
        url = self._download_url(item.url)
        if item.size_bytes is not None and item.size_bytes > max_bytes:
            raise MediaUnavailable("too_large", f"larger than {max_bytes} bytes")
        response = self._download(url, max_bytes)
        if not 200 <= response.status < 300:
            raise MediaUnavailable(f"http_{response.status}", f"the media host answered {response.status}")
        if not response.body:
            raise MediaUnavailable("empty", "the media host answered with nothing")
        mime_type = media_type(response.headers.get("Content-Type", ""), response.body, item)
        main_type = _MAIN_TYPES.get(item.kind, "")
        if not mime_type.startswith(main_type) and mime_type != UNKNOWN_TYPE:
            raise MediaUnavailable("wrong_type", f"the media host answered with {mime_type} for the kind {item.kind}")
        return FetchedMedia(response.body, mime_type, safe_file_name(item, mime_type))

    def _download(self, url: str, max_bytes: int) -> HttpResponse:
        try:
            return self._http.request(
                "GET",
                url,
                headers={"Accept-Encoding": "identity"},
                timeout_seconds=self._deadline_seconds,
                max_response_bytes=max_bytes,
            )
        except NotSent as failure:
            code = "too_slow" if failure.code in ("dns_timeout", "connect_timeout") else failure.code
            raise MediaUnavailable(code, failure.detail) from None
        except NoAnswer as failure:
            code = {"timeout": "too_slow", "answer_too_large": "too_large"}.get(failure.code, failure.code)
            raise MediaUnavailable(code, failure.detail) from None

    def _download_url(self, url: str) -> str:
        try:
            parts = urlsplit(url)
            host = (parts.hostname or "").rstrip(".")
        except ValueError:
            raise MediaUnavailable("malformed_url", "the address of the item cannot be read") from None
        if parts.scheme not in ("http", "https"):
            raise MediaUnavailable("malformed_url", "the address of the item is not http or https")
        if "@" in parts.netloc or not (host in _MEDIA_HOSTS or host.endswith(_MEDIA_DOMAINS)):
            raise MediaUnavailable("host_not_allowed", "the item is not on one of KOOK's media hosts")
        if not self._asset_base:
            return url
        base = urlsplit(self._asset_base)
        return urlunsplit((base.scheme, base.netloc, base.path.rstrip("/") + parts.path, parts.query, ""))
