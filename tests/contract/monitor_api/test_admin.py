"""What the administrator may do, with and without a slash at the end, and what nobody else may."""

from __future__ import annotations

import time
from typing import Any

import pyotp
import pytest

from tests.contract.monitor_api.conftest import PASSWORD, Site

API_KEY = "an-api-key-of-some-length"


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/api/admin/client/add"),
        ("GET", "/api/admin/client/list"),
        ("GET", "/api/admin/settings/"),
        ("GET", "/api/admin/ping/"),
        ("GET", "/api/admin/session/get"),
        ("POST", "/api/admin/task/exec"),
        ("GET", "/api/admin/task/all"),
        ("GET", "/api/admin/2fa/generate"),
        ("POST", "/api/admin/oauth2/unbind"),
    ],
)
# A guest's /api/admin/logs is the robots' API's, which shares the path: tests/integration/test_shared_paths.py.
def test_a_guest_and_an_agent_are_refused(site: Site, method: str, path: str) -> None:
    for query in ("", f"?token={site.token}"):
        answer = site.send(method, path + query, {} if method == "POST" else None)
        assert (answer.status_code, answer.json()) == (401, {"status": "error", "message": "Unauthorized."})


def test_a_node_is_added_edited_ordered_and_removed(site: Site) -> None:
    added = site.done("/api/admin/client/add", {"name": "web-1"})
    assert set(added) == {"status", "uuid", "token"} and len(added["token"]) == 22
    uuid = added["uuid"]
    assert site.done(f"/api/admin/client/{uuid}/token", method="GET")["token"] == added["token"]
    edit = {"price": -1, "expired_at": "2030-01-02T03:04:05+08:00", "tags": "a;b", "cpu_name": "made up"}
    site.done(f"/api/admin/client/{uuid}/edit", edit)
    site.done("/api/admin/client/order", {uuid: 7})
    node = site.done(f"/api/admin/client/{uuid}", method="GET")
    shown = {name: node[name] for name in ("name", "price", "expired_at", "tags", "cpu_name", "weight", "token")}
    assert shown == {
        "name": "web-1", "price": -1, "expired_at": "2030-01-01T19:04:05Z", "tags": "a;b", "cpu_name": "", "weight": 7,
        "token": added["token"],
    }  # fmt: skip
    assert uuid in [each["uuid"] for each in site.done("/api/admin/client/list/", method="GET")]
    site.done(f"/api/admin/client/{uuid}/remove")
    assert site.send("GET", f"/api/admin/client/{uuid}", browser=site.admin).status_code == 404
    report = site.send("POST", f"/api/clients/report?token={added['token']}", site.report)
    assert report.status_code == 401


@pytest.mark.parametrize(
    ("body", "names"),
    [
        ({"name": ""}, "name"),
        ({"price": "free"}, "price"),
        ({"expired_at": "soon"}, "expired_at"),
        ({"weight": 1.5}, "weight"),
    ],
)
def test_an_edit_that_does_not_fit_names_its_field(site: Site, body: Any, names: str) -> None:
    answer = site.send("POST", f"/api/admin/client/{site.uuid}/edit", body, site.admin)
    assert answer.status_code == 400
    assert answer.json()["message"].startswith(f"Invalid request body: {names} must ")


def test_settings_change_in_part_and_a_short_key_is_refused(site: Site) -> None:
    before = site.done("/api/admin/settings", method="GET")["data"]
    site.settings(sitename="Mine", unknown_name=1)
    after = site.done("/api/admin/settings/", method="GET")["data"]
    assert after == {**before, "sitename": "Mine"}
    assert site.send("GET", "/api/public").json()["data"]["sitename"] == "Mine"
    refused = site.send("POST", "/api/admin/settings/", {"api_key": "short", "sitename": "Other"}, site.admin)
    assert refused.status_code == 400 and "api_key" in refused.json()["message"]
    assert "short" not in refused.text
    assert site.done("/api/admin/settings/", method="GET")["data"]["sitename"] == "Mine"


