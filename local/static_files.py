"""A folder of files served over HTTP: nothing outside it, nothing hidden in it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from aiohttp import web

# Named here, for what the system thinks of an ending differs from machine to machine; a module that is not called
# JavaScript is not run.
CONTENT_TYPES: Final = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".md": "text/markdown; charset=utf-8",
    ".svg": "image/svg+xml",
    ".txt": "text/plain; charset=utf-8",
}


class StaticFiles:
    """``root`` is an absolute folder without links in its path; ``headers`` go with every file."""

    def __init__(self, root: Path, headers: Mapping[str, str]) -> None:
        self.root = root
        self._headers = dict(headers)

    def find(self, segments: Sequence[str]) -> Path | None:
        """The file at those decoded path segments. Hidden files and whatever a link leads to outside are none."""
        if any(segment.startswith(".") or "\\" in segment for segment in segments):
            return None
        try:
            path = self.root.joinpath(*segments).resolve()
            return path if path.is_relative_to(self.root) and path.is_file() else None
        except (OSError, ValueError):  # too long for a file name, or with a zero byte in it
            return None

    def answer(self, path: Path) -> web.FileResponse:
        """The file with its type and an ETag; aiohttp answers a conditional request with 304."""
        kind = CONTENT_TYPES.get(path.suffix.lower())
        return web.FileResponse(path, headers={**self._headers, **({"Content-Type": kind} if kind else {})})
