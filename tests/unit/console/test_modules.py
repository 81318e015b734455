"""The page's modules fit together: what is imported is there, exported and used; nothing comes from elsewhere."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

CONSOLE = Path(__file__).parents[3] / "console"
MODULES = sorted(path for folder in (".", "core", "parts", "pages") for path in (CONSOLE / folder).glob("*.js"))
_IMPORT = re.compile(r"""^import (?:(\w+)(?:, )?)?(?:\{([^}]*)\})? ?from "([^"]+)";$""", re.MULTILINE)
_REEXPORT = re.compile(r"""^export \{([^}]*)\} from "([^"]+)";$""", re.MULTILINE)
_LAZY = re.compile(r"""import\("([^"]+)"\)""")
_LIST = re.compile(r"^export \{([^}]*)\};$", re.MULTILINE)
_EXPORT = re.compile(r"^export (?:default )?(?:async )?(?:function|const|class) (\w+)", re.MULTILINE)
MAX_LINES = 400


def names(listed: str | None) -> list[str]:
    """Of "a, b as c": a and c, under which the module knows them."""
    return [part.split(" as ")[-1].strip() for part in (listed or "").split(",") if part.strip()]


def exported(path: Path) -> set[str]:
    text = path.read_text("utf-8")
    lists = [*(listed for listed, _ in _REEXPORT.findall(text)), *_LIST.findall(text)]
    listed = {name for one in lists for name in names(one)}
    return {*_EXPORT.findall(text), *listed, *(["default"] if "export default" in text else [])}


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.relative_to(CONSOLE).as_posix())
def test_what_a_module_imports_is_there_and_used(path: Path) -> None:
    text = path.read_text("utf-8")
    code = _IMPORT.sub("", text)
    for default, listed, source in _IMPORT.findall(text):
        target = (path.parent / source).resolve()
        assert source.startswith("."), source
        assert target.is_relative_to(CONSOLE) and target.is_file(), source
        assert [name for name in [default, *names(listed)] if name and not re.search(rf"\b{name}\b", code)] == []
        if "vendor" not in target.parts:
            wanted = {part.split(" as ")[0].strip() for part in listed.split(",") if part.strip()}
            assert wanted <= exported(target), source
    for source in _LAZY.findall(text):
        assert "default" in exported((path.parent / source).resolve()), source


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.relative_to(CONSOLE).as_posix())
def test_a_module_is_short_and_used_somewhere(path: Path) -> None:
    assert len(path.read_text("utf-8").splitlines()) <= MAX_LINES
    page = (CONSOLE / "index.html").read_text("utf-8")
    elsewhere = "".join(other.read_text("utf-8") for other in MODULES if other != path)
    assert re.search(rf'["/]{re.escape(path.name)}"', elsewhere + page)


def test_every_icon_that_is_shown_is_in_the_file() -> None:
    drawn = set(re.findall(r'<symbol id="([\w-]+)"', (CONSOLE / "vendor" / "icons.svg").read_text("utf-8")))
    text = "".join(path.read_text("utf-8") for path in MODULES)
    shown = set(re.findall(r"""\bicon(?:=|: )"([\w-]+)""", text)) | set(re.findall(r'\$\{Icon\} name="([\w-]+)"', text))
    assert len(shown) > 20
    assert shown <= drawn


def test_the_page_itself_holds_no_script_and_no_style() -> None:
    page = (CONSOLE / "index.html").read_text("utf-8")
    assert re.findall(r"<script(?![^>]*\bsrc=)", page) == []
    assert "<style" not in page and "style=" not in page
    assert not re.search(r"""(?:src|href)="(?:https?:)?//""", page)
    for source in re.findall(r'(?:src|href)="([^"]+)"', page):
        assert (CONSOLE / source).is_file(), source
