"""Every HTTP entry of the contract, as the real server answers where the contract's document differs."""

from __future__ import annotations

from typing import Any

import pytest

from shared.monitor.shown import LOAD_TYPES
from tests.contract.monitor_api.conftest import CONTRACT, PASSWORD, RECORD, Site, entry, example

WALKED = {
    "me": ("GET", "/api/me"),
    "public": ("GET", "/api/public"),
    "version": ("GET", "/api/version"),
    "login": ("POST", "/api/login"),
    "oauth": ("GET", "/api/oauth"),
    "logout": ("GET", "/api/logout"),
    "nodes": ("GET", "/api/nodes"),
    "recent": ("GET", "/api/recent/{uuid}"),
    "records.load": ("GET", "/api/records/load"),
    "records.ping": ("GET", "/api/records/ping"),
    "ws.clients": ("WS", "/api/clients"),
}


def error(site: Site, path: str) -> tuple[int, Any]:
    answer = site.send("GET", path)
    return answer.status_code, answer.json()


def test_no_entry_of_the_contract_is_left_out() -> None:
    assert {each["id"]: (each["method"], each["path"]) for each in CONTRACT["endpoints"]} == WALKED


def test_me_is_a_bare_object(site: Site) -> None:
    assert site.send("GET", "/api/me").json() == {"username": "Guest", "logged_in": False}
    signed_in = site.send("GET", "/api/me", browser=site.admin).json()
    assert set(signed_in) == set(example("me"))
    assert (signed_in["username"], signed_in["logged_in"], signed_in["2fa_enabled"]) == ("admin", True, False)
    assert len(signed_in["uuid"]) == 36


def test_public_tells_what_the_contract_shows(site: Site) -> None:
    answer = site.send("GET", "/api/public")
    assert answer.headers["Cache-Control"] == "no-store"
    body = answer.json()
    assert (body["status"], body["message"]) == ("success", "")
    shown = example("public")["data"]
    assert set(body["data"]) == set(shown)
    assert {name: type(value) for name, value in body["data"].items()} == {k: type(v) for k, v in shown.items()}
    assert body["data"]["record_preserve_time"] == 720
    assert body["data"]["ping_record_preserve_time"] == 24


def test_version_is_that_of_the_server_it_is_compatible_with(site: Site) -> None:
    data = site.send("GET", "/api/version").json()["data"]
    assert set(data) == {"hash", "version"} and data["version"] == "1.1.9"


def test_a_login_sets_the_cookie_and_tells_it(site: Site) -> None:
    browser = site.browser()
    answer = site.log_in(browser)
    token = answer.json()["data"]["set-cookie"]["session_token"]
    assert len(token) == 32 and token.isalnum()
    cookie = answer.headers["Set-Cookie"]
    assert cookie.startswith(f"session_token={token};")
    assert all(part in cookie for part in ("Path=/", "Max-Age=2592000", "HttpOnly", "SameSite=Lax"))
    assert site.send("GET", "/api/me", browser=browser).json()["logged_in"] is True


@pytest.mark.parametrize(
    ("body", "status", "message"),
    [
        ({"username": "admin", "password": "wrong password"}, 401, "Invalid credentials"),
        ({"username": "nobody", "password": PASSWORD}, 401, "Invalid credentials"),
        ({"username": "admin"}, 400, "Invalid request body: Username and password are required"),
        ({"password": PASSWORD}, 400, "Invalid request body: Username and password are required"),
        ({"username": 5, "password": "x"}, 400, "Invalid request body: username must be a string"),
        ([], 400, "Invalid request body: must be a JSON object, not array"),
    ],
)
def test_a_login_that_fails(site: Site, body: Any, status: int, message: str) -> None:
    answer = site.send("POST", "/api/login", body)
    assert (answer.status_code, answer.json()) == (status, {"status": "error", "message": message})
    assert "Set-Cookie" not in answer.headers


