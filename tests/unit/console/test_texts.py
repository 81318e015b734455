"""The page's texts: the same keys in both languages, every key used, every key that is used there."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

CONSOLE = Path(__file__).parents[3] / "console"
SOURCES = {
    path.relative_to(CONSOLE).as_posix(): path.read_text("utf-8")
    for folder in (".", "core", "parts", "pages")
    for path in sorted((CONSOLE / folder).glob("*.js"))
}
TEXTS = {language: json.loads((CONSOLE / "texts" / f"{language}.json").read_text("utf-8")) for language in ("zh", "en")}
# A string that could be a key: "nav.log", `nav.${name}`.
_LITERAL = re.compile(r"""["'`]([a-zA-Z]\w*(?:\.\w+)+)["'`]""")
_BUILT = re.compile(r"`([a-zA-Z]\w*(?:\.\w+)*)\.\$\{")
_WORD_FOR = re.compile(r"""wordFor\(\s*["']([\w.]+)["']""")
_CALLED = re.compile(r"""\bt\(\s*["']([\w.]+)["']""")
_PLACEHOLDER = re.compile(r"\{(\w+)\}")
_CHINESE = re.compile(r"[\u4e00-\u9fff]")


def used_keys() -> set[str]:
    return {key for text in SOURCES.values() for key in _LITERAL.findall(text)}


def built_prefixes() -> set[str]:
    return {prefix for text in SOURCES.values() for find in (_BUILT, _WORD_FOR) for prefix in find.findall(text)}


def test_both_languages_have_the_same_keys() -> None:
    assert {key for key in TEXTS["en"] if not key.endswith(".one")} == set(TEXTS["zh"])
    assert all(key.removesuffix(".one") in TEXTS["en"] for key in TEXTS["en"])


def test_every_key_is_used() -> None:
    literal, prefixes = used_keys(), built_prefixes()
    unused = [
        key
        for key in TEXTS["zh"]
        if key not in literal and not any(key.startswith(f"{prefix}.") for prefix in prefixes)
    ]
    assert unused == []


@pytest.mark.parametrize("source", SOURCES)
def test_every_key_that_is_asked_for_is_there(source: str) -> None:
    assert [key for key in _CALLED.findall(SOURCES[source]) if key not in TEXTS["zh"]] == []
    prefixes = set(_BUILT.findall(SOURCES[source])) & {key.split(".")[0] for key in TEXTS["zh"]}
    for prefix in prefixes | set(_WORD_FOR.findall(SOURCES[source])):
        assert any(key.startswith(f"{prefix}.") for key in TEXTS["zh"]), prefix


@pytest.mark.parametrize("key", TEXTS["zh"])
def test_both_languages_fill_in_the_same_values_and_say_something(key: str) -> None:
    assert set(_PLACEHOLDER.findall(TEXTS["zh"][key])) == set(_PLACEHOLDER.findall(TEXTS["en"][key]))
    assert TEXTS["zh"][key].strip() and TEXTS["en"][key].strip()
    assert not _CHINESE.search(TEXTS["en"][key])


@pytest.mark.parametrize("source", SOURCES)
def test_no_text_of_the_page_stands_in_the_code(source: str) -> None:
    written_out = [line for line in SOURCES[source].splitlines() if _CHINESE.search(line)]
    assert [line for line in written_out if "LANGUAGES" not in line] == []


@pytest.mark.parametrize("source", SOURCES)
def test_nothing_is_put_into_the_page_unescaped(source: str) -> None:
    assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(", SOURCES[source])
    assert not re.search(r"""\bstyle=["'$]""", SOURCES[source])


def test_the_files_are_sorted_so_that_branches_meet_seldom() -> None:
    for language, texts in TEXTS.items():
        assert list(texts) == sorted(texts), language
