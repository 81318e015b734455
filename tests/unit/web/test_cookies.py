from __future__ import annotations

import json

import pytest

from shared.web.cookies import MAX_COOKIE_CHARACTERS, MAX_COOKIES, Cookie, CookieUnreadable, parse_cookies

NETSCAPE = """# Netscape HTTP Cookie File
.kookapp.cn\tTRUE\t/\tTRUE\t1893456000\ttoken\tabc

#HttpOnly_www.kookapp.cn\tFALSE\t/\tFALSE\t0\tauth\tx=y
"""


@pytest.mark.parametrize(
    ("text", "cookies"),
    [
        ('[{"name":"token","value":"xxx","domain":".kookapp.cn"}]', [Cookie("token", "xxx", ".kookapp.cn")]),
        ('[{"name":"a","value":""},{"name":"b","value":"2","path":"/"}]', [Cookie("a", ""), Cookie("b", "2")]),
        ('{"token":"xxx","auth":"y"}', [Cookie("token", "xxx"), Cookie("auth", "y")]),
        ("token=xxx", [Cookie("token", "xxx")]),
        (" token=xxx ; auth=a=b;", [Cookie("token", "xxx"), Cookie("auth", "a=b")]),
        ("Cookie: token=xxx", [Cookie("token", "xxx")]),
        (NETSCAPE, [Cookie("token", "abc", ".kookapp.cn"), Cookie("auth", "x=y", "www.kookapp.cn")]),
    ],
)
def test_every_exported_form_is_read(text: str, cookies: list[Cookie]) -> None:
    assert parse_cookies(text) == cookies


@pytest.mark.parametrize(
    "text",
    [
        "",
        "   ",
        "no cookie",
        ";;;",
        "=value",
        "na me=value",
        "[]",
        "{}",
        "[1, 2]",
        '["token"]',
        "[{}]",
        '[{"name":"token"}]',
        '[{"name":"","value":"x"}]',
        '[{"name":"token","value":5}]',
        '[{"name":"token","value":"a\\nb"}]',
        '[{"name":"token","value":"x","domain":7}]',
        '{"token":{"nested":1}}',
        # Found by fuzzing: lone surrogates are no characters, and no vault takes them.
        '{"token":"\\ud800"}',
        '[{"name":"token","value":"x","domain":"\\ud800"}]',
        '[{"name":"token","value":"xxx"',
        "[" * 5000,
        ".kookapp.cn\tTRUE\t/\ttoken\tabc",
        "# only\ta comment",
        "a=" + "x" * MAX_COOKIE_CHARACTERS,
        json.dumps({f"c{number}": "v" for number in range(MAX_COOKIES + 1)}),
    ],
)
def test_anything_else_is_refused_without_being_quoted(text: str) -> None:
    with pytest.raises(CookieUnreadable) as refusal:
        parse_cookies(text)
    assert not text.strip() or text not in str(refusal.value)


def test_pairs_without_a_name_can_be_left_out() -> None:
    assert parse_cookies("a=1; ...; b=2", skip_nameless=True) == [Cookie("a", "1"), Cookie("b", "2")]
    with pytest.raises(CookieUnreadable):
        parse_cookies("...", skip_nameless=True)
    with pytest.raises(CookieUnreadable):
        parse_cookies("a=1; ...")
