from __future__ import annotations

import string

import pytest

from local.messages import _CATALOGUE, EmbeddedStackError, Messages


def placeholders(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


@pytest.mark.parametrize("key", sorted(_CATALOGUE))
def test_both_languages_say_the_same_things(key: str) -> None:
    chinese, english = _CATALOGUE[key]
    assert chinese
    assert english
    assert placeholders(chinese) == placeholders(english)


def test_an_error_is_one_line_in_either_language() -> None:
    error = EmbeddedStackError("bad_template", reason="line one\nline two")
    assert error.text(Messages("en")) == "bad template: line one line two"
    assert error.text(Messages()) == "模板有误：line one line two"
    assert str(error) == error.text(Messages("en"))


@pytest.mark.parametrize(("value", "english"), [("en", True), ("en_US:en", True), ("zh", False), ("", False)])
def test_the_language_comes_from_the_environment(value: str, english: bool) -> None:
    stopped = Messages.from_environment({"LANGUAGE": value})("stopped")
    assert stopped == ("Stopped." if english else "已停止。")
