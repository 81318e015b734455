"""Fetching media: from where, how much, for how long, and under which name."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from shared.message.model import MediaItem, MediaKind
from shared.platforms.http import HttpResponse, NoAnswer, NotSent, RequestsHttpClient
from shared.platforms.media import KookMediaFetcher, MediaUnavailable
from shared.platforms.media_names import media_type, safe_file_name
from shared.security.outbound import OutboundGuard, guarded_session
from tests.standins.assets import GIF, JPEG, MP3, MP4, PDF, PNG, AssetStandIn, asset_item

MAX_BYTES = 1_000_000


class FakeHttp:
    """Answers every request the same, or raises, and remembers what was asked."""

    def __init__(self, answer: HttpResponse | Exception) -> None:
        self._answer = answer
        self.asked: list[tuple[str, str, dict[str, Any]]] = []

    def request(self, method: str, url: str, **options: Any) -> HttpResponse:
        self.asked.append((method, url, options))
        if isinstance(self._answer, Exception):
            raise self._answer
        return self._answer


@pytest.fixture(scope="module")
def assets() -> Iterator[AssetStandIn]:
    with AssetStandIn() as running:
        yield running


@pytest.fixture
def fetcher(assets: AssetStandIn) -> KookMediaFetcher:
    http = RequestsHttpClient(guarded_session(OutboundGuard(allow=["127.0.0.0/8"])))
    return KookMediaFetcher(http, assets.base_url, deadline_seconds=0.5)


def item(name: str = "picture.png", url: str = "", kind: MediaKind = "image", **known: Any) -> MediaItem:
    return MediaItem(kind, url or f"https://img.kookapp.cn/assets/{name}", name, **known)


@pytest.mark.parametrize(
    ("name", "mime_type", "content"),
    [
        ("picture.png", "image/png", PNG),
        ("photo.jpg", "image/jpeg", JPEG),
        ("wave.gif", "image/gif", GIF),
        ("report.pdf", "application/pdf", PDF),
        ("sound.mp3", "audio/mpeg", MP3),
        ("clip.mp4", "video/mp4", MP4),
        ("untyped.png", "image/png", PNG),
    ],
)
def test_media_are_fetched_whole(fetcher: KookMediaFetcher, name: str, mime_type: str, content: bytes) -> None:
    fetched = fetcher.fetch(asset_item(name), max_bytes=MAX_BYTES)
    assert (fetched.content, fetched.mime_type, fetched.file_name) == (content, mime_type, name)


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("gone.png", "http_404"),
        ("broken.png", "http_500"),
        ("moved.png", "http_302"),
        ("huge.png", "too_large"),
        ("endless.png", "too_large"),
        ("empty.png", "empty"),
        ("page.png", "wrong_type"),
        ("slow.png", "too_slow"),
        ("trickle.png", "too_slow"),
    ],
)
def test_media_that_cannot_be_had_say_why(fetcher: KookMediaFetcher, name: str, code: str) -> None:
    with pytest.raises(MediaUnavailable) as caught:
        fetcher.fetch(asset_item(name), max_bytes=MAX_BYTES)
    assert caught.value.code == code
    assert "http" not in caught.value.detail


def test_a_file_of_exactly_the_limit_is_fetched(fetcher: KookMediaFetcher) -> None:
    assert fetcher.fetch(asset_item("report.pdf"), max_bytes=len(PDF)).content == PDF
    with pytest.raises(MediaUnavailable):
        fetcher.fetch(asset_item("report.pdf"), max_bytes=len(PDF) - 1)


def test_a_file_known_to_be_too_large_is_not_asked_for() -> None:
    http = FakeHttp(HttpResponse(200, {}, PNG))
    with pytest.raises(MediaUnavailable) as caught:
        KookMediaFetcher(http).fetch(item(size_bytes=11), max_bytes=10)
    assert caught.value.code == "too_large"
    assert http.asked == []


@pytest.mark.parametrize(
    "url",
    [
        "https://img.kookapp.cn/assets/2026-11/a.png",
        "https://img.kaiheila.cn/attachments/a.png?x-oss-process=style/icon",
        "http://kaiheila.oss-cn-beijing.aliyuncs.com/assets/a.png",
        "https://IMG.KookApp.cn/a.png",
        "https://xxvodpush.kookapp.cn/a.png",
    ],
)
def test_kooks_media_hosts_are_asked_as_they_are(url: str) -> None:
    http = FakeHttp(HttpResponse(200, {"Content-Type": "image/png"}, PNG))
    KookMediaFetcher(http).fetch(item(url=url), max_bytes=MAX_BYTES)
    ((method, asked, options),) = http.asked
    assert (method, asked) == ("GET", url)
    assert options["timeout_seconds"] == 5.0
    assert options["max_response_bytes"] == MAX_BYTES


@pytest.mark.parametrize("asset_base", ["", "http://127.0.0.1:8099"])
@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("https://example.com/a.png", "host_not_allowed"),
        ("https://kookapp.cn.example.com/a.png", "host_not_allowed"),
        ("https://evilkookapp.cn/a.png", "host_not_allowed"),
        ("https://img.kookapp.cn@example.com/a.png", "host_not_allowed"),
        ("https://other.oss-cn-beijing.aliyuncs.com/a.png", "host_not_allowed"),
        ("http://169.254.169.254/latest", "host_not_allowed"),
        ("http://user@img.kookapp.cn/a.png", "host_not_allowed"),
        ("ftp://img.kookapp.cn/a.png", "malformed_url"),
        ("//img.kookapp.cn/a.png", "malformed_url"),
        ("http://[::1/a.png", "malformed_url"),
        ("", "malformed_url"),
    ],
)
def test_no_other_host_is_asked_whatever_takes_its_place(url: str, code: str, asset_base: str) -> None:
    http = FakeHttp(HttpResponse(200, {"Content-Type": "image/png"}, PNG))
    with pytest.raises(MediaUnavailable) as caught:
        KookMediaFetcher(http, asset_base).fetch(MediaItem("image", url, "a.png"), max_bytes=MAX_BYTES)
    assert caught.value.code == code
    assert http.asked == []


@pytest.mark.parametrize(
    ("asset_base", "asked"),
    [
        ("http://127.0.0.1:8099", "http://127.0.0.1:8099/assets/a%20b.png?style=1"),
        ("https://mirror.example/kook/", "https://mirror.example/kook/assets/a%20b.png?style=1"),
    ],
)
def test_the_asset_base_takes_the_place_of_the_host(asset_base: str, asked: str) -> None:
    http = FakeHttp(HttpResponse(200, {"Content-Type": "image/png"}, PNG))
    url = "https://img.kookapp.cn/assets/a%20b.png?style=1#part"
    KookMediaFetcher(http, asset_base).fetch(item(url=url), max_bytes=MAX_BYTES)
    assert http.asked[0][1] == asked


@pytest.mark.parametrize(
    ("failure", "code"),
    [
        (NotSent("dns_failed", "no address"), "dns_failed"),
        (NotSent("connect_timeout", "too late"), "too_slow"),
        (NotSent("destination_refused", "no", permanent=True), "destination_refused"),
        (NoAnswer("timeout", "too late"), "too_slow"),
        (NoAnswer("connection_lost", "reset"), "connection_lost"),
        (NoAnswer("answer_too_large", "too much"), "too_large"),
    ],
)
def test_failures_of_the_connection_keep_their_reason(failure: Exception, code: str) -> None:
    with pytest.raises(MediaUnavailable) as caught:
        KookMediaFetcher(FakeHttp(failure)).fetch(item(), max_bytes=MAX_BYTES)
    assert caught.value.code == code


@pytest.mark.parametrize(
    ("kind", "told", "accepted"),
    [
        ("image", "image/webp", True),
        ("image", "IMAGE/PNG; charset=binary", True),
        ("image", "text/html", False),
        ("image", "video/mp4", False),
        ("video", "video/quicktime", True),
        ("video", "image/png", False),
        ("audio", "audio/aac", True),
        ("audio", "application/json", False),
        ("file", "text/html", True),
        ("file", "application/x-anything", True),
    ],
)
def test_the_type_has_to_fit_the_kind(kind: MediaKind, told: str, accepted: bool) -> None:
    fetcher = KookMediaFetcher(FakeHttp(HttpResponse(200, {"Content-Type": told}, b"content")))
    if accepted:
        assert fetcher.fetch(item(kind=kind), max_bytes=MAX_BYTES).mime_type == told.partition(";")[0].lower()
    else:
        with pytest.raises(MediaUnavailable) as caught:
            fetcher.fetch(item(kind=kind), max_bytes=MAX_BYTES)
        assert caught.value.code == "wrong_type"


@pytest.mark.parametrize(
    ("told", "content", "known", "mime_type"),
    [
        ("", PNG, item("a"), "image/png"),
        ("application/octet-stream", JPEG, item("a"), "image/jpeg"),
        ("binary/octet-stream", GIF, item("a"), "image/gif"),
        ("nonsense", MP4, item("a"), "video/mp4"),
        ("", MP3, item("a"), "audio/mpeg"),
        ("", b"RIFF\x00\x00\x00\x00WEBPVP8 ", item("a"), "image/webp"),
        ("", b"plain", item("notes.txt"), "text/plain"),
        ("", b"bytes", item("a", url="https://img.kookapp.cn/x/b.zip"), "application/zip"),
        ("", b"bytes", item("a", mime_type="Audio/AAC; x=1"), "audio/aac"),
        ("", b"bytes", item("a"), "application/octet-stream"),
    ],
)
def test_a_missing_type_is_found_out(told: str, content: bytes, known: MediaItem, mime_type: str) -> None:
    assert media_type(told, content, known) == mime_type


@pytest.mark.parametrize(
    ("name", "mime_type", "safe"),
    [
        ("photo.png", "image/png", "photo.png"),
        ("图片 1.PNG", "image/png", "图片 1.PNG"),
        ("../../etc/passwd", "text/plain", "_.._etc_passwd.txt"),
        ("C:\\Users\\me\\a.png", "image/png", "C__Users_me_a.png"),
        ("a\r\nSet-Cookie: x.png", "image/png", "a Set-Cookie_ x.png"),
        ('quote".png', "image/png", "quote_.png"),
        ("null\x00byte.png", "image/png", "nullbyte.png"),
        ("gnp.\u202eexe.png", "image/png", "gnp.exe.png"),
        ("half\ud83d.png", "image/png", "half.png"),
        (".hidden.png", "image/png", "hidden.png"),
        ("no extension", "image/jpeg", "no extension.jpg"),
        ("version 1.2 of it", "application/pdf", "version 1.2 of it.pdf"),
        ("unknown", "application/x-nothing-known", "unknown"),
        ("", "image/png", "from url.png"),
        (" . . ", "image/png", "from url.png"),
        ("e\u0301.png", "image/png", "é.png"),
        ("长" * 300 + ".png", "image/png", "长" * 96 + ".png"),
        ("x" * 300, "image/png", "x" * 96 + ".png"),
    ],
)
def test_file_names_are_made_safe(name: str, mime_type: str, safe: str) -> None:
    known = MediaItem("image", "https://img.kookapp.cn/assets/from%20url.png", name)
    assert safe_file_name(known, mime_type) == safe


def test_a_name_is_found_when_there_is_none_anywhere() -> None:
    assert safe_file_name(MediaItem("video", "https://img.kookapp.cn/", ""), "video/mp4") == "video.mp4"
