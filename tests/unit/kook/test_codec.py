from __future__ import annotations

import base64
import gzip
import json
import tracemalloc
import zlib
from collections.abc import Callable

import pytest
from Crypto.Cipher import AES

from shared.kook.codec import (
    MAX_BODY_BYTES,
    MAX_INFLATED_BYTES,
    MAX_JSON_DEPTH,
    BodyRefused,
    Malformed,
    Oversized,
    Unverifiable,
    decode_body,
    open_body,
)
from tests.standins.kook_wire import WIRES, deflate, encode, encrypt, to_json

KEY = "test-encrypt-key-123"
FRAME = {"s": 0, "d": {"type": 9, "content": "你好 **world** \\( 🎉", "verify_token": "vt"}, "sn": 7}


def _key_for(wire: str) -> str | None:
    return KEY if wire.startswith("enc") else None


def _envelope(encrypted: object) -> bytes:
    return json.dumps({"encrypt": encrypted}).encode()


@pytest.mark.parametrize("wire", WIRES)
@pytest.mark.parametrize("raw_deflate", [False, True])
def test_every_wire_form_decodes_to_the_frame_sent(wire: str, raw_deflate: bool) -> None:
    assert decode_body(encode(FRAME, wire, KEY, raw_deflate=raw_deflate), _key_for(wire)) == FRAME


def test_a_gzip_stream_is_accepted_too() -> None:
    assert decode_body(gzip.compress(to_json(FRAME)), None) == FRAME


@pytest.mark.parametrize("space", [b" ", b"\n", b"\t\n "])
def test_white_space_before_plain_json_is_accepted(space: bytes) -> None:
    assert decode_body(space + to_json(FRAME), None) == FRAME


@pytest.mark.parametrize(
    "key",
    ["k", "x" * 31, "x" * 32, "x" * 33, "x" * 100, "密钥", "密" * 11, "a密" * 9, "🔑" * 9],
    ids=["1", "31", "32", "33", "100", "utf8-short", "utf8-cut-inside-a-character", "utf8-odd", "emoji"],
)
def test_keys_of_any_length_are_cut_or_padded_in_bytes(key: str) -> None:
    body = encode(FRAME, "enczlib", key)
    assert decode_body(body, key) == FRAME
    assert decode_body(body, key.encode("utf-8")) == FRAME


def test_only_the_first_32_bytes_of_a_key_count() -> None:
    body = encode(FRAME, "enc", "k" * 32 + "tail")
    assert decode_body(body, "k" * 32 + "another tail") == FRAME
    with pytest.raises(Unverifiable):
        decode_body(body, "K" + "k" * 31)


@pytest.mark.parametrize("initialization_vector", [bytes(16), b"\xff" * 16, bytes(range(0xC0, 0xD0))])
def test_an_initialization_vector_that_is_no_text_is_cut_in_bytes(initialization_vector: bytes) -> None:
    body = encode(FRAME, "enczlib", KEY, initialization_vector=initialization_vector)
    assert decode_body(body, KEY) == FRAME


@pytest.mark.parametrize("length", range(1, 18))
def test_every_length_of_padding_is_stripped(length: int) -> None:
    frame = {"d": {"c": "x" * length}}
    assert decode_body(encode(frame, "enc", KEY), KEY) == frame


@pytest.mark.parametrize("wire", ["plain", "zlib"])
def test_a_plain_frame_is_refused_when_there_is_a_key(wire: str) -> None:
    with pytest.raises(Unverifiable):
        decode_body(encode(FRAME, wire), KEY)


@pytest.mark.parametrize("no_key", [None, "", b""])
def test_an_envelope_is_refused_when_there_is_no_key(no_key: str | bytes | None) -> None:
    with pytest.raises(Unverifiable):
        decode_body(encode(FRAME, "enc", KEY), no_key)


def test_the_wrong_key_is_unverifiable() -> None:
    with pytest.raises(Unverifiable):
        decode_body(encode(FRAME, "enczlib", "another key"), KEY)


def _with_padding(padding: bytes) -> bytes:
    """An envelope of one block that ends in the given bytes instead of proper padding."""
    block = (b'{"d":{}}' + bytes(16))[: 16 - len(padding)] + padding
    iv = bytes(16)
    ciphertext = AES.new(KEY.encode().ljust(32, b"\0"), AES.MODE_CBC, iv=iv).encrypt(block)
    return _envelope(base64.b64encode(iv + base64.b64encode(ciphertext)).decode())


