"""What the Bot API's server looks at in an uploaded file."""

from __future__ import annotations

import struct

MAX_PHOTO_BYTES = 10 * 1024 * 1024
MAX_FILE_BYTES = 50 * 1024 * 1024
MAX_SIDES_SUM = 10_000
MAX_RATIO = 20


def media_refusal(kind: str, content: bytes) -> tuple[int, str] | None:
    """(error code, description), or None when the file is taken."""
    if not content:
        return 400, "Bad Request: file must be non-empty"
    if len(content) > MAX_FILE_BYTES:
        return 413, "Request Entity Too Large"
    if kind != "photo":
        return None
    if len(content) > MAX_PHOTO_BYTES:
        return (
            400,
            f"Bad Request: file of size {len(content)} bytes is too big for a photo; "
            f"the maximum size is {MAX_PHOTO_BYTES} bytes",
        )
    return _picture_refusal(content)


def _picture_refusal(content: bytes) -> tuple[int, str] | None:
    if content.startswith(b"\x89PNG\r\n\x1a\n") and len(content) >= 24:
        width, height = struct.unpack(">II", content[16:24])
        if not width or not height or width + height > MAX_SIDES_SUM:
            return 400, "Bad Request: PHOTO_INVALID_DIMENSIONS"
        if max(width, height) > MAX_RATIO * min(width, height):
            return 400, "Bad Request: PHOTO_INVALID_DIMENSIONS"
        return None
    is_picture = content.startswith((b"\xff\xd8\xff", b"GIF8", b"BM")) or content[8:12] == b"WEBP"
    return None if is_picture else (400, "Bad Request: IMAGE_PROCESS_FAILED")
