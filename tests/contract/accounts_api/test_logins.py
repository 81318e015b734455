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


def test_an_account_gets_a_new_cookie_by_a_login_and_stays_in_its_pools(caller: Caller) -> None:
    account_id = caller.new_account("bilibili", account_name="main", active=True)
    pool_id, _ = caller.new_pool(platform="bilibili")
    caller.done("POST", f"/api/v1/pools/{pool_id}/members", {"account_id": account_id})
    caller.platforms.revoke("bilibili", _cookies(caller, account_id)["SESSDATA"])
    assert caller.done("POST", f"/api/v1/accounts/{account_id}/health-check")["status"] == "expired"
    caller.refused(503, "NO_AVAILABLE_ACCOUNT", "POST", f"/api/v1/pools/{pool_id}/select")

    query = {"platform": "bilibili", "account_id": account_id}
    session_id = caller.done("GET", "/api/v1/login/qrcode", params=query)["session_id"]
    token = caller.platforms.bilibili.tokens[-1]
    caller.platforms.bilibili.confirm(token)
    found = _status(caller, "bilibili", session_id)

    assert (found["is_logged_in"], found["account_id"], found["account_name"]) == (True, account_id, "main")
    assert token[:8] in _cookies(caller, account_id)["SESSDATA"]
    assert caller.done("POST", f"/api/v1/pools/{pool_id}/select")["account_id"] == account_id


def _cookies(caller: Caller, account_id: str) -> dict[str, str]:
    found: dict[str, str] = caller.done("GET", f"/api/v1/accounts/{account_id}/cookies")["cookies"]
    return found


def test_only_an_account_of_the_platform_can_be_renewed(caller: Caller) -> None:
    path = "/api/v1/login/qrcode"
    query = {"platform": "bilibili", "account_id": caller.new_account("toutiao")}
    caller.refused(409, "PLATFORM_MISMATCH", "GET", path, params=query)
    caller.refused(404, "ACCOUNT_NOT_FOUND", "GET", path, params={"platform": "bilibili", "account_id": "acc_none"})


def test_an_open_login_is_not_mistaken_for_the_account_there_is(caller: Caller) -> None:
    caller.new_account("toutiao", active=True)
    found = _status(caller, "toutiao", _begin(caller, "toutiao")["session_id"])
    assert (found["is_logged_in"], found["status"], found["session"]["state"]) == (False, "unhealthy", "waiting")
    assert found["message"] == found["session"]["message"]
    assert "account_id" not in found
    query = {"platform": "toutiao", "session_id": "sess_none"}
    caller.refused(404, "LOGIN_SESSION_NOT_FOUND", "GET", "/api/v1/login/status", params=query)


def test_the_status_survives_the_deletion_of_an_account_that_just_logged_in(caller: Caller) -> None:
    session_id = _begin(caller, "bilibili")["session_id"]
    caller.platforms.bilibili.confirm(caller.platforms.bilibili.tokens[-1])
    account_id = _status(caller, "bilibili", session_id)["account_id"]
    caller.done("DELETE", f"/api/v1/accounts/{account_id}")
    found = _status(caller, "bilibili", session_id)
    assert (found["is_logged_in"], found["session"]["state"]) == (False, "done")
    caller.done("GET", "/api/v1/login/status", params={"platform": "bilibili"})