def test_a_login_that_is_no_json(site: Site) -> None:
    answer = site.send("POST", "/api/login", data=b"{")
    assert answer.status_code == 400
    assert answer.json()["message"].startswith("Invalid request body: ")


def test_logging_out_ends_the_session(site: Site) -> None:
    browser = site.browser()
    token = site.log_in(browser).json()["data"]["set-cookie"]["session_token"]
    answer = site.send("GET", "/api/logout", browser=browser)
    assert (answer.status_code, answer.headers["Location"]) == (302, "/")
    assert "session_token=;" in answer.headers["Set-Cookie"] and "Max-Age=0" in answer.headers["Set-Cookie"]
    again = site.send("GET", "/api/me", headers={"Cookie": f"session_token={token}"})
    assert again.json()["logged_in"] is False


def test_oauth_is_refused_until_it_is_enabled_and_then_leads_to_kook(site: Site) -> None:
    assert error(site, "/api/oauth") == (403, {"status": "error", "error": "OAuth is not enabled"})
    site.done("/api/admin/settings/oidc?provider=kook", {"client_id": "client-1", "client_secret": "secret-of-kook"})
    site.settings(o_auth_enabled=True, o_auth_provider="kook")
    try:
        browser = site.browser()
        answer = site.send("GET", "/api/oauth", browser=browser)
        assert answer.status_code == 302
        location = answer.headers["Location"]
        assert location.startswith("https://www.kookapp.cn/app/oauth2/authorize?")
        assert "client_id=client-1" in location and "secret-of-kook" not in location
        assert "oauth_state=" in answer.headers["Set-Cookie"] and "Max-Age=3600" in answer.headers["Set-Cookie"]
        wrong = site.send("GET", "/api/oauth_callback?state=made-up&code=x", browser=browser)
        assert (wrong.status_code, wrong.json()) == (400, {"status": "error", "error": "Invalid state"})
    finally:
        site.settings(o_auth_enabled=False)


def test_nodes_hide_what_is_private(site: Site) -> None:
    site.done(f"/api/admin/client/{site.uuid}/edit", {"remark": "for me alone", "public_remark": "for all"})
    shown = site.send("GET", "/api/nodes").json()["data"]
    assert site.hidden not in [node["uuid"] for node in shown]
    node = next(node for node in shown if node["uuid"] == site.uuid)
    assert set(example("nodes")["data"][0]) <= set(node)
    assert not {"token", "ipv4", "ipv6", "remark", "version"} & set(node)
    assert node["public_remark"] == "for all"
    to_admin = site.send("GET", "/api/nodes", browser=site.admin).json()["data"]
    assert site.hidden in [node["uuid"] for node in to_admin]
    assert all("token" not in node for node in to_admin)


def test_recent_reports_have_the_nested_form(site: Site) -> None:
    site.report_now(site.token)
    report = site.send("GET", f"/api/recent/{site.uuid}").json()["data"][-1]
    shown = example("recent")["data"][0]
    assert {name: report[name] for name in shown if name != "updated_at"} == site.report
    assert report["updated_at"].endswith("Z")
    assert site.send("GET", "/api/recent/unknown").json()["data"] == []
    assert error(site, f"/api/recent/{site.hidden}") == (400, {"status": "error", "message": "UUID is required"})


def test_load_records_are_flat_and_in_bytes(site: Site) -> None:
    site.put_records(site.uuid)
    data = site.send("GET", f"/api/records/load?uuid={site.uuid}&hours=1").json()["data"]
    assert data["count"] == len(data["records"]) == 10
    assert data["has_gpu_data"] is False
    record = data["records"][0]
    assert set(record) == set(example("records.load")["data"]["records"][0])
    assert {name: record[name] for name in RECORD} == RECORD
    times = [each["time"] for each in data["records"]]
    assert times == sorted(times) and times[0].endswith("Z")


