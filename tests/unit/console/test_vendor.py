"""The libraries in the repository are the ones their table names, with their licences."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

VENDOR = Path(__file__).parents[3] / "console" / "vendor"
README = (VENDOR / "README.md").read_text("utf-8")
_ROW = re.compile(r"^\| (\S+) \| (\S+) \| (\d+\.\d+\.\d+) \| .* \| `([0-9a-f]{64})` \|$", re.MULTILINE)


def test_every_file_is_the_one_of_the_table() -> None:
    table = {name: digest for name, _, _, digest in _ROW.findall(README)}
    files = [path for path in VENDOR.iterdir() if path.is_file() and path.name != "README.md"]
    assert {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in files} == table


def test_every_licence_is_there_and_named() -> None:
    licences = {path.name for path in (VENDOR / "licenses").iterdir()}
    assert set(re.findall(r"\(licenses/(\S+?)\)", README)) == licences
    assert all("ermission" in (VENDOR / "licenses" / name).read_text("utf-8") for name in licences - {"htm.txt"})


def test_no_library_loads_anything_from_elsewhere() -> None:
    for path in VENDOR.glob("*.js"):
        text = path.read_text("utf-8")
        assert not re.search(r"""\b(?:from|import)\s*\(?(["'])(?!\./)[\w@./:-]+\1""", text), path.name
        assert "sourceMappingURL" not in text, path.name
        assert not re.search(r"\beval\(|new Function\(", text), path.name
