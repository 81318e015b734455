"""What the documents say is checked against the code: settings and their defaults, links, make targets, and that the
Chinese and the English ones say the same."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import yaml
from pydantic_core import PydanticUndefined

from local.operate.commands import COMMANDS
from shared.aws.settings import Settings

ROOT = Path(__file__).parents[2]
# For those who work on the code: English only.
ENGLISH_ONLY = ("CHANGELOG", "CONTRIBUTING")
PAIRED = tuple(
    str(path.relative_to(ROOT)).removesuffix(".md")
    for path in sorted([*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md"), *(ROOT / "docs" / "api").glob("*.md")])
    if not path.name.endswith(".zh-CN.md") and path.stem not in ENGLISH_ONLY
)
CONFIGURATION = ("docs/configuration.md", "docs/configuration.zh-CN.md")

_FENCE = re.compile(r"^( *)```(\w*)\n(.*?)^\1```$", re.MULTILINE | re.DOTALL)
_HEADING = re.compile(r"^(#{1,6}) (.+)$", re.MULTILINE)
_LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
_MAKE = re.compile(r"\bmake ([a-z][a-z-]+)")
_MAKE_TARGET = re.compile(r"^([a-z][a-z-]*):", re.MULTILINE)


class Block(NamedTuple):
    language: str
    content: str


def documents() -> list[str]:
    found = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]
    return sorted(str(path.relative_to(ROOT)) for path in found)


def read(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def blocks(text: str) -> list[Block]:
    return [Block(match[2], match[3]) for match in _FENCE.finditer(text)]


def prose(text: str) -> str:
    return _FENCE.sub("", text)


def headings(text: str) -> list[tuple[int, str]]:
    return [(len(match[1]), match[2].strip()) for match in _HEADING.finditer(prose(text))]


def table_rows(text: str) -> dict[str, list[str]]:
    """First cell, when it is one code span, to the other cells."""
    rows = {}
    for line in prose(text).splitlines():
        cells = [cell.strip() for cell in line.strip().strip("|").split("|")] if line.startswith("|") else []
        if len(cells) > 1 and re.fullmatch(r"`\w+`", cells[0]):
            rows[cells[0].strip("`")] = cells[1:]
    return rows


def anchor(heading: str) -> str:
    """As GitHub makes them: lower case, blanks to hyphens, everything but letters, digits, - and _ left out."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def shown_default(value: Any) -> str:
    if value is PydanticUndefined or value in ("", (), None):
        return ""
    return f"`{value}`"


@pytest.mark.parametrize("name", CONFIGURATION)
@pytest.mark.parametrize("field", Settings.model_fields)
def test_every_setting_is_documented_with_its_default(field: str, name: str) -> None:
    rows = table_rows(read(name))
    assert field.upper() in rows, f"{field.upper()} is missing in {name}"
    default, meaning = rows[field.upper()]
    assert default == shown_default(Settings.model_fields[field].default)
    assert meaning


class _TemplateLoader(yaml.SafeLoader):
    """Reads a template without minding CloudFormation's own tags."""


def _tagged(loader: yaml.SafeLoader, _suffix: str, node: yaml.Node) -> Any:
    if isinstance(node, yaml.MappingNode):
        return loader.construct_mapping(node)
    if isinstance(node, yaml.SequenceNode):
        return loader.construct_sequence(node)
    assert isinstance(node, yaml.ScalarNode)
    return loader.construct_scalar(node)


_TemplateLoader.add_multi_constructor("!", _tagged)


@pytest.mark.parametrize("name", CONFIGURATION)
def test_every_template_parameter_is_documented_with_its_default(name: str) -> None:
    template = yaml.load(read("template.yaml"), Loader=_TemplateLoader)
    rows = table_rows(read(name))
    for parameter, definition in template["Parameters"].items():
        assert parameter in rows, f"{parameter} is missing in {name}"
        assert rows[parameter][0] == shown_default(definition.get("Default", ""))


@pytest.mark.parametrize("name", CONFIGURATION)
def test_nothing_is_documented_that_is_not_there(name: str) -> None:
    template = yaml.load(read("template.yaml"), Loader=_TemplateLoader)
    known = {field.upper() for field in Settings.model_fields} | set(template["Parameters"])
    assert set(table_rows(read(name))) <= known


@pytest.mark.parametrize("base", PAIRED)
def test_both_languages_have_the_same_structure(base: str) -> None:
    english, chinese = read(f"{base}.md"), read(f"{base}.zh-CN.md")
    assert [level for level, _ in headings(english)] == [level for level, _ in headings(chinese)]
    assert [block.language for block in blocks(english)] == [block.language for block in blocks(chinese)]
    assert table_rows(english).keys() == table_rows(chinese).keys()
    assert [row.count("|") for row in prose(english).splitlines() if row.lstrip().startswith("|")] == [
        row.count("|") for row in prose(chinese).splitlines() if row.lstrip().startswith("|")
    ]


@pytest.mark.parametrize("base", PAIRED)
def test_both_languages_have_the_same_commands(base: str) -> None:
    english, chinese = (
        [block for block in blocks(read(base + suffix)) if block.language != "mermaid"]
        for suffix in (".md", ".zh-CN.md")
    )
    assert english == chinese


@pytest.mark.parametrize("base", PAIRED)
def test_each_language_leads_to_the_other(base: str) -> None:
    name = Path(base).name
    assert f"({name}.zh-CN.md)" in read(f"{base}.md")
    assert f"({name}.md)" in read(f"{base}.zh-CN.md")


@pytest.mark.parametrize("name", documents())
def test_relative_links_resolve(name: str) -> None:
    for target in _LINK.findall(prose(read(name))):
        if "://" in target or target.startswith("mailto:"):
            continue
        path, _, fragment = target.partition("#")
        linked = (ROOT / name).parent / path if path else ROOT / name
        assert linked.exists(), f"{name} links to {target}"
        if fragment:
            anchors = {anchor(heading) for _, heading in headings(linked.read_text(encoding="utf-8"))}
            assert fragment in anchors, f"{name} links to {target}"


@pytest.mark.parametrize("name", documents())
def test_make_targets_exist(name: str) -> None:
    targets = set(_MAKE_TARGET.findall(read("Makefile")))
    # Commands are in code spans or blocks; "make" in a sentence is just a word.
    code = [block.content for block in blocks(read(name))] + re.findall(r"`([^`\n]+)`", prose(read(name)))
    named = {target for text in code for target in _MAKE.findall(text)}
    assert named <= targets


def test_the_readme_names_the_two_commands_that_are_the_whole_set_up() -> None:
    for name in ("README.md", "README.zh-CN.md"):
        set_up = blocks(read(name))[0]
        assert [line.split("#")[0].strip() for line in set_up.content.splitlines()] == ["make run", "make test"]


@pytest.mark.parametrize("name", documents())
def test_code_blocks_are_closed(name: str) -> None:
    fences = re.findall(r"^ *```", read(name), re.MULTILINE)
    assert len(fences) == 2 * len(blocks(read(name)))


@pytest.mark.parametrize("name", ["docs/operations.md", "docs/operations.zh-CN.md"])
def test_every_command_is_documented(name: str) -> None:
    text = read(name)
    missing = [command for command in ("run", "demo", *COMMANDS) if f"`{command}" not in text]
    assert missing == []
