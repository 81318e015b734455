"""The pages beside the API, served by the front door over HTTP from a folder on disk."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web
from yarl import URL

from local.front_pages import FrontPages, ThemeUnusable
from local.gateway import FrontDoor
from local.http_routes import RouteTable

INDEX = "<!doctype html><title>a front end</title>"
BROWSER = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}


@pytest.fixture
def theme(tmp_path: Path) -> Path:
    folder = tmp_path / "theme"
    (folder / "assets").mkdir(parents=True)
    (folder / "index.html").write_text(INDEX, "utf-8")
    (folder / "assets" / "app.js").write_text("console.log(1)", "utf-8")
    (folder / ".env").write_text("API_TOKEN=secret", "utf-8")
    (tmp_path / "secret.txt").write_text("secret", "utf-8")
    (folder / "link.txt").symlink_to(tmp_path / "secret.txt")
    return folder


@asynccontextmanager
async def serving(folder: str) -> AsyncIterator[str]:
    runner = web.AppRunner(FrontDoor(RouteTable([]), {}, pages=FrontPages(folder)).application(), access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


def ask(folder: Path | str, path: str, method: str = "GET", **headers: str) -> tuple[int, str, str]:
    """Status, content type and text; the path is sent as it is written."""

    async def main() -> tuple[int, str, str]:
        async with serving(str(folder) if folder else "") as base, aiohttp.ClientSession() as session:
            url = URL(base + path, encoded=True)
            async with session.request(method, url, headers=headers) as answer:
                return answer.status, answer.content_type, await answer.text()

    return asyncio.run(main())


@pytest.mark.parametrize("path", ["/", "/index.html", "/instance/5b6e", "/admin/dashboard", "/?q=1"])
def test_the_front_end_answers_its_own_paths_with_its_index(theme: Path, path: str) -> None:
    assert ask(theme, path) == (200, "text/html", INDEX)


def test_files_have_their_types_and_are_asked_for_again(theme: Path) -> None:
    status, kind, text = ask(theme, "/assets/app.js")
    assert (status, kind.split("/")[1], text) == (200, "javascript", "console.log(1)")

    async def twice() -> tuple[str, int]:
        async with serving(str(theme)) as base, aiohttp.ClientSession() as session:
            async with session.get(f"{base}/assets/app.js") as first:
                tag, caching = first.headers["ETag"], first.headers["Cache-Control"]
            async with session.get(f"{base}/assets/app.js", headers={"If-None-Match": tag}) as second:
                return caching, second.status

    assert asyncio.run(twice()) == ("no-cache", 304)


def test_head_is_answered_without_a_body_and_nothing_is_posted_to_a_page(theme: Path) -> None:
    assert ask(theme, "/", "HEAD") == (200, "text/html", "")
    assert ask(theme, "/", "POST")[0] == 404


@pytest.mark.parametrize(
    "path", ["/api/xyz", "/API/xyz", "//api/xyz", "/api", "/webhook/1", "/ws", "/console/x", "/docs/x", "/health"]
)
def test_a_path_of_the_relays_own_is_never_a_page(theme: Path, path: str) -> None:
    status, kind, _ = ask(theme, path, **BROWSER)
    assert (status, kind) == (404, "application/json")


def test_a_missing_script_is_404_and_a_missing_page_is_the_index(theme: Path) -> None:
    assert ask(theme, "/assets/gone.js", Accept="*/*")[0] == 404
    assert ask(theme, "/node/web-1.example.com", **BROWSER) == (200, "text/html", INDEX)


@pytest.mark.parametrize(
    "path",
    [
        "/../secret.txt",
        "/%2e%2e/secret.txt",
        "/assets/..%2f..%2fsecret.txt",
        "/..%5csecret.txt",
        "/link.txt",
        "/.env",
        "/%2eenv",
        "/a%00b.txt",
        "/" + "x" * 300 + ".txt",
    ],
)
def test_nothing_outside_the_folder_and_nothing_hidden_is_served(theme: Path, path: str) -> None:
    status, _, text = ask(theme, path)
    assert status == 404
    assert "secret" not in text


def test_an_unpacked_theme_is_served_from_its_dist_folder(tmp_path: Path) -> None:
    (tmp_path / "dist").mkdir()
    (tmp_path / "dist" / "index.html").write_text(INDEX, "utf-8")
    (tmp_path / "komari-theme.json").write_text("{}", "utf-8")
    assert ask(tmp_path, "/") == (200, "text/html", INDEX)
    assert ask(tmp_path, "/komari-theme.json")[0] == 404


def test_without_a_front_end_the_root_leads_to_the_console_and_nothing_else_is_there() -> None:
    async def root() -> tuple[int, str]:
        async with (
            serving("") as base,
            aiohttp.ClientSession() as session,
            session.get(base, allow_redirects=False) as answer,
        ):
            return answer.status, answer.headers["Location"]

    assert asyncio.run(root()) == (302, "/console/")
    assert ask("", "/instance/1")[0] == 404


def test_a_folder_without_an_index_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ThemeUnusable, match=r"index\.html"):
        FrontPages(str(tmp_path))
    with pytest.raises(ThemeUnusable):
        FrontPages(str(tmp_path / "missing"))
