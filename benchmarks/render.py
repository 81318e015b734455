"""KMarkdown and cards to a platform's markup, against Markdown libraries on the same text."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping

import mistune
from markdown_it import MarkdownIt

from benchmarks.markup_sources import HOSTILE_UNITS, KMARKDOWN_ONLY, card, card_texts, hostile, ordinary
from benchmarks.result import Aim, Cell, Result, Table
from benchmarks.rounds import Timing, Work, interleaved, times_as_fast
from shared.kook.cards import parse_cards
from shared.kook.kmarkdown import Names, parse_kmarkdown
from shared.message.render_discord import render_discord
from shared.message.render_telegram import render_telegram_html
from shared.message.tree import Document

KIB = 1024
SIZES: Mapping[str, int] = {"1 KB": KIB, "64 KB": 64 * KIB}
HOSTILE_SIZES = (8 * KIB, 64 * KIB)
TELEGRAM, DISCORD, MISTUNE, MARKDOWN_IT = "ours to Telegram HTML", "ours to Discord", "mistune", "markdown-it-py"
_HOSTILE_SAMPLE_SECONDS = 0.1

Renderer = Callable[[str], object]


def run(rounds: int) -> Result:
    timings = {
        f"{kind}, {size}": interleaved(contenders, rounds=rounds) for (kind, size), contenders in _ordinary().items()
    }
    rows: list[list[Cell]] = [
        [source, *(by_name[name].cpu * 1000 for name in (TELEGRAM, DISCORD, MISTUNE, MARKDOWN_IT)), *_ratios(by_name)]
        for source, by_name in timings.items()
    ]
    speeds = {
        f"{source} to {target}": speed
        for source, by_name in timings.items()
        for target, speed in zip(("Telegram", "Discord"), _ratios(by_name), strict=False)
    }
    slowest = min(speeds, key=lambda name: speeds[name])
    hostile_rows = _hostile_rows(rounds)
    growths = {str(row[0]): float(row[3]) for row in hostile_rows}
    steepest = max(growths, key=lambda name: growths[name])
    hostile_speeds = {str(row[0]): row[5] for row in hostile_rows if not isinstance(row[5], str)}
    least = min(hostile_speeds, key=lambda name: hostile_speeds[name])
    times = HOSTILE_SIZES[1] // HOSTILE_SIZES[0]
    return Result(
        method=(
            "Text that means the same to all: marks, links, bare addresses, code, quotes, Chinese. Ours parses to "
            "its tree and renders from that; cards are JSON with a section for every 4 KB. The peers write HTML, with "
            "strike-through on, each section by itself. Hostile: one short piece repeated, 8 and 64 KB of it."
        ),
        tables=[
            Table(
                [
                    "source",
                    *(f"{name} ms" for name in (TELEGRAM, DISCORD, MISTUNE, MARKDOWN_IT)),
                    "Telegram x mistune",
                    "Discord x mistune",
                    "Telegram x markdown-it",
                ],
                rows,
                "Ratios above 1: ours is quicker.",
            ),
            Table(
                ["hostile source", "8 KB ms", "64 KB ms", "growth", "64 KB mistune ms", "x mistune"],
                hostile_rows,
                f"Ours to Telegram HTML. Eight times the text takes {times} times the time where work is linear.",
            ),
        ],
        aims=[
            Aim(f"speed, times mistune, slowest ({slowest})", speeds[slowest], "at least", 1),
            Aim(f"speed on hostile text, times mistune, slowest ({least})", hostile_speeds[least], "at least", 1),
            Aim(f"time for {times} times the hostile text, steepest ({steepest})", growths[steepest], "at most", 10),
        ],
    )


def _ratios(timings: Mapping[str, Timing]) -> tuple[float, float, float]:
    return (
        times_as_fast(timings[TELEGRAM], timings[MISTUNE]),
        times_as_fast(timings[DISCORD], timings[MISTUNE]),
        times_as_fast(timings[TELEGRAM], timings[MARKDOWN_IT]),
    )


def _ordinary() -> dict[tuple[str, str], dict[str, Work]]:
    """By kind of source and size."""
    sources: dict[tuple[str, str], dict[str, Work]] = {}
    peers: dict[str, Renderer] = {MISTUNE: _mistune(), MARKDOWN_IT: _markdown_it()}
    for label, size in SIZES.items():
        text, texts = ordinary(size), card_texts(size)
        content = card(texts)
        for kind, document, parts in (
            ("KMarkdown", functools.partial(_parsed, text), [text]),
            ("card", functools.partial(_parsed_card, content), texts),
        ):
            sources[kind, label] = {
                TELEGRAM: lambda document=document: render_telegram_html(document()),
                DISCORD: lambda document=document: render_discord(document()),
                **{name: functools.partial(_each, peer, parts) for name, peer in peers.items()},
            }
    return sources


def _parsed(text: str) -> Document:
    return parse_kmarkdown(text, Names())


def _parsed_card(content: str) -> Document:
    return parse_cards(content, Names()).document


def _each(render: Renderer, texts: list[str]) -> None:
    for text in texts:
        render(text)


def _mistune() -> Renderer:
    return mistune.create_markdown(escape=True, plugins=["strikethrough", "url"])


def _markdown_it() -> Renderer:
    renderer: Renderer = MarkdownIt("commonmark").enable("strikethrough").render
    return renderer


def _hostile_rows(rounds: int) -> list[list[Cell]]:
    rows: list[list[Cell]] = []
    for name, unit in HOSTILE_UNITS.items():
        small, large = (hostile(unit, size) for size in HOSTILE_SIZES)
        contenders: dict[str, Work] = {
            "small": functools.partial(_to_telegram, small),
            "large": functools.partial(_to_telegram, large),
            MISTUNE: functools.partial(_mistune(), large),
        }
        timings = interleaved(contenders, rounds=rounds, sample_seconds=_HOSTILE_SAMPLE_SECONDS)
        milliseconds = [timings[contender].cpu * 1000 for contender in contenders]
        speed = times_as_fast(timings["large"], timings[MISTUNE])
        comparable: list[Cell] = ["-", "-"] if name in KMARKDOWN_ONLY else [milliseconds[2], speed]
        rows.append([name, *milliseconds[:2], times_as_fast(timings["small"], timings["large"]), *comparable])
    return rows


def _to_telegram(text: str) -> str:
    return render_telegram_html(_parsed(text))
