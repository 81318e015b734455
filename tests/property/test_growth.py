"""Twice the hostile input costs about twice the work, counted in lines of Python executed and not in time: what runs in
C (regular expressions) is watched by the fuzzer's own time limit."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from types import FrameType
from typing import Any

import pytest

from tests.fuzz.targets import TARGETS

CHECKS = {target.name: target.check for target in TARGETS}
SMALL = 150
# Quadratic work would come to 4; what is done once whatever the size pulls the ratio towards 1.
MOST_GROWTH = 2.6

Hostile = Callable[[int], str]


def _card(modules: list[Any]) -> str:
    return json.dumps([{"type": "card", "modules": modules}])


def _fields(count: int) -> dict[str, Any]:
    field = {"type": "kmarkdown", "content": "*"}
    return {"type": "section", "text": {"type": "paragraph", "cols": 3, "fields": [field] * count}}


def _pictures(count: int) -> dict[str, Any]:
    return {"type": "image-group", "elements": [{"type": "image", "src": "https://e.com/a.png"}] * count}


def _section(text: str) -> dict[str, Any]:
    return {"type": "section", "text": {"type": "kmarkdown", "content": text}}


_HALVES = [("**", "a"), ("[", "](https://e.com)"), ("(ins)", "(ins)"), ("(spl)*", "*(spl)"), ("`", "\n")]
HOSTILE: list[tuple[str, str, Hostile]] = [
    *(
        ("kmarkdown", repr(piece), lambda n, piece=piece: piece * n)
        for piece in (
            "**", "*", "~~", "(ins)", "(spl)", "(font)", "(font)[danger]", "`", "``", "```", "[", "](", "[x](https://e.com)",
            "> ", ">", "\n", "\n> ", "\n---\n", "(met)", "(met)1(met)", "(rol)", "(chn)3", "(emj)", "(emj)a(emj)[9/x]",
            ":a:", "\\", "_", "<", "@", "https://", "(", ")", "a ", "😀", "*~~", "(ins)**(spl)", "[(met)](", "\ud800",
        )
    ),
    *(
        ("kmarkdown", f"{left!r} then {right!r}", lambda n, left=left, right=right: left * n + right * n)
        for left, right in _HALVES
    ),
    ("cards", "many modules", lambda n: _card([_section("**a**")] * n)),
    ("cards", "one long text", lambda n: _card([_section("(ins)**" * n)])),
    ("cards", "many fields", lambda n: _card([_fields(n)])),
    ("cards", "many pictures", lambda n: _card([_pictures(n)])),
    ("cards", "deep lists", lambda n: "[" * n),
    ("cards", "many cards", lambda n: json.dumps([{"type": "card", "modules": [{"type": "divider"}]}] * n)),
    ("codec", "deep objects", lambda n: '\x00{"d":' * n),
    ("codec", "many fields", lambda n: "\x00" + json.dumps({"d": {str(each): each for each in range(n)}})),
    ("cookies", "pairs", lambda n: "; ".join(f"a{each}=1" for each in range(n))),
    ("cookies", "equals", lambda n: "a" + "=" * n),
    ("cookies", "semicolons", lambda n: "a=1" + ";" * n),
    ("cookies", "lines", lambda n: "a=1; Max-Age=1; Expires=x\n" * n),
    ("cookies", "netscape", lambda n: ".e.com\tTRUE\t/\tTRUE\t0\tn\tv\n" * n),
    ("cookies", "objects", lambda n: json.dumps([{"name": "a", "value": "1"}] * n)),
    ("rpc", "batches", lambda n: json.dumps([{"jsonrpc": "2.0", "id": 1, "method": "m"}] * n)),
    ("rpc", "parameters", lambda n: json.dumps({"jsonrpc": "2.0", "id": 1, "method": "m", "params": ["x"] * n})),
    ("rpc", "deep lists", lambda n: "[" * n),
    ("agents", "many graphics cards", lambda n: "\xff" + json.dumps({"gpu": {"detailed_info": [{"name": "g"}] * n}})),
    ("agents", "deep objects", lambda n: "\xff" + '{"a":' * n),
    ("cursors", "long", lambda n: json.dumps([1, "m" * n, 1])),
    ("frames", "deep lists", lambda n: "[" * n),
]  # fmt: skip


def lines_executed(call: Callable[[], object]) -> int:
    count = 0

    def local(frame: FrameType, event: str, argument: Any) -> Any:
        nonlocal count
        count += 1
        return local

    before = sys.gettrace()
    sys.settrace(lambda frame, event, argument: local)
    try:
        call()
    finally:
        sys.settrace(before)
    return count


def growth(check: Callable[[bytes], object], hostile: Hostile) -> float:
    # The first byte of some targets is no text.
    encoding = "latin-1" if hostile(1)[:1] in "\x00\xff" else "utf-8"
    small, large = (hostile(size).encode(encoding, "surrogatepass") for size in (SMALL, 2 * SMALL))
    check(small)  # what is made at first use is no growth
    return lines_executed(lambda: check(large)) / lines_executed(lambda: check(small))


@pytest.mark.parametrize(
    ("target", "what", "hostile"), HOSTILE, ids=[f"{target}: {what}" for target, what, _ in HOSTILE]
)
def test_work_grows_with_the_input_and_no_faster(target: str, what: str, hostile: Hostile) -> None:
    assert growth(CHECKS[target], hostile) <= MOST_GROWTH, what


def test_quadratic_work_is_noticed() -> None:
    def quadratic(data: bytes) -> int:
        found = 0
        for left in data:
            for right in data:
                found += left == right
        return found

    assert growth(quadratic, lambda n: "ab" * n) > MOST_GROWTH
