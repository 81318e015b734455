"""The picture of a QR code, made here: what a login's code says is nobody else's business."""

from __future__ import annotations

import io

import segno

_MODULE_PIXELS = 6
_QUIET_ZONE_MODULES = 4  # ISO/IEC 18004


def qr_png(content: str) -> bytes:
    """A PNG. Raises ValueError for text that fits into no QR code (about 2,300 bytes at this error correction)."""
    out = io.BytesIO()
    segno.make_qr(content, error="m").save(out, kind="png", scale=_MODULE_PIXELS, border=_QUIET_ZONE_MODULES)
    return out.getvalue()
