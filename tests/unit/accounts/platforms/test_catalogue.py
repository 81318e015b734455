"""Platform files: the built-in ones, those of an operator, and what is said of one that cannot be used."""

from __future__ import annotations

from pathlib import Path

import pytest

from shared.accounts.platforms.catalogue import MAX_FILE_BYTES, PlatformFileInvalid, load_platforms
from shared.accounts.platforms.outgoing import PlatformAddresses
from shared.accounts.platforms.probe import PlatformProbe
from shared.accounts.probing import ProbeOutcome
from shared.web.cookies import parse_cookies
from tests.fakes.scripted_http import ScriptedHttp, answer

WEIBO = """
name = "weibo"
title_zh = "微博"
title_en = "Weibo"
login_url = "https://weibo.com/login.php"
required_cookies = ["SUB"]
cookie_domains = ["weibo.com"]

[probe]
url = "https://weibo.com/ajax/config"

[[logged_in]]
path = "users.0.uid"
exists = true

[[expired]]
path = "ok"
one_of = [-100, "no"]

[identity]
id = ["missing", "users.0.uid"]
"""


def written(folder: Path, text: str, name: str = "weibo.toml") -> str:
    (folder / name).write_text(text, encoding="utf-8")
    return str(folder)


def test_the_four_platforms_of_the_contract_come_with_the_software() -> None:
    catalogue = load_platforms()

    assert catalogue.names == ("bilibili", "douyin", "toutiao", "xiaohongshu")
    assert [platform.name for platform in catalogue if platform.qr] == ["bilibili", "toutiao"]
    assert all(platform.login_url.startswith("https://") for platform in catalogue)
    assert catalogue.definition("douyin").title("en") == "Douyin"
    assert catalogue.definition("douyin").title("zh") == "抖音"


def test_an_operator_adds_a_platform_with_a_file(tmp_path: Path) -> None:
    catalogue = load_platforms(written(tmp_path, WEIBO))
    http = ScriptedHttp([answer(200, {"users": [{"uid": 42}]}), answer(200, {"ok": -100})])
    probe = PlatformProbe(catalogue, http, PlatformAddresses({"weibo": "http://stand-in.example/base/"}))
    cookies = parse_cookies("SUB=abc")

    first, second = probe.check("weibo", cookies), probe.check("weibo", cookies)

    assert (first.outcome, first.identity.platform_user_id) == (ProbeOutcome.LOGGED_IN, "42")
    assert second.outcome is ProbeOutcome.MUST_LOG_IN
    assert http.requests[0].url == "http://stand-in.example/base/ajax/config"


def test_an_operators_file_takes_the_place_of_a_built_in_one(tmp_path: Path) -> None:
    text = WEIBO.replace('"weibo"', '"bilibili"').replace("微博", "B站")

    catalogue = load_platforms(written(tmp_path, text, "bilibili.toml"))

    assert catalogue.names == ("bilibili", "douyin", "toutiao", "xiaohongshu")
    assert catalogue.definition("bilibili").title("zh") == "B站"


@pytest.mark.parametrize("document", ["content-platforms.md", "content-platforms.zh-CN.md"])
def test_the_example_of_the_documents_is_a_platform_file(tmp_path: Path, document: str) -> None:
    text = (Path(__file__).parents[4] / "docs" / document).read_text("utf-8")
    example = text.partition("```toml\n")[2].partition("```")[0]

    catalogue = load_platforms(written(tmp_path, example))

    assert catalogue.definition("weibo").identity.name == ("data.user.screen_name",)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('login_url = "https://weibo.com/login.php"\n', "", "login_url: Field required"),
        ("https://weibo.com/ajax/config", "ftp://weibo.com", "probe.url"),
        ("https://weibo.com/ajax/config", "https://me:pw@weibo.com", "probe.url"),
        ('required_cookies = ["SUB"]\n', "", "needs required_cookies or required_cookies_any"),
        ('url = "https://weibo.com/ajax/config"', 'url = "https://weibo.com"\ntimeout_seconds = 8', "timeout_seconds"),
        ("exists = true", "exists = true\nequals = 1", "logged_in.0"),
        ("exists = true", "", "logged_in.0"),
        ("exists = true", "exists = true\nstatus = [200]", "exactly one of path, status"),
        ('path = "ok"\none_of = [-100, "no"]', 'redirect_matches = "log(in"', "expired.0.redirect_matches"),
        ('path = "users.0.uid"\nexists = true', "status = [200]", "a status alone does not prove a login"),
        ("[identity]", "[identity]\ncolour = []", "identity.colour"),
        ("[identity]", '[qr]\nflow = "magic"\n[identity]', "qr.flow"),
        ("[probe]", '[probe]\nheaders = { Cookie = "a=b" }', "probe.headers"),
        ("[probe]", '[probe]\nheaders = { X = "a\\nb" }', "probe.headers"),
        ('"weibo.com"', '"https://weibo.com"', "cookie_domains.0"),
        ("[probe]", "[probe", "is not TOML"),
        ('name = "weibo"', 'name = "sina"', "must be sina.toml"),
    ],
)
def test_a_file_that_cannot_be_used_is_named_with_what_is_wrong(tmp_path: Path, old: str, new: str, said: str) -> None:
    assert old in WEIBO
    folder = written(tmp_path, WEIBO.replace(old, new))

    with pytest.raises(PlatformFileInvalid) as caught:
        load_platforms(folder)

    assert str(tmp_path / "weibo.toml") in str(caught.value)
    assert said in str(caught.value)


def test_files_that_are_no_text_too_large_or_nowhere(tmp_path: Path) -> None:
    (tmp_path / "weibo.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(PlatformFileInvalid, match="not UTF-8"):
        load_platforms(str(tmp_path))
    (tmp_path / "weibo.toml").write_bytes(b"#" * (MAX_FILE_BYTES + 1))
    with pytest.raises(PlatformFileInvalid, match="more than"):
        load_platforms(str(tmp_path))
    with pytest.raises(PlatformFileInvalid, match="no such folder"):
        load_platforms(str(tmp_path / "nowhere"))
