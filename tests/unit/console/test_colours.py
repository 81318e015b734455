"""The page's colours are far enough apart to be read, in light and dark: WCAG 2.2, 1.4.3 (4.5 : 1 for text)."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

STYLES = (Path(__file__).parents[3] / "console" / "styles" / "base.css").read_text("utf-8")
_BLOCK = re.compile(r"^(:root[^{]*)\{(.*?)^\}", re.MULTILINE | re.DOTALL)
_COLOUR = re.compile(r"--([\w-]+): (#[0-9a-f]{6});")
BLOCKS = [dict(_COLOUR.findall(content)) for _, content in _BLOCK.findall(STYLES)]
THEMES = {"light": BLOCKS[0], "dark": {**BLOCKS[0], **BLOCKS[1]}}
PAIRS = [
    *((text, ground) for text in ("text", "text-soft", "text-faint", "accent") for ground in ("ground", "surface")),
    *((text, "sunken") for text in ("text", "text-soft", "text-faint")),
    *((tone, f"{tone}-soft") for tone in ("good", "warn", "bad", "info")),
    *((tone, "surface") for tone in ("good", "warn", "bad", "info")),
    ("accent-strong", "accent-soft"),
    ("on-accent", "accent"),
    ("text", "good-soft"),
    ("text", "warn-soft"),
    ("text", "bad-soft"),
]


def luminance(colour: str) -> float:
    """Relative luminance of #rrggbb as WCAG defines it."""
    parts = [int(colour[start : start + 2], 16) / 255 for start in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def test_the_measure_is_the_standards() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize(("text", "ground"), PAIRS)
def test_text_can_be_read(theme: str, text: str, ground: str) -> None:
    colours = THEMES[theme]
    assert contrast(colours[text], colours[ground]) >= 4.5
