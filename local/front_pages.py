"""What the front door serves beside the API: the console, and at ``/`` a monitoring front end or the way there.

A front end of Komari is a single-page application: each path that is no file of it is its index.html, and its own
router shows the rest. Nothing under a path of the relay's own is ever answered with a page of it.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

from aiohttp import web

from local.console_pages import ConsolePages
from local.static_files import StaticFiles

INDEX: Final = "index.html"
# What is unpacked from a theme's archive has its pages in this folder, beside its description and preview.
_PACKED_FOLDER: Final = "dist"
_RELAYS_OWN: Final = ("api", "console", "docs", "health", "test", "webhook", "ws")
_HEADERS: Final = {"Cache-Control": "no-cache", "X-Content-Type-Options": "nosniff"}


class ThemeUnusable(ValueError):
    """The folder holds no front end; the text says what is missing."""


def theme_root(folder: str) -> Path:
    """The folder that holds the front end's index.html: this one, or ``dist`` in it. Raises ThemeUnusable."""
    for root in (Path(folder), Path(folder, _PACKED_FOLDER)):
        if (root / INDEX).is_file():
            return root.resolve()
    raise ThemeUnusable(f"{folder} holds no {INDEX}, and no {_PACKED_FOLDER}/{INDEX} either")


class FrontPages:
    """``theme_folder`` is the operator's MONITOR_THEME_DIR; "" for none. Raises ThemeUnusable."""

    def __init__(self, theme_folder: str = "") -> None:
        self._theme = StaticFiles(theme_root(theme_folder), _HEADERS) if theme_folder else None
        self._console = ConsolePages()

    def answer(self, request: web.Request) -> web.StreamResponse | None:
        """The page or file of a request that no route of the API takes; None where there is none."""
        if request.method not in ("GET", "HEAD"):
            return None
        segments = [segment for segment in request.path.split("/") if segment]
        if segments and segments[0].lower() in _RELAYS_OWN:
            return self._console.answer(request)
        if self._theme is None:
            return None if segments else self._console.lead_here()
        found = self._theme.find(segments)
        if found is None and segments and not _is_navigation(request, segments[-1]):
            return None  # a script or a picture that is not there: a page in its place only hides that
        return self._theme.answer(found or self._theme.root / INDEX)


def _is_navigation(request: web.Request, last_segment: str) -> bool:
    """Whether a browser goes to the path, rather than loading a part of a page from it."""
    return "." not in last_segment or "text/html" in request.headers.get("Accept", "")
