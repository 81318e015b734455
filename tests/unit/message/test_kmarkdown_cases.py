"""The shared table of KMarkdown sources and what each target shows for them, every case and every column."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from shared.kook.kmarkdown import Names, parse_kmarkdown
from shared.message.render_discord import render_discord
from shared.message.render_feishu import render_feishu_markdown, render_feishu_post
from shared.message.render_plain import render_plain
from shared.message.render_telegram import render_telegram_html
from shared.message.tree import Document

TABLE = json.loads((Path(__file__).parents[2] / "data" / "kmarkdown_cases.json").read_text(encoding="utf-8"))


def only_post_element(document: Document) -> dict[str, Any]:
    ((element,),) = render_feishu_post(document)
    return element


COLUMNS: dict[str, Callable[[Document], Any]] = {
    "plain": render_plain,
    "discord": render_discord,
    "telegram_html": render_telegram_html,
    "feishu_card_md": render_feishu_markdown,
    "feishu_post": only_post_element,
}
CELLS = [
    pytest.param(case, column, id=f"{case['kmd']}-{column}")
    for case in TABLE["cases"]
    for column in case.keys() - {"kmd", "why", "in_card"}
]


@pytest.mark.parametrize(("case", "column"), sorted(CELLS, key=lambda cell: str(cell.id)))
def test_case(case: dict[str, Any], column: str) -> None:
    document = parse_kmarkdown(case["kmd"], Names(**TABLE["context"]), in_card=case.get("in_card", False))
    assert COLUMNS[column](document) == case[column]
