"""Nothing of a credential is left in what a platform said, in whatever form it says it back."""

from __future__ import annotations

from urllib.parse import quote

import pytest

from shared.platforms.answer_text import MAX_CHARACTERS, presentable

SECRET = "123456:AA/BB+cc=="


@pytest.mark.parametrize("form", [SECRET, quote(SECRET), quote(SECRET, safe="")])
def test_a_secret_is_hidden_as_it_is_and_as_it_stands_in_an_address(form: str) -> None:
    assert presentable(f"no bot at /bot{form}/sendMessage", [SECRET]) == "no bot at /bot[secret]/sendMessage"


def test_addresses_and_control_characters_go_and_the_rest_stays() -> None:
    assert presentable("see https://example.com/x?token=1\r\nnow", [""]) == "see [link] now"
    assert presentable("Bad Request: chat not found", ["unrelated"]) == "Bad Request: chat not found"


def test_a_line_is_cut() -> None:
    assert len(presentable("x" * 10_000)) == MAX_CHARACTERS
