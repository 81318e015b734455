"""The page at /docs: its library is the one its table names, and nothing in it needs a weaker policy."""

from __future__ import annotations

import asyncio
import hashlib
import re

import pytest
from aiohttp.test_utils import make_mocked_request

from local.console_pages import CONSOLE_FOLDER, ConsolePages

PAGE = CONSOLE_FOLDER / "docs"
VENDOR = PAGE / "vendor"
_ROW = re.compile(r"^\| (\S+) \| swagger-ui-dist \| \d+\.\d+\.\d+ \| `\S+` \| `([0-9a-f]{64})` \|$", re.MULTILINE)


def test_every_file_of_the_library_is_the_one_of_the_table() -> None:
    readme = (VENDOR / "README.md").read_text("utf-8")
    files = [path for path in VENDOR.iterdir() if path.is_file() and path.name != "README.md"]
    assert {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in files} == dict(_ROW.findall(readme))
    licences = {path.name for path in (VENDOR / "licenses").iterdir()}
    assert set(re.findall(r"\(licenses/(\S+?)\)", readme)) == licences


def test_the_page_loads_own_files_only_and_has_nothing_inline() -> None:
    page = (PAGE / "index.html").read_text("utf-8")
    loaded = re.findall(r'(?:src|href)="([^"]+)"', page)
    assert all((PAGE / name).exists() for name in loaded)
    assert not re.search(r"<script(?![^>]*\bsrc=)|<style|\sstyle=|\son\w+=", page)


@pytest.mark.parametrize("path", ["/docs", "/docs/"])
def test_the_short_address_leads_to_the_page(path: str) -> None:
    answer = ConsolePages().answer(make_mocked_request("GET", path))
    assert answer is not None
    assert (answer.status, answer.headers["Location"]) == (302, "/console/docs/index.html")


def test_the_page_and_the_four_documents_are_served() -> None:
    async def served(path: str) -> str:
        answer = ConsolePages().answer(make_mocked_request("GET", path))
        assert answer is not None, path
        return str(answer.headers["Content-Type"])

    assert asyncio.run(served("/console/docs/index.html")).startswith("text/html")
    names = sorted(path.name for path in (PAGE / "openapi").iterdir())
    assert names == ["accounts.json", "monitor.json", "relay.json", "robots.json"]
    for name in names:
        assert asyncio.run(served(f"/console/docs/openapi/{name}")) == "application/json"
    assert ConsolePages().answer(make_mocked_request("GET", "/docs/index.html")) is None
