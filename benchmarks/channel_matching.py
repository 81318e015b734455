"""How long matching 500 channels with 2,000 targets takes, and how that compares with difflib over every pair.

    python -m benchmarks.channel_matching

The names are drawn with a fixed seed from the words of the translation table, in both languages, with decorations,
numbers and typing errors. difflib is timed on a part of the channels and scaled up: the whole takes minutes.
"""

from __future__ import annotations

import argparse
import difflib
import random
import statistics
import time

from shared.relay.channel_matching import ChannelMatcher
from shared.relay.channel_translations import TRANSLATIONS

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


def match_seconds(sources: list[str], targets: list[str]) -> tuple[float, int]:
    """Seconds for preparing the targets and matching every source, and how many sources found a target."""
    started = time.perf_counter()
    matcher = ChannelMatcher([name] for name in targets)
    matched = sum(bool(matcher.matches(source, limit=4)) for source in sources)
    return time.perf_counter() - started, matched


def difflib_seconds(sources: list[str], targets: list[str]) -> float:
    """The naive way: the ratio of every pair, keeping the best."""
    started = time.perf_counter()
    for source in sources:
        max(targets, key=lambda target: difflib.SequenceMatcher(None, source, target).ratio())
    return time.perf_counter() - started


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--sources", type=int, default=500)
    parser.add_argument("--targets", type=int, default=2000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--difflib-sources", type=int, default=10, help="how many channels difflib is timed on")
    arguments = parser.parse_args()
    draw = random.Random(SEED)
    sources = make_names(arguments.sources, draw, chinese_share=0.8)
    targets = make_names(arguments.targets, draw, chinese_share=0.2)
    runs = [match_seconds(sources, targets) for _ in range(arguments.rounds)]
    seconds = statistics.median(run[0] for run in runs)
    naive_seconds = difflib_seconds(sources[: arguments.difflib_sources], targets)
    naive_seconds *= len(sources) / min(arguments.difflib_sources, len(sources))
    print(f"{len(sources)} channels x {len(targets)} targets: {seconds:.3f} s (median of {arguments.rounds})")
    print(f"channels with a suggestion: {runs[0][1]}")
    print(f"difflib over every pair:    {naive_seconds:.1f} s (extrapolated)")
    print(f"ratio:                      {naive_seconds / seconds:.0f}x")


if __name__ == "__main__":
    main()