def test_an_api_key_administers_but_does_not_show_hidden_nodes(site: Site) -> None:
    site.settings(api_key=API_KEY)
    key = {"Authorization": f"Bearer {API_KEY}"}
    try:
        assert site.send("GET", "/api/admin/client/list", headers=key).status_code == 200
        shown = [node["uuid"] for node in site.send("GET", "/api/nodes", headers=key).json()["data"]]
        assert site.hidden not in shown and site.uuid in shown
        assert site.send("GET", "/api/me", headers=key).json()["logged_in"] is False
    finally:
        site.settings(api_key="")
    assert site.send("GET", "/api/admin/client/list", headers=key).status_code == 401
    assert site.send("GET", "/api/admin/client/list", headers={"Authorization": "Bearer "}).status_code == 401


def test_a_private_site_shows_guests_only_what_it_must(site: Site) -> None:
    site.settings(private_site=True, tempory_share_token="share-this-link-key", tempory_share_token_expire_at=2**33)
    message = {"status": "error", "message": "Private site is enabled, please login first."}
    try:
        for path in ("/api/nodes", "/api/records/load?uuid=x", "/api/task/ping", "/api/logout", "/api/clients"):
            answer = site.send("GET", path)
            assert (path, answer.status_code, answer.json()) == (path, 401, message)
        assert site.send("POST", "/api/rpc2", {}).status_code == 401
        for path in ("/api/public", "/api/me", "/api/version", f"/api/recent/{site.uuid}"):
            assert site.send("GET", path).status_code == 200
        assert site.send("GET", "/api/nodes", browser=site.admin).status_code == 200
        assert site.send("GET", f"/api/nodes?token={site.token}").status_code == 200
        shared = {"Cookie": "temp_key=share-this-link-key"}
        assert site.send("GET", "/api/nodes", headers=shared).status_code == 200
        assert site.send("GET", "/api/public", headers=shared).json()["data"]["private_site"] is False
        assert site.send("GET", "/api/public").json()["data"]["private_site"] is True
    finally:
        site.settings(private_site=False, tempory_share_token="")


def test_ping_tasks_are_added_edited_ordered_and_deleted(site: Site) -> None:
    wanted = {"clients": [site.uuid], "name": "a", "target": "192.0.2.1:443", "type": "tcp", "interval": 60}
    first = site.done("/api/admin/ping/add", wanted)["data"]["task_id"]
    second = site.done("/api/admin/ping/add/", {**wanted, "name": "b"})["data"]["task_id"]
    site.done("/api/admin/ping/edit", {"tasks": [{"id": first, "name": "renamed", "interval": 30}]})
    site.done("/api/admin/ping/order", {str(first): 2, str(second): 1})
    tasks = site.done("/api/admin/ping", method="GET")["data"]
    assert [(each["id"], each["name"], each["interval"], each["target"]) for each in tasks] == [
        (second, "b", 60, "192.0.2.1:443"),
        (first, "renamed", 30, "192.0.2.1:443"),
    ]
    for body in ({**wanted, "type": "arp"}, {**wanted, "interval": 0}, {**wanted, "target": "two words"}):
        assert site.send("POST", "/api/admin/ping/add", body, site.admin).status_code == 400
    missing = {"tasks": [{"id": 999_999, "name": "x"}]}
    assert site.send("POST", "/api/admin/ping/edit", missing, site.admin).status_code == 404
    site.done("/api/admin/ping/delete", {"id": [first, second]})
    assert site.done("/api/admin/ping/", method="GET")["data"] == []


def test_commands_are_off_until_the_operator_turns_them_on(site: Site) -> None:
    site.report_now(site.token)
    wanted = {"command": "id", "clients": [site.uuid]}
    answer = site.send("POST", "/api/admin/task/exec", wanted, site.admin)
    assert answer.status_code == 403 and "MONITOR_REMOTE_COMMANDS" in answer.json()["message"]
    assert site.done("/api/admin/task/all", method="GET")["data"] == []
    result = {"task_id": "t", "result": "uid=0", "exit_code": 0}
    assert site.send("POST", f"/api/clients/task/result?token={site.token}", result).status_code == 404


@pytest.mark.parametrize("name", ["x" * 3_000, "%00", "%F0%9F%92%A5"])
def test_what_cannot_be_an_id_is_not_found(site: Site, name: str) -> None:
    for path in (f"client/{name}", f"client/{name}/token", f"task/{name}", f"task/client/{name}"):
        assert site.send("GET", f"/api/admin/{path}", browser=site.admin).status_code == 404, path
    for path in (f"client/{name}/edit", f"client/{name}/remove"):
        assert site.send("POST", f"/api/admin/{path}", {"name": "x"}, site.admin).status_code == 404, path
    assert site.send("GET", f"/api/recent/{name}").json()["data"] == []
    assert site.send("GET", f"/api/records/load?uuid={name}").json()["data"]["records"] == []


