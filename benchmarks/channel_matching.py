"""Matching 500 channels with 2,000 targets, against difflib over every pair.

The names are drawn with a fixed seed from the words of the translation table, in both languages, with decorations,
numbers and typing errors. difflib is timed on a part of the channels and scaled up: the whole takes minutes.
"""

from __future__ import annotations

import difflib
import functools
import random

from benchmarks.result import Aim, Result, Table
from benchmarks.rounds import interleaved
from shared.relay.channel_matching import ChannelMatcher
from shared.relay.channel_translations import TRANSLATIONS

SOURCES, TARGETS, DIFFLIB_SOURCES = 500, 2_000, 3
SEED = 20251028
DECORATIONS = ("", "", "", "📢┃", "#", "【", "🎮・", "★ ")


def make_names(count: int, draw: random.Random, *, chinese_share: float) -> list[str]:
    return [_name(draw, draw.random() < chinese_share) for _ in range(count)]


def _name(draw: random.Random, in_chinese: bool) -> str:
    words = [draw.choice(row[1 if in_chinese else 2]) for row in draw.sample(TRANSLATIONS, draw.choice((1, 2, 2, 3)))]
    name = ("" if in_chinese else "-").join(words)
    if draw.random() < 0.2:
        name += f"-{draw.randrange(1, 20)}"
    if draw.random() < 0.2 and len(name) > 4:
        cut = draw.randrange(1, len(name) - 1)
        name = name[:cut] + name[cut + 1 :]
    return draw.choice(DECORATIONS) + name


def run(rounds: int) -> Result:
    draw = random.Random(SEED)
    sources = make_names(SOURCES, draw, chinese_share=0.8)
    targets = make_names(TARGETS, draw, chinese_share=0.2)
    contenders = {
        "ours": functools.partial(matched, sources, targets),
        "difflib": functools.partial(closest_by_difflib, sources[:DIFFLIB_SOURCES], targets),
    }
    timings = interleaved(contenders, rounds=rounds)
    ours_seconds, difflib_seconds = timings["ours"].cpu, timings["difflib"].cpu * SOURCES / DIFFLIB_SOURCES
    found = matched(sources, targets)
    return Result(
        method=(
            f"{SOURCES} KOOK channels and {TARGETS:,} targets, names in two languages, with decorations and typing "
            "errors. Ours translates, splits and compares words; difflib compares every pair of names."
        ),
        tables=[
            Table(
                ["who", "CPU s", "channels with a suggestion"],
                [["ours", ours_seconds, found], ["difflib over every pair, extrapolated", difflib_seconds, "-"]],
            )
        ],
        aims=[
            Aim("all channels matched, CPU s", ours_seconds, "at most", 2),
            Aim("speed, times difflib", difflib_seconds / ours_seconds, "at least", 10),
        ],
    )


def matched(sources: list[str], targets: list[str]) -> int:
    """How many sources found a target; preparing the targets is part of the work."""
    matcher = ChannelMatcher([name] for name in targets)
    return sum(bool(matcher.matches(source, limit=4)) for source in sources)


def closest_by_difflib(sources: list[str], targets: list[str]) -> list[str]:
    """The naive way: the ratio of every pair, keeping the best."""
    return [
        max(targets, key=lambda target: difflib.SequenceMatcher(None, source, target).ratio()) for source in sources
    ]
