"""The console's files, served by the front door over HTTP."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import NamedTuple

import aiohttp
import pytest
from aiohttp import web
from multidict import CIMultiDictProxy
from yarl import URL

from local.console_pages import CONSOLE_FOLDER, CONTENT_SECURITY_POLICY, ConsolePages
from local.front_pages import FrontPages
from local.gateway import FrontDoor
from local.http_routes import RouteTable


class Got(NamedTuple):
    status: int
    headers: CIMultiDictProxy[str]
    body: bytes


def ask(path: str, method: str = "GET", theme: str = "", **headers: str) -> Got:
    """The path is sent as it is written."""

    async def main() -> Got:
        front_door = FrontDoor(RouteTable([]), {}, pages=FrontPages(theme))
        runner = web.AppRunner(front_door.application(), access_log=None)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        url = URL(f"http://127.0.0.1:{runner.addresses[0][1]}{path}", encoded=True)
        try:
            async with (
                aiohttp.ClientSession() as session,
                session.request(method, url, headers=headers, allow_redirects=False) as answer,
            ):
                return Got(answer.status, answer.headers, await answer.read())
        finally:
            await runner.cleanup()

    return asyncio.run(main())


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/console/", "text/html"),
        ("/console/index.html", "text/html"),
        ("/console/app.js", "text/javascript"),
        ("/console/vendor/preact.js", "text/javascript"),
        ("/console/styles/base.css", "text/css"),
        ("/console/texts/zh.json", "application/json"),
        ("/console/icon.svg", "image/svg+xml"),
    ],
)
def test_files_have_their_type_and_the_policy(path: str, kind: str) -> None:
    got = ask(path)
    assert (got.status, got.headers["Content-Type"].partition(";")[0]) == (200, kind)
    assert got.headers["Content-Security-Policy"] == CONTENT_SECURITY_POLICY
    assert got.headers["X-Content-Type-Options"] == "nosniff"
    file = CONSOLE_FOLDER / (path.removeprefix("/console/") or "index.html")
    assert got.body == file.read_bytes()


def test_a_browser_asks_again_and_is_told_that_nothing_changed() -> None:
    first = ask("/console/app.js")
    assert first.headers["Cache-Control"] == "no-cache"
    again = ask("/console/app.js", **{"If-None-Match": first.headers["ETag"]})
    assert (again.status, again.body) == (304, b"")


def test_without_its_slash_the_address_leads_to_the_one_with_it() -> None:
    got = ask("/console")
    assert (got.status, got.headers["Location"]) == (302, "/console/")


def test_a_monitoring_front_end_takes_the_root_and_leaves_the_console(tmp_path: Path) -> None:
    (tmp_path / "index.html").write_text("a theme", "utf-8")
    assert ask("/", theme=str(tmp_path)).body == b"a theme"
    assert b"app.js" in ask("/console/", theme=str(tmp_path)).body


@pytest.mark.parametrize(
    "path",
    [
        "/console/gone.js",
        "/console/log",
        "/console/../template.yaml",
        "/console/%2e%2e/template.yaml",
        "/console/vendor/..%2f..%2f..%2ftemplate.yaml",
        "/console/..%5ctemplate.yaml",
        "/console/a%00b",
        "/console/" + "x" * 300,
        "/consoles/",
        "/CONSOLE/app.js",
    ],
)
def test_what_is_no_file_of_the_console_is_not_found(path: str) -> None:
    got = ask(path)
    assert got.status == 404
    assert b"Transform" not in got.body


def test_hidden_files_and_links_that_lead_outside_are_not_served(tmp_path: Path) -> None:
    folder = tmp_path / "console"
    folder.mkdir()
    (tmp_path / "secret.txt").write_text("secret", "utf-8")
    (folder / "link.txt").symlink_to(tmp_path / "secret.txt")
    (folder / ".env").write_text("secret", "utf-8")
    (folder / "shown.txt").write_text("shown", "utf-8")

    def found(path: str) -> web.StreamResponse | None:
        from aiohttp.test_utils import make_mocked_request

        return ConsolePages(folder).answer(make_mocked_request("GET", path))

    assert found("/console/shown.txt") is not None
    assert found("/console/link.txt") is None
    assert found("/console/.env") is None


def test_only_reading_is_answered() -> None:
    assert ask("/console/", "HEAD").status == 200
    assert ask("/console/", "POST").status == 404
