"""Content platforms over HTTP on the embedded stack: logins by QR code, the callback, what a health check changes."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.durable_engines import needs_durable_engines
from tests.embedded import EmbeddedStack, eventually
from tests.standins.content_platforms import PLATFORMS, ContentPlatformsStandIn

PASSPHRASE = "integration-vault-passphrase-9f31"
PNG_PREFIX = "data:image/png;base64,"


pytestmark = needs_durable_engines

SELF_MADE_PLATFORM = """
name = "weibo"
title_zh = "微博"
title_en = "Weibo"
login_url = "https://weibo.com/login.php"
required_cookies = ["sessionid"]
cookie_domains = ["weibo.com"]

[probe]
url = "https://weibo.com/web/api/media/user/info/"
headers = { Referer = "https://weibo.com/" }

[[logged_in]]
path = "user.nickname"
exists = true

[[expired]]
path = "status_code"
equals = 8
"""


class Desk:
    """The running stack as a client of its accounts API sees it, with the platforms behind it."""

    def __init__(self, stack: EmbeddedStack, site: ContentPlatformsStandIn) -> None:
        self._stack = stack
        self.site = site
        self._http = requests.Session()
        self._http.trust_env = False

    def call(self, method: str, path: str, body: Any = None, **query: str) -> requests.Response:
        url = f"{self._stack.base_url}/api/v1{path}"
        return self._http.request(method, url, json=body, params=query, headers=self._stack.headers, timeout=30)

    def data(self, method: str, path: str, body: Any = None, **query: str) -> Any:
        answer = self.call(method, path, body, **query)
        assert answer.status_code == 200, answer.text
        assert answer.json()["success"] is True
        return answer.json()["data"]

    def begin(self, platform: str) -> dict[str, Any]:
        begun: dict[str, Any] = self.data("GET", "/login/qrcode", platform=platform)
        return begun

    def status(self, platform: str, **query: str) -> dict[str, Any]:
        status: dict[str, Any] = self.data("GET", "/login/status", platform=platform, **query)
        return status

    def account(self, account_id: str) -> dict[str, Any]:
        account: dict[str, Any] = self.data("GET", f"/accounts/{account_id}")
        return account


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    folder: Path = tmp_path_factory.mktemp("platforms")
    (folder / "weibo.toml").write_text(SELF_MADE_PLATFORM, "utf-8")
    with ContentPlatformsStandIn() as site:
        environment = {
            "OUTBOUND_ALLOW": "127.0.0.0/8",
            "VAULT_PASSPHRASE": PASSPHRASE,
            "CONTENT_PLATFORMS_FOLDER": str(folder),
            "CONTENT_PLATFORM_BASES": ",".join(f"{name}={site.base_url}" for name in (*PLATFORMS, "weibo")),
        }
        data_dir = tmp_path_factory.mktemp("stack") / "data"
        with EmbeddedStack(data_dir, environment=environment) as stack:
            yield Desk(stack, site)


@pytest.mark.parametrize("platform", ["bilibili", "toutiao"])
def test_a_login_by_qr_code_becomes_an_active_account(desk: Desk, platform: str) -> None:
    desk.site.bilibili.delivery = "ticket"
    codes = getattr(desk.site, platform)
    begun = desk.begin(platform)
    session_id = begun["session_id"]
    token = codes.tokens[-1]

    assert begun["expires_in"] == 180
    assert begun["qrcode_image"].startswith(PNG_PREFIX)
    assert base64.b64decode(begun["qrcode_image"].removeprefix(PNG_PREFIX)).startswith(b"\x89PNG")
    assert desk.status(platform, session_id=session_id)["is_logged_in"] is False
    codes.scan(token)
    assert desk.status(platform, session_id=session_id)["session"]["state"] == "scanned"
    codes.confirm(token)
    # Without its session, as the contract asks.
    status = desk.status(platform)

    assert status["is_logged_in"] is True
    assert status["status"] == "healthy"
    account = desk.account(status["account_id"])
    assert (account["platform"], account["status"]) == (platform, "active")
    assert account["account_name"] == "小明"


@pytest.mark.parametrize("platform", ["bilibili", "toutiao"])
def test_a_code_that_expired_or_was_refused_makes_no_account(desk: Desk, platform: str) -> None:
    codes = getattr(desk.site, platform)
    before = desk.data("GET", "/accounts", platform=platform)["total"]
    for end, state in ((codes.expire, "expired"), (codes.refuse, "expired" if platform == "bilibili" else "refused")):
        session_id = desk.begin(platform)["session_id"]
        end(codes.tokens[-1])
        assert desk.status(platform, session_id=session_id)["session"]["state"] == state
    assert desk.data("GET", "/accounts", platform=platform)["total"] == before


@pytest.mark.parametrize("platform", ["bilibili", "toutiao"])
def test_of_many_who_ask_at_once_about_a_confirmed_code_nobody_hears_that_it_expired(desk: Desk, platform: str) -> None:
    """A code counts once: the second to ask the platform would be told that it is gone."""
    desk.site.bilibili.delivery = "headers"
    codes = getattr(desk.site, platform)
    before = desk.data("GET", "/accounts", platform=platform)["total"]
    session_id = desk.begin(platform)["session_id"]
    codes.confirm(codes.tokens[-1])

    def ask(_number: int) -> str:
        return str(desk.status(platform, session_id=session_id)["session"]["state"])

    with ThreadPoolExecutor(8) as clients:
        states = set(clients.map(ask, range(16)))

    assert states <= {"waiting", "done"}
    last = desk.status(platform, session_id=session_id)
    assert last["session"]["state"] == "done"
    assert desk.account(last["session"]["account_id"])["status"] == "active"
    assert desk.data("GET", "/accounts", platform=platform)["total"] == before + 1


@pytest.mark.parametrize("platform", ["douyin", "xiaohongshu"])
def test_where_a_browser_is_needed_the_callback_takes_the_cookie(desk: Desk, platform: str) -> None:
    begun = desk.begin(platform)
    cookie = desk.site.issue(platform, f"by-callback-{platform}")

    kept = desk.data(
        "POST",
        "/login/callback",
        {"platform": platform, "session_id": begun["session_id"], "cookie_data": cookie, "account_name": "主号"},
    )

    assert "qrcode_image" not in begun
    assert begun["qrcode_url"].startswith(f"https://creator.{platform}.com/")
    assert kept["status"] == "pending"
    account = eventually(
        lambda: next((found for found in [desk.account(kept["account_id"])] if found["status"] != "pending"), None)
    )
    assert account["status"] == "active"


def test_only_the_platforms_own_word_changes_an_account(desk: Desk) -> None:
    cookie = desk.site.issue("douyin", "health-1")
    account_id = desk.data("POST", "/accounts", {"platform": "douyin", "cookie_data": cookie})["account_id"]

    assert desk.data("POST", f"/accounts/{account_id}/health-check")["healthy"] is True
    for behaviour in ("risk_control", "html", "broken", "other_redirect", "odd"):
        desk.site.behave("douyin", behaviour)
        checked = desk.data("POST", f"/accounts/{account_id}/health-check")
        assert checked["healthy"] is False
        assert checked["message"]
        assert desk.account(account_id)["status"] == "active", behaviour
    desk.site.behave("douyin", "ordinary")
    desk.site.revoke("douyin", "health-1")
    assert desk.data("POST", f"/accounts/{account_id}/health-check")["healthy"] is False
    assert desk.account(account_id)["status"] == "expired"


def test_a_platform_added_by_a_file_is_like_the_others(desk: Desk) -> None:
    cookie = desk.site.issue("douyin", "weibo-1")
    account_id = desk.data("POST", "/accounts", {"platform": "weibo", "cookie_data": cookie})["account_id"]

    assert desk.data("POST", f"/accounts/{account_id}/health-check")["healthy"] is True
    assert desk.begin("weibo")["qrcode_url"] == "https://weibo.com/login.php"
    assert desk.status("weibo")["is_logged_in"] is True


def test_a_platform_nobody_described_is_a_bad_request(desk: Desk) -> None:
    for answer in (
        desk.call("GET", "/login/qrcode", platform="myspace"),
        desk.call("GET", "/login/status", platform="myspace"),
        desk.call("POST", "/accounts", {"platform": "myspace", "cookie_data": "a=b"}),
    ):
        assert answer.status_code == 400
        assert answer.json()["success"] is False
