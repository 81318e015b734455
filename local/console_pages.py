"""The operator's page at ``/console/``: the files of the folder ``console``, under a strict content security policy."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from aiohttp import web

from local.static_files import StaticFiles

PREFIX: Final = "/console"
# Where the API's documents are shown; the page is among the console's files.
DOCUMENTS: Final = "/docs"
CONSOLE_FOLDER: Final = Path(__file__).resolve().parents[1] / "console"
# Own files only, no inline script or style, in no frame. template.yaml sends the same; a test compares them.
CONTENT_SECURITY_POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
)
HEADERS: Final = {
    "Cache-Control": "no-cache",
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
_INDEX: Final = "index.html"


class ConsolePages:
    def __init__(self, folder: Path = CONSOLE_FOLDER) -> None:
        self._files = StaticFiles(folder.resolve(), HEADERS)

    def answer(self, request: web.Request) -> web.StreamResponse | None:
        """The file of a GET or HEAD request below ``/console``, and the way there from ``/docs``; None for other paths
        and for files that are not there.

        The page finds its way by the fragment of the address, so no path but ``/console/`` is the index.
        """
        if request.path == PREFIX:
            return _redirect(f"{PREFIX}/")
        if request.path.rstrip("/") == DOCUMENTS:
            return _redirect(f"{PREFIX}/docs/index.html")
        if not request.path.startswith(f"{PREFIX}/"):
            return None
        segments = [segment for segment in request.path.removeprefix(PREFIX).split("/") if segment]
        found = self._files.find(segments or [_INDEX])
        return None if found is None else self._files.answer(found)

    def lead_here(self) -> web.Response:
        """What ``/`` answers where nothing else is shown there."""
        return _redirect(f"{PREFIX}/")


def _redirect(location: str) -> web.Response:
    # Not permanent: a monitoring front end may take the place of "/" tomorrow, and browsers remember 301 and 308.
    return web.Response(status=302, headers={"Location": location, "Cache-Control": "no-store"})
