from __future__ import annotations

import pytest

from shared.web.errors import ApiError
from shared.web.request_json import parse_json_object


def problem_of(raw: bytes) -> str:
    with pytest.raises(ApiError) as refusal:
        parse_json_object(raw)
    assert refusal.value.code == "BODY_NOT_JSON"
    return refusal.value.problems[0].kind


def test_what_is_wrong_with_the_json_is_told() -> None:
    assert problem_of(b'{"a": }') == "json_syntax"
    assert problem_of(b'{"a": "\xff"}') == "json_encoding"
    assert problem_of(b'{"a": NaN}') == "json_number"
    assert problem_of(b'{"a": ' + b"9" * 5000 + b"}") == "json_number"
    assert problem_of(b'{"a": "\\ud800"}') == "json_surrogate"
    assert problem_of(b'{"a":' + b"[" * 200_000 + b"]" * 200_000 + b"}") == "json_depth"
    assert problem_of(b'{"b": "\\ud83d\\ude00", "a":' + b'{"a":' * 200_000 + b"1" + b"}" * 200_001) == "json_depth"


def test_the_place_of_a_syntax_error_is_told() -> None:
    with pytest.raises(ApiError) as refusal:
        parse_json_object(b'{\n"a": x}')
    assert refusal.value.problems[0].context == {"line": 2, "column": 6}


def test_an_object_comes_back() -> None:
    assert parse_json_object(b' {"a": {"b": [1, "\\u4f60"]}} ') == {"a": {"b": [1, "你"]}}
