"""Where fuzzing begins: what is really sent, from tests/data, and what it is made of."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

DATA = Path(__file__).resolve().parents[1] / "data"
FINDINGS = DATA / "fuzz"

MARKUP = (
    *("**", "*", "~~", "(ins)", "(spl)", "(font)", "(font)[danger]", "`", "```", "](https://e.com/)", "> ", "\n---\n"),
    *(
        "(met)1(met)",
        "(met)all(met)",
        "(rol)2(rol)",
        "(chn)3(chn)",
        "(emj)doge(emj)[9/x]",
        "\\",
        "@everyone",
        "<at id=",
    ),
)
CARD_WORDS = (
    *('"type"', '"card"', '"modules"', '"section"', '"text"', '"kmarkdown"', '"plain-text"', '"content"', '"header"'),
    *('"image-group"', '"container"', '"elements"', '"src"', '"divider"', '"context"', '"countdown"', '"paragraph"'),
    *('"fields"', '"accessory"', '"button"', '"action-group"', '"invite"', '"file"', '"audio"', '"video"', '"endTime"'),
)
_CARD_MODULES: list[dict[str, Any]] = [
    {"type": "header", "text": {"type": "plain-text", "content": "t"}},
    {"type": "section", "text": {"type": "kmarkdown", "content": "**b** (met)1(met)"}, "mode": "left"},
    {"type": "section", "text": {"type": "paragraph", "cols": 2, "fields": [{"type": "kmarkdown", "content": "a"}]}},
    {"type": "image-group", "elements": [{"type": "image", "src": "https://img.kookapp.cn/a.png"}]},
    {"type": "context", "elements": [{"type": "plain-text", "content": "c"}]},
    {"type": "action-group", "elements": [{"type": "button", "text": "b", "click": "link", "value": "https://e.com"}]},
    {"type": "countdown", "mode": "day", "endTime": 1700000000000},
    {"type": "file", "src": "https://img.kookapp.cn/a.zip", "title": "a.zip"},
    {"type": "invite", "code": "abc"},
    {"type": "divider"},
]


def _found(target: str) -> list[bytes]:
    """What made a check fail once."""
    return [path.read_bytes() for path in sorted((FINDINGS / target).glob("*"))]


def codec() -> Iterable[bytes]:
    bodies = [path.read_bytes() for path in sorted((DATA / "kook" / "bodies").glob("*.bin"))]
    plain = [path.read_bytes() for path in sorted((DATA / "kook" / "bodies").glob("*.plain.bin"))]
    wrapped = [bytes([wire]) + body for wire in range(8) for body in plain[:3]]
    return [*(b"\x00" + body for body in bodies), *wrapped, *_found("codec")]


def kmarkdown() -> Iterable[bytes]:
    cases = json.loads((DATA / "kmarkdown_cases.json").read_text("utf-8"))
    sources = sorted(_strings(cases), key=len)
    return [*(source.encode("utf-8", "surrogatepass") for source in sources[-200:]), *_found("kmarkdown")]


def cards() -> Iterable[bytes]:
    whole = [[{"type": "card", "theme": "primary", "size": "lg", "modules": _CARD_MODULES}]]
    single = [[{"type": "card", "modules": [module]}] for module in _CARD_MODULES]
    return [*(json.dumps(card).encode() for card in [*whole, *single]), *_found("cards")]


def cursors() -> Iterable[bytes]:
    # [1763712000000, "a-message", 7] and some that are none.
    inside = b'[1763712000000, "a-message", 7]'
    return [inside, b"WzE3NjM3MTIwMDAwMDAsICJhLW1lc3NhZ2UiLCA3XQ", b"W10", b"bnVsbA", b"", b"====", *_found("cursors")]


def cookies() -> Iterable[bytes]:
    return [
        b"SESSDATA=abc%2C1; bili_jct=def; DedeUserID=1",
        b"Cookie: a=1; b",
        b'[{"name": "a", "value": "1", "domain": ".bilibili.com"}]',
        b'{"a": "1", "b": "2"}',
        b"#HttpOnly_.douyin.com\tTRUE\t/\tTRUE\t0\tsessionid\tabc\n# comment\n",
        b"a=1; Expires=Wed, 21 Oct 2015 07:28:00 GMT; Max-Age=-1",
        *_found("cookies"),
    ]


def rpc() -> Iterable[bytes]:
    calls: list[Any] = [
        {"jsonrpc": "2.0", "id": 1, "method": "m", "params": {"a": "x", "b": 1, "c": ["y"]}},
        {"jsonrpc": "2.0", "id": "s", "method": "m", "params": ["x", 1, []]},
        {"jsonrpc": "2.0", "method": "rpc.help", "params": {"method": "m"}},
        {"jsonrpc": "2.0", "id": None, "method": "rpc.methods"},
        {"jsonrpc": "2.0", "id": 2, "method": "admin"},
    ]
    return [*(json.dumps(call).encode() for call in [*calls, calls]), b"[]", b"[1,2]", *_found("rpc")]


def agents() -> Iterable[bytes]:
    traffic = json.loads((DATA / "komari" / "agent_traffic.json").read_text("utf-8"))
    objects = [each for each in _objects(traffic) if each][:60]
    texts = [json.dumps(each).encode() for each in objects]
    return [*(b"\x00" + text for text in texts), *(b"\xff" + text for text in texts), *_found("agents")]


def frames() -> Iterable[bytes]:
    return [b'{"type": "ping"}', b'{"type": "auth", "token": "t"}', b"[]", b"{", *_found("frames")]


def _strings(value: Any) -> list[str]:
    if isinstance(value, str):
        return [value]
    parts = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return [text for part in parts for text in _strings(part)]


def _objects(value: Any) -> list[dict[str, Any]]:
    if isinstance(value, dict):
        return [value, *(found for part in value.values() for found in _objects(part))]
    return [found for part in value for found in _objects(part)] if isinstance(value, list) else []