@pytest.mark.parametrize("padding", [b"\x00", b"\x11", b"\x07\x08\x08\x08\x08\x08\x08\x08", b"\x01\x02", b"\xff" * 8])
def test_improper_padding_is_refused(padding: bytes) -> None:
    with pytest.raises(Unverifiable):
        decode_body(_with_padding(padding), KEY)


def test_proper_padding_of_the_same_block_is_accepted() -> None:
    assert decode_body(_with_padding(b"\x08" * 8), KEY) == {"d": {}}


def test_bad_padding_and_bad_json_inside_an_envelope_cannot_be_told_apart() -> None:
    with pytest.raises(Unverifiable) as bad_padding:
        decode_body(_with_padding(b"\x00"), KEY)
    with pytest.raises(Unverifiable) as bad_json:
        decode_body(encode(b"not json", "enc", KEY), KEY)
    assert str(bad_padding.value) == str(bad_json.value)


@pytest.mark.parametrize(
    "encrypted",
    [
        None,
        7,
        True,
        ["x"],
        {"a": 1},
        "",
        "!!!!",
        "密文",
        "abc",
        "\ud800",
        base64.b64encode(b"short").decode(),
        base64.b64encode(bytes(16)).decode(),
        base64.b64encode(bytes(16) + b"not base64!").decode(),
        base64.b64encode(bytes(16) + base64.b64encode(b"not whole blocks")[:-4]).decode(),
        encrypt(b"{}", KEY, bytes(16)) + "\n!",
    ],
)
@pytest.mark.parametrize("key", [None, KEY])
def test_a_broken_envelope_is_malformed_whether_or_not_the_account_has_a_key(
    encrypted: object, key: str | None
) -> None:
    with pytest.raises(Malformed):
        decode_body(_envelope(encrypted), key)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b" ",
        b"{",
        b"{}",
        b"[]",
        b"null",
        b'"d"',
        b"1",
        b"hello",
        b'{"s":0,"sn":1}',
        b'{"d":null}',
        b'{"d":[]}',
        b'{"d":"{}"}',
        b'{"d":7}',
        b'{"d":{"a":NaN}}',
        b'{"d":{"a":Infinity}}',
        b'{"d":{"a":-Infinity}}',
        b'{"d":{"a":1e999}}',
        pytest.param(b'{"d":{"a":' + b"9" * 5000 + b"}}", id="huge-integer"),
        b'{"d":{"a":"\xff"}}',
        b'{"d":{"a":"\xed\xa0\x80"}}',
        b'\xef\xbb\xbf{"d":{}}',
        '{"d":{}}'.encode("utf-16"),
        b'{"d":{}}x',
        b'{"d":{}}{"d":{}}',
        b"{'d':{}}",
        b'{"d":{"a":"\n"}}',
    ],
)
@pytest.mark.parametrize("compress", [bytes, zlib.compress, deflate, gzip.compress])
def test_what_is_no_frame_is_malformed_for_every_account_alike(body: bytes, compress: Callable[[bytes], bytes]) -> None:
    for key in (None, KEY):
        with pytest.raises(Malformed):
            decode_body(compress(body), key)


def _nested(levels: int) -> bytes:
    """A frame that nests that many levels deep."""
    lists = levels - 2
    return b'{"d":{"a":' + b"[" * lists + b"]" * lists + b"}}"


def test_depth_is_bounded() -> None:
    assert decode_body(_nested(MAX_JSON_DEPTH), None)["d"]
    with pytest.raises(Malformed):
        decode_body(_nested(MAX_JSON_DEPTH + 1), None)


