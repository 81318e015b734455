"""What the front door serves beside the API: a monitoring front end at ``/``, or one page that says what runs here.

A front end of Komari is a single-page application: each path that is no file of it is its index.html, and its own
router shows the rest. Nothing under a path of the relay's own is ever answered with a page.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

from aiohttp import web

INDEX: Final = "index.html"
# What is unpacked from a theme's archive has its pages in this folder, beside its description and preview.
_PACKED_FOLDER: Final = "dist"
_RELAYS_OWN: Final = ("api", "console", "docs", "health", "test", "webhook", "ws")
_HEADERS: Final = {"Cache-Control": "no-cache", "X-Content-Type-Options": "nosniff"}
_WELCOME: Final = """<!doctype html>
<html lang="zh-CN">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>KOOK Relay</title></head>
<body>
<h1>KOOK Relay</h1>
<p>服务正在运行。接口在 <code>/api</code>，状态见 <a href="/health">/health</a>。
要在此处显示监控页面，请把设置 <code>MONITOR_THEME_DIR</code> 指向一个 Komari 前端。</p>
<p lang="en">The relay is running. Its API is under <code>/api</code>, its state at <a href="/health">/health</a>.
To see monitored machines here, point the setting <code>MONITOR_THEME_DIR</code> at a Komari front end.</p>
</body>
</html>
"""


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
        self._root = theme_root(theme_folder) if theme_folder else None

    def answer(self, request: web.Request) -> web.StreamResponse | None:
        """The page or file of a request that no route of the API takes; None where there is none."""
        if request.method not in ("GET", "HEAD"):
            return None
        segments = [segment for segment in request.path.split("/") if segment]
        if segments and segments[0].lower() in _RELAYS_OWN:
            return None
        if self._root is None:
            return None if segments else _page(_WELCOME)
        found = _file_in(self._root, segments)
        if found is None and segments and not _is_navigation(request, segments[-1]):
            return None  # a script or a picture that is not there: a page in its place only hides that
        return web.FileResponse(found or self._root / INDEX, headers=_HEADERS)


def _file_in(root: Path, segments: list[str]) -> Path | None:
    """A file of the front end. Hidden files and whatever a link leads to outside of it are none."""
    if any(segment.startswith(".") or "\\" in segment for segment in segments):
        return None
    try:
        path = root.joinpath(*segments).resolve()
        return path if path.is_relative_to(root) and path.is_file() else None
    except (OSError, ValueError):  # too long for a file name, or with a zero byte in it
        return None


def _is_navigation(request: web.Request, last_segment: str) -> bool:
    """Whether a browser goes to the path, rather than loading a part of a page from it."""
    return "." not in last_segment or "text/html" in request.headers.get("Accept", "")


def _page(text: str) -> web.Response:
    return web.Response(text=text, content_type="text/html", charset="utf-8", headers=_HEADERS)
