"""What a Set-Cookie header does to the cookies of a login."""

from __future__ import annotations

import pytest

from shared.accounts.platforms.set_cookies import with_set_cookies

NOW_SECONDS = 1_790_000_000.0


@pytest.mark.parametrize(
    ("line", "after"),
    [
        ("b=2", {"a": "1", "b": "2"}),
        ("a=2; Path=/; HttpOnly", {"a": "2"}),
        ("b=x%2Cy=z; Expires=Wed, 19 May 2027 10:00:00 GMT", {"a": "1", "b": "x%2Cy=z"}),
        ("a=2; Expires=Thu, 01 Jan 1970 00:00:00 GMT", {}),
        ("a=2; max-age=0", {}),
        ("a=2; Max-Age=-1", {}),
        ("a=2; Max-Age=60; Expires=Thu, 01 Jan 1970 00:00:00 GMT", {"a": "2"}),
        ("a=; Path=/", {}),
        ("a=2; Expires=some day", {"a": "2"}),
        ("a=2; Expires=Fri, 31 Dec 99999 00:00:00 GMT", {"a": "2"}),
        ("no cookie", {"a": "1"}),
        ("bad name=2", {"a": "1"}),
        ("", {"a": "1"}),
    ],
)
def test_a_line(line: str, after: dict[str, str]) -> None:
    assert with_set_cookies({"a": "1"}, [line], NOW_SECONDS) == after


def test_a_flood_of_cookies_is_cut_off() -> None:
    after = with_set_cookies({"a": "1"}, [f"c{number}=1" for number in range(1_000)], NOW_SECONDS)

    assert len(after) == 300
    assert after["a"] == "1"
