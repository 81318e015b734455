"""What kind of content some bytes are, and a file name for them that is safe in every header and on every disk."""

from __future__ import annotations

import mimetypes
import posixpath
import re
import unicodedata
from urllib.parse import unquote, urlsplit

from shared.message.model import MediaItem

MAX_NAME_CHARACTERS = 100
UNKNOWN_TYPE = "application/octet-stream"

# mimetypes answers from tables of the operating system; these are the same everywhere.
_EXTENSIONS = {
    "image/jpeg": ".jpg",
    "image/png": ".png",
    "image/gif": ".gif",
    "image/webp": ".webp",
    "video/mp4": ".mp4",
    "video/quicktime": ".mov",
    "video/webm": ".webm",
    "audio/mpeg": ".mp3",
    "audio/mp4": ".m4a",
    "audio/aac": ".aac",
    "audio/ogg": ".ogg",
    "audio/wav": ".wav",
    "application/pdf": ".pdf",
    "application/zip": ".zip",
    "text/plain": ".txt",
}
_TYPES_BY_EXTENSION = {extension: mime_type for mime_type, extension in _EXTENSIONS.items()} | {".jpeg": "image/jpeg"}

_SIGNATURES = (
    (re.compile(rb"\x89PNG\r\n\x1a\n"), "image/png"),
    (re.compile(rb"\xff\xd8\xff"), "image/jpeg"),
    (re.compile(rb"GIF8[79]a"), "image/gif"),
    (re.compile(rb"RIFF.{4}WEBP", re.DOTALL), "image/webp"),
    (re.compile(rb".{4}ftypqt", re.DOTALL), "video/quicktime"),
    (re.compile(rb".{4}ftypM4A", re.DOTALL), "audio/mp4"),
    (re.compile(rb".{4}ftyp", re.DOTALL), "video/mp4"),
    (re.compile(rb"\x1aE\xdf\xa3"), "video/webm"),
    (re.compile(rb"ID3|\xff[\xfb\xf3\xf2]"), "audio/mpeg"),
    (re.compile(rb"OggS"), "audio/ogg"),
    (re.compile(rb"%PDF-"), "application/pdf"),
)
# Separators, what Windows forbids, quotes (they end a header parameter).
_FORBIDDEN = re.compile(r'[/\\<>:"|?*]')
_SPACE = re.compile(r"\s+")
_ZERO_WIDTH_JOINER = "\u200d"  # holds emoji together


def media_type(content_type: str, content: bytes, item: MediaItem) -> str:
    """The MIME type without parameters: as the server said, else by signature, by name, or as KOOK said."""
    told = content_type.partition(";")[0].strip().lower()
    if re.fullmatch(r"[a-z0-9!#$&^_.+-]+/[a-z0-9!#$&^_.+-]+", told) and told not in (
        UNKNOWN_TYPE,
        "binary/octet-stream",
    ):
        return told
    for signature, mime_type in _SIGNATURES:
        if signature.match(content):
            return mime_type
    extension = posixpath.splitext(item.name)[1].lower() or posixpath.splitext(urlsplit(item.url).path)[1].lower()
    return _TYPES_BY_EXTENSION.get(extension) or item.mime_type.partition(";")[0].strip().lower() or UNKNOWN_TYPE


def safe_file_name(item: MediaItem, mime_type: str) -> str:
    """``item.name`` without path separators, control or direction characters; at most 100 code points.

    An empty name is taken from the URL, then from the kind; an extension that is missing comes from ``mime_type``.
    """
    name = _clean(item.name) or _clean(unquote(posixpath.basename(urlsplit(item.url).path))) or item.kind
    stem, extension = posixpath.splitext(name)
    if not re.fullmatch(r"\.[A-Za-z0-9]{1,10}", extension):
        stem, extension = name, _EXTENSIONS.get(mime_type) or mimetypes.guess_extension(mime_type) or ""
    return stem[: MAX_NAME_CHARACTERS - len(extension)].rstrip(". ") + extension


def _clean(name: str) -> str:
    visible = "".join(
        " " if character.isspace() else character
        for character in unicodedata.normalize("NFC", name)
        if character.isspace() or character == _ZERO_WIDTH_JOINER or unicodedata.category(character)[0] != "C"
    )
    return _SPACE.sub(" ", _FORBIDDEN.sub("_", visible)).strip(". ")
