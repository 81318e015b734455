"""Logging in by QR code over HTTP, against a stand-in of the platforms."""

from __future__ import annotations

from typing import Any

import pytest

from tests.contract.accounts_api.caller import Caller


def _begin(caller: Caller, platform: str) -> dict[str, Any]:
    begun: dict[str, Any] = caller.done("GET", "/api/v1/login/qrcode", params={"platform": platform})
    return begun


def _status(caller: Caller, platform: str, session_id: str) -> dict[str, Any]:
    query = {"platform": platform, "session_id": session_id}
    found: dict[str, Any] = caller.done("GET", "/api/v1/login/status", params=query)
    return found


@pytest.mark.parametrize("platform", ["bilibili", "toutiao"])
def test_a_login_goes_from_code_to_account(caller: Caller, platform: str) -> None:
    desk = getattr(caller.platforms, platform)
    begun = _begin(caller, platform)
    assert begun["qrcode_image"].startswith("data:image/png;base64,iVBOR")
    assert _status(caller, platform, begun["session_id"])["session"]["state"] == "waiting"
    token = desk.tokens[-1]
    desk.scan(token)
    assert _status(caller, platform, begun["session_id"])["session"]["state"] == "scanned"
    desk.confirm(token)
    found = _status(caller, platform, begun["session_id"])
    assert (found["is_logged_in"], found["status"], found["session"]["state"]) == (True, "healthy", "done")
    account = caller.done("GET", f"/api/v1/accounts/{found['account_id']}")
    assert (account["platform"], account["status"]) == (platform, "active")
    assert caller.done("GET", f"/api/v1/accounts/{found['account_id']}/cookies")["cookies"]
    # Asked again, the login is over and its account stays the answer.
    assert _status(caller, platform, begun["session_id"])["account_id"] == found["account_id"]


@pytest.mark.parametrize(
    ("platform", "ending", "state"),
    [("bilibili", "expire", "expired"), ("toutiao", "expire", "expired"), ("toutiao", "refuse", "refused")],
)
def test_logins_end_without_an_account(caller: Caller, platform: str, ending: str, state: str) -> None:
    desk = getattr(caller.platforms, platform)
    begun = _begin(caller, platform)
    getattr(desk, ending)(desk.tokens[-1])
    found = _status(caller, platform, begun["session_id"])
    assert found["session"]["state"] == state
    assert found["session"]["account_id"] is None


@pytest.mark.parametrize("platform", ["douyin", "xiaohongshu"])
def test_platforms_that_need_a_browser_say_so(caller: Caller, platform: str) -> None:
    begun = _begin(caller, platform)
    assert "qrcode_image" not in begun
    assert begun["qrcode_url"].startswith("https://")
    assert "browser" in begun["message"]
    cookie = caller.platforms.issue(platform, f"by-browser-{platform}")
    body = {"platform": platform, "session_id": begun["session_id"], "cookie_data": cookie}
    kept = caller.done("POST", "/api/v1/login/callback", body)
    found = _status(caller, platform, begun["session_id"])
    assert (found["is_logged_in"], found["account_id"]) == (True, kept["account_id"])


def test_a_session_of_another_platform_is_refused(caller: Caller) -> None:
    begun = _begin(caller, "douyin")
    body = {"platform": "toutiao", "session_id": begun["session_id"], "cookie_data": "sessionid=1"}
    caller.refused(409, "PLATFORM_MISMATCH", "POST", "/api/v1/login/callback", body)