def test_sessions_are_listed_and_ended(site: Site) -> None:
    browser = site.browser()
    token = site.log_in(browser).json()["data"]["set-cookie"]["session_token"]
    listed = site.send("GET", "/api/admin/session/get", browser=browser).json()
    assert listed["current"] in [session["session"] for session in listed["data"]]
    assert token not in str(listed)
    site.done("/api/admin/session/remove", {"session": listed["current"]})
    assert site.send("GET", "/api/admin/session/get", browser=browser).status_code == 401
    gone = site.send("POST", "/api/admin/session/remove", {"session": listed["current"]}, site.admin)
    assert gone.status_code == 404


def test_the_second_factor_is_asked_for_and_each_code_counts_once(site: Site) -> None:
    image = site.send("GET", "/api/admin/2fa/generate", browser=site.admin)
    assert image.content.startswith(b"\x89PNG")
    secret = site.admin.cookies.get("2fa_secret", path="/api/admin/2fa")
    assert secret is not None
    totp = pyotp.TOTP(secret)
    wrong = site.send("POST", "/api/admin/2fa/enable?code=abc", browser=site.admin)
    assert (wrong.status_code, wrong.json()["message"]) == (401, "Invalid 2FA code")
    # The code of the step before: the one of this step is then still good for the login.
    site.done(f"/api/admin/2fa/enable?code={totp.at(time.time() - 30)}")
    login = {"username": "admin", "password": PASSWORD}
    try:
        asked = site.send("POST", "/api/login", login)
        assert (asked.status_code, asked.json()["message"]) == (401, "2FA code is required")
        refused = site.send("POST", "/api/login", {**login, "2fa_code": "00000x"})
        assert (refused.status_code, refused.json()["message"]) == (401, "Invalid 2FA code")
        code = totp.now()
        assert site.send("POST", "/api/login", {**login, "2fa_code": code}).status_code == 200
        again = site.send("POST", "/api/login", {**login, "2fa_code": code})
        assert (again.status_code, again.json()["message"]) == (401, "Invalid 2FA code")
        assert site.send("GET", "/api/me", browser=site.admin).json()["2fa_enabled"] is True
    finally:
        site.done("/api/admin/2fa/disable")
        site.visitor.cookies.clear()


def test_password_login_can_be_switched_off(site: Site) -> None:
    site.settings(disable_password_login=True)
    try:
        answer = site.send("POST", "/api/login", {"username": "admin", "password": PASSWORD})
        assert (answer.status_code, answer.json()["message"]) == (403, "Password login is disabled")
    finally:
        site.settings(disable_password_login=False)


def test_what_was_done_is_logged_without_secrets(site: Site) -> None:
    site.settings(auto_discovery_key="a-discovery-key-1234")
    data = site.done("/api/admin/logs?limit=5&page=1", method="GET")["data"]
    assert data["logs"][0]["message"] == "update settings: auto_discovery_key"
    assert set(data["logs"][0]) == {"id", "ip", "uuid", "message", "msg_type", "time"}
    assert len(data["logs"]) <= 5 <= data["total"]
    assert "a-discovery-key-1234" not in str(data)
    bad = site.send("GET", "/api/admin/logs?limit=0", browser=site.admin)
    assert bad.status_code == 400 and "limit" in bad.json()["message"]


def test_the_relays_own_login_signs_in_to_the_monitor_too(site: Site) -> None:
    browser = site.browser()
    answer = site.send("POST", "/api/auth/login", {"password": PASSWORD}, browser)
    assert answer.status_code == 200
    assert site.send("GET", "/api/me", browser=browser).json()["logged_in"] is True


def test_a_new_password_ends_every_session(site: Site) -> None:
    browser = site.browser()
    site.log_in(browser)
    changed = {"old_password": PASSWORD, "new_password": "another good password"}
    headers = site.stack.headers
    answer = site.send("POST", "/api/auth/change-password", changed, headers=headers)
    assert answer.status_code == 200, answer.text
    try:
        assert site.send("GET", "/api/me", browser=browser).json()["logged_in"] is False
    finally:
        site.send("POST", "/api/auth/reset-password", {"new_password": PASSWORD}, headers=headers)
        site.log_in(site.admin)
