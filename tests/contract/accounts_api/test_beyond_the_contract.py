"""What the contract does not list: filters, pools' own routes, reported uses, cookies, deletion in use, checks."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.contract.accounts_api.caller import Caller
from tests.embedded import eventually

# --- accounts ---


def test_lists_are_filtered_paged_and_counted(caller: Caller) -> None:
    owner = f"owner-{caller.number()}"
    made = [
        caller.new_account("bilibili", user_id=owner, project_id=f"project-{index % 2}", priority=1 + index % 3)
        for index in range(7)
    ]
    caller.done("PUT", f"/api/v1/accounts/{made[0]}", {"status": "active"})

    def listed(**query: Any) -> dict[str, Any]:
        found: dict[str, Any] = caller.done("GET", "/api/v1/accounts", params={"user_id": owner, **query})
        return found

    everything = listed()
    assert everything["total"] == 7
    shown = [(account["priority"], account["id"]) for account in everything["accounts"]]
    assert shown == sorted(shown, reverse=True)
    pages = [listed(limit=3, offset=offset)["accounts"] for offset in (0, 3, 6, 9)]
    assert [len(page) for page in pages] == [3, 3, 1, 0]
    assert [account["account_id"] for page in pages for account in page] == [
        account["account_id"] for account in everything["accounts"]
    ]
    assert listed(status="active")["total"] == 1
    assert [account["account_id"] for account in listed(status="active")["accounts"]] == [made[0]]
    assert listed(project_id="project-1")["total"] == 3
    assert listed(project_id="project-1", platform="douyin") == {"accounts": [], "total": 0, "limit": 50, "offset": 0}
    assert caller.done("GET", "/api/v1/accounts", params={"project_id": "project-1", "user_id": "nobody"})["total"] == 0
    caller.done("DELETE", f"/api/v1/accounts/{made[0]}")
    assert listed()["total"] == 6
    assert listed(status="active")["total"] == 0


@pytest.mark.parametrize(
    "query", [{"limit": 0}, {"limit": 201}, {"limit": "many"}, {"offset": -1}, {"status": "banned"}, {"platform": "x"}]
)
def test_wrong_queries_are_refused(caller: Caller, query: dict[str, Any]) -> None:
    code = "INVALID_PLATFORM" if "platform" in query else "INVALID_REQUEST"
    caller.refused(400, code, "GET", "/api/v1/accounts", params=query)


def test_offsets_are_walked_within_a_bound(caller: Caller) -> None:
    error = caller.refused(400, "OFFSET_TOO_LARGE", "GET", "/api/v1/accounts", params={"offset": 10_001})
    assert error["details"]["field"] == "offset"


@pytest.mark.parametrize("priority", [0, 11, "5", True, 5.5])
def test_priorities_are_whole_numbers_from_1_to_10(caller: Caller, priority: Any) -> None:
    body = {"platform": "douyin", "cookie_data": "a=1", "priority": priority}
    caller.refused(400, "INVALID_REQUEST", "POST", "/api/v1/accounts", body)


@pytest.mark.parametrize("depth", [21, 200, 480, 950, 4000])
@pytest.mark.parametrize("field", ["tags", "metadata", "cookie_data"])
def test_what_is_nested_without_end_is_refused(caller: Caller, field: str, depth: int) -> None:
    nested = "[" * depth + "]" * depth
    sent = f'{{"platform": "douyin", "cookie_data": "a=1", "{field}": {{"a": {nested}}}}}'
    answer = caller.call_raw("POST", "/api/v1/accounts", sent)
    assert answer.status_code == 400, answer.text
    assert answer.json()["error"]["code"] == "INVALID_REQUEST"


def test_labels_may_be_nested_within_reason(caller: Caller) -> None:
    tags = {"group": {"names": ["a", {"b": [1, 2.5, None, True]}]}}
    account_id = caller.new_account(tags=tags)
    assert caller.done("GET", f"/api/v1/accounts/{account_id}")["tags"] == tags


@pytest.mark.parametrize(
    ("method", "path", "code"),
    [
        ("GET", "/api/v1/accounts/{long}", "ACCOUNT_NOT_FOUND"),
        ("DELETE", "/api/v1/accounts/{long}", "ACCOUNT_NOT_FOUND"),
        ("GET", "/api/v1/accounts/{long}/cookies", "ACCOUNT_NOT_FOUND"),
        ("POST", "/api/v1/accounts/{long}/health-check", "ACCOUNT_NOT_FOUND"),
        ("GET", "/api/v1/accounts/batch-health-check/{long}", "JOB_NOT_FOUND"),
        ("POST", "/api/v1/pools/{long}/select", "POOL_NOT_FOUND"),
        ("DELETE", "/api/v1/pools/pool_none/members/{long}", "MEMBER_NOT_FOUND"),
    ],
)
def test_ids_too_long_for_any_record_are_not_found(caller: Caller, method: str, path: str, code: str) -> None:
    long = path.format(long="x" * 3000)
    caller.refused(404, code, method, long)
    caller.refused(401, "UNAUTHORIZED", method, long, token=None)


@pytest.mark.parametrize(
    "cookie_data",
    [
        "sessionid=v1; ttwid=v2",
        '{"sessionid": "v1", "ttwid": "v2"}',
        '[{"name": "sessionid", "value": "v1"}, {"name": "ttwid", "value": "v2", "domain": ".douyin.com"}]',
        "# Netscape HTTP Cookie File\n.douyin.com\tTRUE\t/\tTRUE\t0\tsessionid\tv1\n"
        ".douyin.com\tTRUE\t/\tTRUE\t0\tttwid\tv2",
        {"sessionid": "v1", "ttwid": "v2"},
        {"cookies": [{"name": "sessionid", "value": "v1"}, {"name": "ttwid", "value": "v2"}], "origins": []},
    ],
    ids=["header", "object", "array", "netscape", "object as it is", "saved by browser automation"],
)
def test_cookies_are_taken_in_every_form_and_given_back(caller: Caller, cookie_data: Any) -> None:
    body = {"platform": "douyin", "cookie_data": cookie_data}
    account_id = caller.done("POST", "/api/v1/accounts", body)["account_id"]
    shown = caller.done("GET", f"/api/v1/accounts/{account_id}/cookies")
    assert shown["cookies"] == {"sessionid": "v1", "ttwid": "v2"}
    assert shown["warning"]


def test_reading_cookies_is_guarded_and_on_the_record(caller: Caller) -> None:
    account_id = caller.new_account()
    path = f"/api/v1/accounts/{account_id}/cookies"
    caller.refused(401, "UNAUTHORIZED", "GET", path, token=None)
    answer = caller.call("GET", path)
    assert answer.headers["Cache-Control"] == "no-store"
    value = next(iter(answer.json()["data"]["cookies"].values()))
    trail = caller.call("GET", "/api/audit")
    assert trail.status_code == 200, trail.text
    assert account_id in trail.text
    assert "accounts.cookies" in trail.text
    assert value not in trail.text


def test_the_platform_of_an_account_stays(caller: Caller) -> None:
    path = f"/api/v1/accounts/{caller.new_account('douyin')}"
    assert caller.done("PUT", path, {"platform": "douyin", "priority": 9})["priority"] == 9
    caller.refused(409, "PLATFORM_MISMATCH", "PUT", path, {"platform": "toutiao"})


def test_five_failures_in_a_row_make_an_account_inactive(caller: Caller) -> None:
    account_id = caller.new_account(active=True)

    def report(success: bool, error: str | None = None) -> dict[str, Any]:
        body = {"action": "publish", "success": success, "duration_ms": 20, "error": error}
        found: dict[str, Any] = caller.done("POST", f"/api/v1/accounts/{account_id}/usage", body)
        return found

    for _ in range(4):
        assert report(False)["status"] == "active"
    report(True)
    for _ in range(4):
        assert report(False, "quota")["status"] == "active"
    assert report(False, "quota")["status"] == "inactive"
    account = caller.done("GET", f"/api/v1/accounts/{account_id}")
    assert "quota" in account["last_error"]
    statistics = caller.done("GET", f"/api/v1/accounts/{account_id}/stats")
    assert (statistics["success_count"], statistics["fail_count"]) == (1, 9)
    assert statistics["success_rate"] == 10.0
    assert len(statistics["recent_logs"]) == 10
    assert statistics["recent_logs"][0]["error"] == "quota"
    # Switched on again it has five failures before it once more.
    caller.done("PUT", f"/api/v1/accounts/{account_id}", {"status": "active"})
    assert [report(False)["status"] for _ in range(5)] == ["active"] * 4 + ["inactive"]


def test_the_contract_s_success_rate(caller: Caller) -> None:
    account_id = caller.new_account(active=True)
    for success in [True] * 29 + [False]:
        caller.done("POST", f"/api/v1/accounts/{account_id}/usage", {"action": "publish", "success": success})
    assert caller.done("GET", f"/api/v1/accounts/{account_id}/stats")["success_rate"] == 96.67


# --- pools ---


def test_a_thousand_selections_at_once_give_each_of_five_two_hundred(caller: Caller) -> None:
    pool_id, members = caller.new_pool(5)

    def select(_: int) -> str:
        return str(caller.done("POST", f"/api/v1/pools/{pool_id}/select")["account_id"])

    with ThreadPoolExecutor(32) as threads:
        selected = list(threads.map(select, range(1000)))
    assert {account_id: selected.count(account_id) for account_id in members} == dict.fromkeys(members, 200)
    for account_id in members:
        assert caller.done("GET", f"/api/v1/accounts/{account_id}")["use_count"] == 200


def test_least_used_evens_out_even_at_once(caller: Caller) -> None:
    pool_id, members = caller.new_pool(4, strategy="least_used")
    with ThreadPoolExecutor(4) as threads:
        list(threads.map(lambda _: caller.done("POST", f"/api/v1/pools/{pool_id}/select"), range(40)))
    counts = [caller.done("GET", f"/api/v1/accounts/{account_id}")["use_count"] for account_id in members]
    assert sum(counts) == 40
    assert max(counts) - min(counts) <= 1


def test_an_account_in_use_is_deleted_and_never_given_out_again(caller: Caller) -> None:
    pool_id, members = caller.new_pool(3)
    with ThreadPoolExecutor(8) as threads:
        selections = [threads.submit(caller.call, "POST", f"/api/v1/pools/{pool_id}/select") for _ in range(60)]
        caller.done("DELETE", f"/api/v1/accounts/{members[0]}")
        after = [caller.done("POST", f"/api/v1/pools/{pool_id}/select")["account_id"] for _ in range(12)]
        assert all(selection.result().status_code == 200 for selection in selections)
    assert set(after) == set(members[1:])
    pool = caller.done("GET", f"/api/v1/pools/{pool_id}")
    assert pool["member_count"] == 2
    assert [member["account_id"] for member in pool["members"]] == members[1:]
    caller.refused(404, "ACCOUNT_NOT_FOUND", "GET", f"/api/v1/accounts/{members[0]}/cookies")


def test_only_active_members_of_an_active_pool_are_given_out(caller: Caller) -> None:
    pool_id, (first, second) = caller.new_pool(2)
    caller.done("PUT", f"/api/v1/accounts/{first}", {"status": "inactive"})
    path = f"/api/v1/pools/{pool_id}"
    assert {caller.done("POST", f"{path}/select")["account_id"] for _ in range(4)} == {second}
    caller.done("DELETE", f"{path}/members/{second}")
    caller.refused(503, "NO_AVAILABLE_ACCOUNT", "POST", f"{path}/select")
    caller.done("PUT", f"/api/v1/accounts/{first}", {"status": "active"})
    assert caller.done("POST", f"{path}/select")["account_id"] == first
    caller.done("PUT", path, {"is_active": False})
    caller.refused(503, "NO_AVAILABLE_ACCOUNT", "POST", f"{path}/select")


def test_membership_has_its_rules(caller: Caller) -> None:
    pool_id, (member,) = caller.new_pool(1, max_size=1)
    path = f"/api/v1/pools/{pool_id}/members"
    caller.refused(409, "ALREADY_MEMBER", "POST", path, {"account_id": member})
    caller.refused(409, "POOL_FULL", "POST", path, {"account_id": caller.new_account()})
    caller.refused(409, "PLATFORM_MISMATCH", "POST", path, {"account_id": caller.new_account("toutiao")})
    caller.refused(404, "ACCOUNT_NOT_FOUND", "POST", path, {"account_id": "acc_none"})
    caller.refused(404, "POOL_NOT_FOUND", "POST", "/api/v1/pools/pool_none/members", {"account_id": member})
    caller.refused(404, "MEMBER_NOT_FOUND", "DELETE", f"{path}/{caller.new_account()}")


def test_pools_are_changed_and_deleted_without_their_accounts(caller: Caller) -> None:
    pool_id, (first, second) = caller.new_pool(2)
    path = f"/api/v1/pools/{pool_id}"
    changed = caller.done("PUT", path, {"strategy": "priority", "description": "新说明"})
    assert (changed["strategy"], changed["description"], changed["member_count"]) == ("priority", "新说明", 2)
    caller.refused(409, "POOL_FULL", "PUT", path, {"max_size": 1})
    caller.refused(409, "PLATFORM_MISMATCH", "PUT", path, {"platform": "toutiao"})
    caller.done("DELETE", path)
    caller.refused(404, "POOL_NOT_FOUND", "GET", path)
    other, _ = caller.new_pool()
    for account_id in (first, second):
        caller.done("POST", f"/api/v1/pools/{other}/members", {"account_id": account_id})
        caller.done("DELETE", f"/api/v1/accounts/{account_id}")


# --- checks ---


@pytest.mark.parametrize("platform", ["bilibili", "douyin", "toutiao", "xiaohongshu"])
def test_a_check_has_three_answers(caller: Caller, platform: str) -> None:
    account_id = caller.new_account(platform)
    path = f"/api/v1/accounts/{account_id}"
    found = caller.done("POST", f"{path}/health-check")
    assert (found["healthy"], found["status"], found["outcome"]) == (True, "active", "logged_in")
    assert (found["account_name"], found["platform_user_name"]) == ("小明", "小明")
    assert found["platform_user_id"]
    account = caller.done("GET", path)
    assert (account["account_name"], account["last_error"]) == ("小明", None)
    assert account["last_check_at"]
    for behaviour in ("risk_control", "html", "broken", "other_redirect", "odd"):
        caller.platforms.behave(platform, behaviour)  # type: ignore[arg-type]
        found = caller.done("POST", f"{path}/health-check")
        assert (found["healthy"], found["status"], found["outcome"]) == (False, "active", "unknown"), behaviour
        assert found["error"]
        assert caller.done("GET", path)["last_error"] == found["error"]
        in_chinese = caller.done("POST", f"{path}/health-check", language="zh-CN")
        shown = caller.done("GET", path, language="zh-CN")["last_error"]
        assert shown == in_chinese["error"]
        assert re.search("[\u4e00-\u9fff]", shown)
        assert not re.search("[a-z]{2,} [a-z]{2,}", in_chinese["message"]), in_chinese
    caller.platforms.behave(platform, "ordinary")
    caller.done("PUT", path, {"cookie_data": caller.platforms.issue(platform, "gone")})
    caller.platforms.revoke(platform, "gone")
    found = caller.done("POST", f"{path}/health-check")
    assert (found["healthy"], found["status"], found["outcome"]) == (False, "expired", "must_log_in")


def test_what_an_operator_switched_off_stays_off(caller: Caller) -> None:
    account_id = caller.new_account()
    path = f"/api/v1/accounts/{account_id}"
    caller.done("PUT", path, {"status": "inactive"})
    found = caller.done("POST", f"{path}/health-check")
    assert (found["healthy"], found["status"]) == (True, "inactive")


def test_a_callback_s_account_is_checked_shortly_after(caller: Caller) -> None:
    cookie = caller.platforms.issue("xiaohongshu", "by-callback", "小红")
    kept = caller.done("POST", "/api/v1/login/callback", {"platform": "xiaohongshu", "cookie_data": cookie})
    assert kept["status"] == "pending"
    path = f"/api/v1/accounts/{kept['account_id']}"
    eventually(lambda: caller.done("GET", path)["status"] == "active")
    assert caller.done("GET", path)["account_name"] == "小红"
