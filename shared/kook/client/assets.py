"""asset/create: putting files on KOOK's media hosts (asset.md)."""

from __future__ import annotations

from shared.kook.client.errors import InvalidCall
from shared.kook.client.results import read_url
from shared.kook.client.transport import KookTransport

# KOOK publishes no limit; this one keeps a file within what a function's memory holds twice.
MAX_ASSET_BYTES = 30 * 1024 * 1024
UPLOAD_TIMEOUT_SECONDS = 60.0


class AssetCalls:
    _transport: KookTransport

    def asset_create(self, file_name: str, content: bytes, mime_type: str = "application/octet-stream") -> str:
        """Upload a picture, a video (.mp4, .mov) or any file; gives its address, which this bot may then send."""
        if not content:
            raise InvalidCall("file", "is empty")
        if len(content) > MAX_ASSET_BYTES:
            raise InvalidCall("file", f"is larger than {MAX_ASSET_BYTES} bytes")
        if not mime_type.isascii() or not mime_type.isprintable():
            raise InvalidCall("mime_type", "is not a media type")
        files = {"file": (_file_name(file_name), content, mime_type)}
        return self._transport.upload("asset/create", read_url, files, timeout_seconds=UPLOAD_TIMEOUT_SECONDS)


def _file_name(name: str) -> str:
    """The last part of a path, without control characters and quotes, which multipart headers cannot carry."""
    last = name.replace("\\", "/").rsplit("/", 1)[-1]
    clean = "".join(character for character in last if character.isprintable() and character != '"').strip()
    return clean[-150:] or "file"
