"""What hostile bytes are fed to, and what has to hold of whatever comes back.

A target takes any bytes and raises only when something is wrong: an exception that its subject does not declare, an
answer larger than its bound, or one that does not survive being written and read again.
"""

from __future__ import annotations

import base64
import gzip
import json
import zlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from shared.accounts.platforms.set_cookies import with_set_cookies
from shared.kook.cards import CardsUnreadable, parse_cards
from shared.kook.codec import MAX_INFLATED_BYTES, BodyRefused, decode_body
from shared.kook.kmarkdown import Names, parse_kmarkdown
from shared.message.render_discord import render_discord
from shared.message.render_feishu import render_feishu_markdown, render_feishu_post
from shared.message.render_kmarkdown import render_kmarkdown
from shared.message.render_plain import render_plain
from shared.message.render_telegram import render_telegram_html
from shared.message.tree import Document
from shared.monitor.agent_bodies import MAX_INFLATED_BYTES as MAX_AGENT_BYTES
from shared.monitor.agent_bodies import UnreadableBody, inflated, json_object
from shared.monitor.agent_messages import UnusableMessage, is_ping_result, read_ping_result
from shared.monitor.agent_reports import read_report
from shared.monitor.agent_rpc import RpcFault, failure, read_call
from shared.monitor.basic_info import read_basic_info
from shared.monitor.identity import cookies_of
from shared.monitor.rpc.protocol import MAX_BATCH, Method, Parameter, RpcEndpoint
from shared.push.answers import MessageRefused, read_message
from shared.relay.logs import InvalidCursor, decode_cursor, encode_cursor
from shared.web.cookies import MAX_COOKIES, CookieUnreadable, parse_cookies
from tests.fuzz import seeds
from tests.standins.kook_wire import deflate, to_json
from tests.standins.kook_wire import encrypt as kook_encrypt

ENCRYPT_KEY = "test-encrypt-key-123"
NAMES = Names(users={"1": "小明"}, roles={"2": "@everyone"}, channels={"3": "[x](https://e.com)"})
# An emoji of a few letters becomes a name, a mention a nickname, "<" in HTML "&lt;": by so much may a text grow.
_GROWTH, _SLACK = 64, 4096
_RENDERERS: Sequence[Callable[[Document], str]] = (
    render_plain,
    render_discord,
    render_telegram_html,
    render_feishu_markdown,
    render_kmarkdown,
    lambda document: json.dumps(render_feishu_post(document), ensure_ascii=False),
)


@dataclass(frozen=True)
class Target:
    """``check`` raises for a finding. ``seeds`` are inputs that lead deep into the subject. ``words`` are pieces of its
    language that a fuzzer would take long to find by itself."""

    name: str
    check: Callable[[bytes], None]
    seeds: Callable[[], Iterable[bytes]]
    words: tuple[str, ...] = ()


def text_of(data: bytes) -> str:
    """Any text at all, lone surrogates included, which JSON can spell; what is no UTF-8 is taken for Latin-1."""
    try:
        return data.decode("utf-8", "surrogatepass")
    except UnicodeDecodeError:
        return data.decode("latin-1")


# --- KOOK's wire ---

_IV = b"0123456789abcdef"


def _as_it_is(data: bytes) -> bytes:
    return data


def _encrypted(data: bytes) -> bytes:
    return to_json({"encrypt": kook_encrypt(data, ENCRYPT_KEY, _IV)})


_WIRES: Sequence[Callable[[bytes], bytes]] = (
    _as_it_is,
    zlib.compress,
    deflate,
    gzip.compress,
    _encrypted,
    lambda data: zlib.compress(_encrypted(data)),
    lambda data: _encrypted(zlib.compress(data)),
    lambda data: to_json({"encrypt": data.decode("latin-1")}),
)


def codec(data: bytes) -> None:
    """The first byte picks how the rest is wrapped, so that each layer is met by hostile bytes."""
    wire = _WIRES[data[0] % len(_WIRES)] if data else _as_it_is
    for key in (None, ENCRYPT_KEY):
        try:
            frame = decode_body(wire(data[1:]), key)
        except BodyRefused:
            continue
        assert isinstance(frame["d"], dict)
        again = json.dumps(frame)
        assert len(again) <= 8 * MAX_INFLATED_BYTES
        # A lone surrogate is written as an escape and read back as one. An envelope in an envelope is not opened twice.
        assert "encrypt" in frame or decode_body(again.encode("ascii"), None) == frame


# --- markup ---


def kmarkdown(data: bytes) -> None:
    source = text_of(data)
    for in_card in (False, True):
        document = parse_kmarkdown(source, NAMES, in_card=in_card)
        _rendered(document, len(source))
    # What is written as KMarkdown reads as what was written: from the second time on nothing changes any more.
    once = render_kmarkdown(parse_kmarkdown(source, NAMES))
    twice = render_kmarkdown(parse_kmarkdown(once, NAMES))
    assert len(twice) <= _GROWTH * len(once) + _SLACK


def cards(data: bytes) -> None:
    source = text_of(data)
    try:
        content = parse_cards(source, NAMES)
    except CardsUnreadable:
        return
    assert content.document.blocks or content.media
    assert all(blocks <= len(content.document.blocks) and media <= len(content.media) for blocks, media in content.cuts)
    json.dumps([item.to_dict() for item in content.media])
    _rendered(content.document, len(source))


