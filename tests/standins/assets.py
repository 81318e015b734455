"""Stand-in for KOOK's media hosts: small real files, and addresses that are slow, too big, empty, gone or endless."""

from __future__ import annotations

import struct
import zlib
from base64 import b64decode
from collections.abc import Callable
from typing import ClassVar

from shared.message.model import MediaItem, MediaKind
from tests.standins.server import Answer, RecordedRequest, StandInServer, run_stand_in

KOOK_MEDIA_HOST = "https://img.kookapp.cn"
SLOW_SECONDS = 30.0


def png_picture(width: int = 64, height: int = 48) -> bytes:
    """A PNG of one colour per row."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    rows = b"".join(b"\x00" + bytes((row % 256, 96, 160)) * width for row in range(height))
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


def _mp4_video() -> bytes:
    def box(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", 8 + len(data)) + kind + data

    movie_header = box(b"mvhd", struct.pack(">IIIII", 0, 0, 0, 1000, 1000) + bytes(80))
    return box(b"ftyp", b"isom\x00\x00\x02\x00isommp42") + box(b"moov", movie_header) + box(b"mdat", bytes(256))


PNG = png_picture()
JPEG = b64decode(
    "/9j/4AAQSkZJRgABAQEASABIAAD/2wBDAAMCAgICAgMCAgIDAwMDBAYEBAQEBAgGBgUGCQgKCgkICQkKDA8MCgsOCwkJDRENDg8QEBEQ"
    "CgwSExIQEw8QEBD/yQALCAABAAEBAREA/8wABgAQEAX/2gAIAQEAAD8A0s8g/9k="
)
GIF = b64decode("R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7")
PDF = (
    b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n"
    b"3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 72 72]>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"
)
MP3 = (b"\xff\xfb\x90\x00" + bytes(413)) * 8  # silent frames of 417 bytes, 128 kbit/s at 44.1 kHz
MP4 = _mp4_video()

_FILES: dict[str, tuple[str, bytes]] = {
    "picture.png": ("image/png", PNG),
    "photo.jpg": ("image/jpeg", JPEG),
    "wave.gif": ("image/gif", GIF),
    "report.pdf": ("application/pdf", PDF),
    "sound.mp3": ("audio/mpeg", MP3),
    "clip.mp4": ("video/mp4", MP4),
}
_KINDS: dict[str, MediaKind] = {".png": "image", ".jpg": "image", ".gif": "image", ".mp3": "audio", ".mp4": "video"}


def asset_url(name: str) -> str:
    """The address of a file as KOOK writes it into messages; KOOK_ASSET_BASE leads it to the stand-in."""
    return f"{KOOK_MEDIA_HOST}/assets/2026-11/{name}"


def asset_item(name: str, kind: MediaKind | None = None) -> MediaItem:
    """A message's item for one of the files here (any other name is answered with 404)."""
    return MediaItem(kind or _KINDS.get(name[-4:], "file"), asset_url(name), name)


class AssetStandIn(StandInServer):
    """Any folder, by file name: the files above, and

    ``slow.png`` (answers after 30 s), ``trickle.png`` (a byte every tenth of a second), ``huge.png`` (announces and
    sends 64 MB), ``endless.png`` (the same without announcing it), ``empty.png``, ``page.png`` (an HTML page with
    status 200), ``untyped.png`` (no content type), ``moved.png`` (a redirect), ``broken.png`` (500). Others are 404.
    """

    name: ClassVar[str] = "assets"

    def respond(self, request: RecordedRequest) -> Answer:
        name = request.path.rpartition("/")[2]
        if name in _FILES:
            mime_type, content = _FILES[name]
            return Answer(200, content, {"Content-Type": mime_type})
        special = _SPECIAL.get(name)
        return special(self) if special else Answer(404, b"NoSuchKey", {"Content-Type": "application/xml"})

    def _slowly(self) -> Answer:
        self.stopping.wait(SLOW_SECONDS)
        return Answer(200, PNG, {"Content-Type": "image/png"})

    def _trickling(self) -> Answer:
        return Answer(200, PNG, {"Content-Type": "image/png"}, trickle_seconds=0.1)


_HUGE = bytes(64 * 1024 * 1024)
_SPECIAL: dict[str, Callable[[AssetStandIn], Answer]] = {
    "slow.png": AssetStandIn._slowly,
    "trickle.png": AssetStandIn._trickling,
    "huge.png": lambda _: Answer(200, _HUGE, {"Content-Type": "image/png"}),
    "endless.png": lambda _: Answer(200, _HUGE, {"Content-Type": "image/png", "Connection": "close"}, announced=False),
    "empty.png": lambda _: Answer(200, b"", {"Content-Type": "image/png"}),
    "page.png": lambda _: Answer(200, b"<html>sign in</html>", {"Content-Type": "text/html; charset=utf-8"}),
    "untyped.png": lambda _: Answer(200, PNG),
    "moved.png": lambda _: Answer(302, b"", {"Location": "http://169.254.169.254/latest/meta-data/"}),
    "broken.png": lambda _: Answer(500, b"oops"),
}


if __name__ == "__main__":
    run_stand_in(AssetStandIn)