@pytest.mark.parametrize("levels", [1_000, 100_000, 400_000])
def test_nesting_beyond_the_recursion_limit_is_malformed(levels: int) -> None:
    with pytest.raises(Malformed):
        decode_body(_nested(levels), None)
    with pytest.raises(Unverifiable):
        decode_body(encode(_nested(levels // 4), "enczlib", KEY), KEY)


@pytest.mark.parametrize("wire", ["zlib", "enczlib"])
@pytest.mark.parametrize("raw_deflate", [False, True])
def test_a_truncated_stream_is_malformed_wherever_it_is_cut(wire: str, raw_deflate: bool) -> None:
    body = encode(FRAME, wire, KEY, raw_deflate=raw_deflate)
    for length in range(len(body)):
        with pytest.raises(Malformed):
            decode_body(body[:length], _key_for(wire))


def test_a_damaged_checksum_is_malformed() -> None:
    body = bytearray(encode(FRAME, "zlib"))
    body[-1] ^= 1
    with pytest.raises(Malformed):
        decode_body(bytes(body), None)


def test_bytes_after_the_stream_are_malformed() -> None:
    with pytest.raises(Malformed):
        decode_body(encode(FRAME, "zlib") + b"x", None)


def test_a_stream_with_a_preset_dictionary_is_malformed() -> None:
    compressor = zlib.compressobj(zdict=b'{"s":0,"d":{')
    with pytest.raises(Malformed):
        decode_body(compressor.compress(to_json(FRAME)) + compressor.flush(), None)


def test_a_zlib_body_mangled_by_text_decoding_is_malformed() -> None:
    """What an HTTP API makes of a compressed body sent as application/json."""
    mangled = encode(FRAME, "zlib").decode("utf-8", "replace").encode("utf-8")
    with pytest.raises(Malformed):
        decode_body(mangled, None)


def _frame_of(length: int) -> bytes:
    return b'{"d":{"c":"' + b"x" * (length - 14) + b'"}}'


@pytest.mark.parametrize("compress", [zlib.compress, deflate, gzip.compress])
def test_a_frame_of_exactly_the_limit_is_read_and_one_byte_more_is_not(compress: Callable[[bytes], bytes]) -> None:
    at_limit = compress(_frame_of(MAX_INFLATED_BYTES))
    assert len(decode_body(at_limit, None)["d"]["c"]) == MAX_INFLATED_BYTES - 14
    with pytest.raises(Oversized):
        decode_body(compress(_frame_of(MAX_INFLATED_BYTES + 1)), None)


@pytest.mark.parametrize("compress", [zlib.compress, deflate, gzip.compress])
@pytest.mark.parametrize("length", [65_535, 65_536, 65_537, 131_072, 200_000])
def test_a_frame_that_takes_several_steps_to_inflate_is_whole_or_refused(
    compress: Callable[[bytes], bytes], length: int
) -> None:
    body = compress(_frame_of(length))
    assert len(decode_body(body, None)["d"]["c"]) == length - 14
    for wrong in (body[:-1], body[: len(body) // 2], body + b"x"):
        with pytest.raises(Malformed):
            decode_body(wrong, None)


def test_a_plain_body_of_exactly_the_limit_is_read_and_one_byte_more_is_not() -> None:
    assert decode_body(_frame_of(MAX_BODY_BYTES), None)
    with pytest.raises(Oversized):
        decode_body(_frame_of(MAX_BODY_BYTES + 1), None)


def test_a_bomb_is_refused_without_being_inflated() -> None:
    bomb = zlib.compress(bytes(64 * 1024 * 1024), 9)
    assert len(bomb) < 70_000
    tracemalloc.start()
    try:
        with pytest.raises(Oversized):
            decode_body(bomb, None)
        _, peak_bytes = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak_bytes < 1.5 * MAX_INFLATED_BYTES


def test_an_endless_stream_that_holds_a_bomb_and_is_cut_short_is_oversized() -> None:
    bomb = zlib.compress(bytes(8 * 1024 * 1024), 9)
    with pytest.raises(Oversized):
        decode_body(bomb[: len(bomb) // 2], None)


SECRET = "vt-SECRET"


@pytest.mark.parametrize(
    ("body", "key"),
    [
        (json.dumps({"d": SECRET}).encode(), None),
        (b'{"d":{"verify_token":"' + SECRET.encode() + b'"', None),
        (json.dumps({"encrypt": SECRET}).encode(), KEY),
        (encode({"d": {"verify_token": SECRET}}, "enc", "other"), KEY),
        (encode({"d": {"verify_token": SECRET}}, "plain"), KEY),
        (encode({"d": SECRET}, "enc", KEY), KEY),
        (encode(SECRET.encode(), "enc", KEY), KEY),
    ],
    ids=["d-no-object", "cut-short", "no-base64", "wrong-key", "downgrade", "sealed-d-no-object", "sealed-no-json"],
)
def test_no_error_holds_any_of_the_content(body: bytes, key: str | None) -> None:
    with pytest.raises(BodyRefused) as refused:
        decode_body(body, key)
    assert SECRET not in repr(refused.value)
    assert refused.value.__cause__ is None
    assert refused.value.__context__ is None or refused.value.__suppress_context__


def test_opened_bodies_do_not_show_their_content_in_a_repr() -> None:
    assert "verify_token" not in repr(open_body(encode(FRAME, "plain")))
    assert "verify_token" not in repr(open_body(encode(FRAME, "enc", KEY)))