def _rendered(document: Document, source_characters: int) -> None:
    for render in _RENDERERS:
        text = render(document)
        text.encode("utf-8")
        assert len(text) <= _GROWTH * source_characters + _SLACK


# --- what clients send back ---


def cursors(data: bytes) -> None:
    """As it came, and what it would be inside of a cursor's base64."""
    for cursor in (text_of(data), base64.urlsafe_b64encode(data).decode("ascii").rstrip("=")):
        try:
            position = decode_cursor(cursor)
        except InvalidCursor:
            continue
        log_id, message_id, mapping_id = position
        # It goes into a key of the database.
        message_id.encode("utf-8")
        assert 0 <= log_id < 1 << 53
        assert 0 <= mapping_id < 1 << 53
        assert decode_cursor(encode_cursor(position)) == position


def cookies(data: bytes) -> None:
    text = text_of(data)
    assert all(isinstance(value, str) for value in cookies_of(text).values())
    after = with_set_cookies({"kept": "1"}, text.splitlines(), 1_700_000_000)
    assert len(after) <= MAX_COOKIES
    for skip_nameless in (False, True):
        try:
            found = parse_cookies(text, skip_nameless=skip_nameless)
        except CookieUnreadable:
            continue
        assert 0 < len(found) <= MAX_COOKIES
        exported = [{"name": each.name, "value": each.value, "domain": each.domain} for each in found]
        # They are sealed as UTF-8, and given back as the JSON of browsers' extensions.
        written = json.dumps(exported, ensure_ascii=False).encode("utf-8").decode("utf-8")
        if len(written) <= 16_384:
            assert parse_cookies(written) == found


# --- JSON-RPC ---


def _called(caller: Any, params: Mapping[str, Any]) -> Any:
    return dict(params)


_ENDPOINT_FAILURES: list[Exception] = []
_ENDPOINT = RpcEndpoint(
    (
        Method("m", "", _called, (Parameter("a"), Parameter("b", "integer", required=True), Parameter("c", "array"))),
        Method("admin", "", _called, admin_only=True),
    ),
    is_admin=bool,
    failed=_ENDPOINT_FAILURES.append,
)


def rpc(data: bytes) -> None:
    _ENDPOINT_FAILURES.clear()
    for batches in (True, False):
        for body in (data, text_of(data)):
            answer = _ENDPOINT.answer(body, False, batches=batches).body
            several = answer if isinstance(answer, list) else [answer]
            assert batches or isinstance(answer, dict)
            assert len(several) <= MAX_BATCH
            for each in several:
                assert each["jsonrpc"] == "2.0"
                assert not {"result", "error"} <= each.keys()
            # Flask writes it.
            assert (
                len(json.dumps(answer, ensure_ascii=False).encode("utf-8", "surrogatepass")) <= 8 * len(data) + 65_536
            )
    assert _ENDPOINT_FAILURES == []


def agents(data: bytes) -> None:
    """The first byte says how the body is encoded."""
    encoding, packed = ("gzip", gzip.compress(data[1:], mtime=0)) if data[:1] < b"\x80" else ("", data[1:])
    for body in ((packed, encoding), (data, "gzip"), (data, data[:4].decode("latin-1"))):
        try:
            plain = inflated(*body)
        except UnreadableBody:
            continue
        assert len(plain) <= MAX_AGENT_BYTES
        _agent_call(plain)
        _agent_message(plain)


def _agent_call(plain: bytes) -> None:
    try:
        call = read_call(plain)
    except RpcFault as fault:
        json.dumps(failure(fault), ensure_ascii=False).encode("utf-8")
        return
    assert call.method
    _agent_fields(call.params)


def _agent_message(plain: bytes) -> None:
    try:
        fields = json_object(plain)
    except UnreadableBody:
        return
    is_ping_result(fields)
    _agent_fields(fields)


def _agent_fields(fields: Mapping[str, Any]) -> None:
    readers: Sequence[Callable[[Mapping[str, Any]], Any]] = (
        read_report,
        read_ping_result,
        lambda given: read_basic_info(given, client_address="127.0.0.1"),
    )
    for read in readers:
        try:
            found = read(fields)
        except UnusableMessage:
            continue
        if isinstance(found, dict):
            # It is kept as JSON in a row of the table, which takes 400 KB.
            assert len(json.dumps(found, ensure_ascii=False, allow_nan=False).encode("utf-8")) < 400_000


def frames(data: bytes) -> None:
    """Messages over the relay's own socket."""
    try:
        message = read_message(text_of(data))
    except MessageRefused:
        return
    assert isinstance(message["type"], str)


TARGETS = (
    Target("codec", codec, seeds.codec, ("encrypt", "verify_token", '"d":{', "channel_type")),
    Target("kmarkdown", kmarkdown, seeds.kmarkdown, seeds.MARKUP),
    Target("cards", cards, seeds.cards, seeds.CARD_WORDS),
    Target("cursors", cursors, seeds.cursors),
    Target("cookies", cookies, seeds.cookies, ("Expires=", "Max-Age=", "#HttpOnly_", "name", "value", "domain")),
    Target("rpc", rpc, seeds.rpc, ("jsonrpc", '"2.0"', "method", "params", '"id"', "rpc.help")),
    Target("agents", agents, seeds.agents, ("jsonrpc", "agent.report", "params", "cpu", "usage", "ping_type")),
    Target("frames", frames, seeds.frames, ("type", "auth", "token")),
)