@pytest.mark.parametrize("load_type", LOAD_TYPES)
def test_load_type_is_a_projection(site: Site, load_type: str) -> None:
    site.put_records(site.uuid)
    data = site.send("GET", f"/api/records/load?uuid={site.uuid}&hours=1&load_type={load_type}").json()["data"]
    assert data["load_type"] == load_type
    derived = {"ram": {"ram_percent"}, "swap": {"swap_percent"}, "disk": {"disk_percent"}}
    more = {"connections_tcp"} if load_type == "connections" else derived.get(load_type, set())
    assert set(data["records"][0]) == {"client", "time", *LOAD_TYPES[load_type]} | more


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("hours=1", "UUID is required"),
        ("uuid={hidden}&hours=1", "UUID is required"),
        ("uuid={uuid}&hours=1.5", "Invalid hours parameter"),
        ("uuid={uuid}&hours=soon", "Invalid hours parameter"),
        ("uuid={uuid}&hours=1&load_type=gpu", "Invalid load_type parameter"),
    ],
)
def test_load_records_that_are_refused(site: Site, query: str, message: str) -> None:
    path = "/api/records/load?" + query.format(uuid=site.uuid, hidden=site.hidden)
    assert error(site, path) == (400, {"status": "error", "message": message})


@pytest.mark.parametrize("hours", ["-1", "0", "999999999"])
def test_any_number_of_hours_is_answered(site: Site, hours: str) -> None:
    data = site.send("GET", f"/api/records/load?uuid=unknown&hours={hours}").json()["data"]
    assert (data["count"], data["records"]) == (0, [])


def test_ping_records_come_newest_first_with_their_figures(site: Site) -> None:
    wanted = {"clients": [site.uuid], "name": "gateway", "target": "192.0.2.1", "type": "icmp", "interval": 30}
    task_id = site.done("/api/admin/ping/add", wanted)["data"]["task_id"]
    site.put_pings(site.uuid, task_id, [10, 30, -1, 20])
    for query in (f"uuid={site.uuid}", f"task_id={task_id}", f"uuid={site.uuid}&hours=nonsense"):
        data = site.send("GET", f"/api/records/ping?{query}").json()["data"]
        assert [each["value"] for each in data["records"] if each["task_id"] == task_id] == [10, 30, -1, 20]
        assert set(data["records"][0]) == {"task_id", "time", "value", "client"}
        task = next(each for each in data["tasks"] if each["id"] == task_id)
        figures = {name: task[name] for name in ("name", "interval", "type", "loss", "min", "max", "avg", "total")}
        assert figures == {
            "name": "gateway", "interval": 30, "type": "icmp", "loss": 25.0, "min": 10, "max": 30, "avg": 20.0,
            "total": 4,
        }  # fmt: skip
        assert data["basic_info"] == [{"client": site.uuid, "loss": 25.0, "min": 10, "max": 30}]
    assert data["count"] == 4
    shown = site.send("GET", "/api/task/ping").json()["data"]
    assert [(each["id"], each["clients"]) for each in shown] == [(task_id, [site.uuid])]
    assert all("target" not in each for each in shown)
    site.done("/api/admin/ping/delete", {"id": [task_id]})


def test_ping_records_that_are_refused(site: Site) -> None:
    wanted = {"status": "error", "message": "UUID or task_id is required"}
    assert error(site, "/api/records/ping") == (400, wanted)
    wanted = {"status": "error", "message": "Invalid task_id parameter"}
    assert error(site, "/api/records/ping?task_id=x") == (400, wanted)
    hidden = site.send("GET", f"/api/records/ping?uuid={site.hidden}").json()["data"]
    assert hidden == {"count": 0, "records": []}


def test_the_websocket_entry_answers_a_plain_request(site: Site) -> None:
    wanted = {"status": "error", "error": "Require WebSocket upgrade"}
    assert error(site, entry("ws.clients")["path"]) == (400, wanted)


def test_unknown_paths_are_json(site: Site) -> None:
    assert site.send("POST", "/api/records/nothing", {}).status_code in (404, 405)
    assert site.send("GET", "/api/records/nothing").json()["status"] == "error"
