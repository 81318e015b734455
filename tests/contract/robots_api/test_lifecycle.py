"""What happens over time: races, revocation, commands handed out once, figures that add up."""

from __future__ import annotations

import base64
import datetime as dt
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import requests

from tests.contract.robots_api.robots_stack import ADMIN_PASSWORD, ADMIN_PHONE, RobotsStack
from tests.embedded import eventually

TODAY = dt.datetime.now(dt.timezone(dt.timedelta(hours=8))).date()
PICTURE = b"\x89PNG\r\n\x1a\n" + bytes(200_000)


def period(first: dt.date = TODAY, last: dt.date = TODAY) -> dict[str, str]:
    return {"startDate": first.isoformat(), "endDate": last.isoformat()}


def report(robot_id: str, **changes: Any) -> dict[str, Any]:
    return {
        "robotId": robot_id,
        "spoken": "hello",
        "rawSpoken": "@robot hello",
        "receivedName": "张三",
        "groupName": "测试群1",
        "roomType": 1,
        "atMe": True,
        "textType": 1,
        "timestamp": "2024-12-01T10:30:00Z",
        **changes,
    }


def test_of_devices_that_race_for_one_code_exactly_one_wins(robots: RobotsStack) -> None:
    code = robots.new_code()
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda number: robots.activate(code, f"racer-{number}"), range(8)))
    statuses = sorted(answer.status_code for answer in answers)
    assert statuses == [201] + [409] * 7
    (winner,) = [answer.json()["data"]["robotId"] for answer in answers if answer.status_code == 201]
    losers = {answer.json()["data"]["existingRobotId"] for answer in answers if answer.status_code == 409}
    assert losers == {winner}


@pytest.mark.parametrize("ending", ["unbind", "disable", "delete"])
def test_unbinding_disabling_and_deleting_revoke_a_robots_tokens(robots: RobotsStack, ending: str) -> None:
    user = robots.new_user()
    robot, admin = robots.new_robot(user), robots.admin_token()
    query = {"robotId": robot.robot_id}
    assert robots.call("GET", "/api/robot/commands", token=robot.token, **query).status_code == 200
    if ending == "unbind":
        done = robots.data("POST", "/api/admin/unbind-device", {"code": robot.code, "reason": "new phone"}, token=admin)
        assert (done["deviceId"], done["robotId"]) == (robot.device_id, robot.robot_id)
    elif ending == "disable":
        robots.data("POST", f"/api/admin/activation-codes/{robot.code}/disable", token=admin)
    else:
        robots.data("DELETE", f"/api/robots/{robot.robot_id}", token=user.token)
        assert robots.data("GET", "/api/robots", token=user.token)["total"] == 0
        (gone,) = robots.data("GET", "/api/robots", token=user.token, status="deleted")["list"]
        assert (gone["robotId"], gone["status"]) == (robot.robot_id, "deleted")
    assert robots.call("GET", "/api/robot/commands", token=robot.token, **query).status_code == 401
    refreshed = robots.call("POST", "/api/robot/refresh-token", {"refreshToken": robot.refresh_token})
    assert refreshed.status_code == 401
    assert robots.activate(robot.code, "another").status_code == (201 if ending == "unbind" else 403)


def test_a_disabled_user_is_out_at_once_and_cannot_sign_in(robots: RobotsStack) -> None:
    user = robots.new_user()
    robots.data("POST", f"/api/admin/users/{user.user_id}/disable", token=robots.admin_token())
    assert robots.call("GET", "/api/user/info", token=user.token).status_code == 401
    assert robots.call("POST", "/api/robot/refresh-token", {"refreshToken": user.refresh_token}).status_code == 401


def test_a_refresh_token_gets_an_access_token_that_works(robots: RobotsStack) -> None:
    user = robots.new_user()
    fresh = robots.data("POST", "/api/robot/refresh-token", {"refreshToken": user.refresh_token})
    assert robots.data("GET", "/api/user/info", token=fresh["token"])["userId"] == user.user_id


def test_the_phone_from_the_environment_becomes_an_administrator(robots: RobotsStack) -> None:
    admin = robots.new_user(ADMIN_PHONE)
    listed = robots.data("GET", "/api/admin/users", token=admin.token, role="admin")["list"]
    assert [(each["userId"], each["role"]) for each in listed] == [(admin.user_id, "admin")]
    own = robots.call("POST", f"/api/admin/users/{admin.user_id}/disable", token=admin.token)
    assert own.status_code == 409


def test_a_login_code_is_sent_once_a_minute_and_good_once(robots: RobotsStack) -> None:
    phone = "13600000001"
    code = robots.login_code(phone)
    again = robots.call("POST", "/api/user/send-sms", {"phone": phone})
    assert again.status_code == 429
    assert 1 <= again.json()["data"]["retryAfter"] <= 60
    assert again.headers["Retry-After"] == str(again.json()["data"]["retryAfter"])
    wrong = "000000" if code != "000000" else "111111"
    assert robots.call("POST", "/api/user/login", {"phone": phone, "code": wrong}).status_code == 401
    assert robots.call("POST", "/api/user/login", {"phone": phone, "code": code}).status_code == 200
    assert robots.call("POST", "/api/user/login", {"phone": phone, "code": code}).status_code == 401


def test_an_owner_sees_a_robots_latest_commands_and_messages(robots: RobotsStack) -> None:
    user = robots.new_user()
    robot = robots.new_robot(user)
    path = f"/api/robots/{robot.robot_id}/records"
    assert robots.data("GET", path, token=user.token) == {"commands": [], "messages": []}
    names = []
    for number in range(2):
        body = {"robotId": robot.robot_id, "type": "text", "titleList": ["张三"], "content": f"no. {number}"}
        names.append(robots.data("POST", "/api/robot/send-message", body, token=user.token)["commandId"])
    robots.data("POST", "/api/robot/messages", report(robot.robot_id), token=robot.token)
    robots.data("GET", "/api/robot/commands", token=robot.token, robotId=robot.robot_id)
    result = {"robotId": robot.robot_id, "commandId": names[0], "errorCode": 0, "executionTimeMs": 12}
    robots.data("POST", "/api/robot/command-result", result, token=robot.token)

    found = robots.data("GET", path, token=user.token)
    assert {each["commandId"]: (each["status"], each["attempts"]) for each in found["commands"]} == {
        names[0]: ("success", 1),
        names[1]: ("sent", 1),
    }
    assert [each["createdAt"] for each in found["commands"]] == sorted(
        (each["createdAt"] for each in found["commands"]), reverse=True
    )
    (message,) = found["messages"]
    assert (message["spoken"], message["receivedName"], message["atMe"]) == ("hello", "张三", True)
    assert len(robots.data("GET", path, token=user.token, limit=1)["commands"]) == 1
    assert robots.call("GET", path, token=user.token, limit=101).status_code == 400
    assert robots.call("GET", path, token=robots.new_user().token).status_code == 404


def test_commands_are_handed_out_once_and_results_are_counted_once(robots: RobotsStack) -> None:
    user = robots.new_user()
    robot = robots.new_robot(user)
    names = []
    for number in range(3):
        body = {"robotId": robot.robot_id, "type": "text", "titleList": ["张三"], "content": f"no. {number}"}
        names.append(robots.data("POST", "/api/robot/send-message", body, token=user.token)["commandId"])

    def collect(_: int) -> list[str]:
        answer = robots.data("GET", "/api/robot/commands", token=robot.token, robotId=robot.robot_id)
        return [each["commandId"] for each in answer["commands"]]

    with ThreadPoolExecutor(4) as pool:
        handed = [name for batch in pool.map(collect, range(4)) for name in batch]
    assert sorted(handed) == sorted(names)
    result = {"robotId": robot.robot_id, "commandId": names[0], "errorCode": 0, "executionTimeMs": 2440}
    for _ in range(2):
        robots.data("POST", "/api/robot/command-result", result, token=robot.token)
    robots.data(
        "POST",
        "/api/robot/command-result",
        {**result, "commandId": names[1], "executionTimeMs": 2500},
        token=robot.token,
    )
    found = robots.data("GET", f"/api/robots/{robot.robot_id}/statistics", token=user.token, **period())
    assert (found["avgResponseTime"], found["successRate"]) == (2.5, 100.0)
    unknown = robots.call("POST", "/api/robot/command-result", {**result, "commandId": "cmd_1_x"}, token=robot.token)
    assert unknown.status_code == 404


def test_an_urgent_command_is_handed_out_before_older_ones(robots: RobotsStack) -> None:
    user = robots.new_user()
    robot = robots.new_robot(user)
    sent = []
    for priority in (0, 1, 3):
        body = {"robotId": robot.robot_id, "type": "text", "titleList": ["x"], "content": "y", "priority": priority}
        sent.append(robots.data("POST", "/api/robot/send-message", body, token=user.token)["commandId"])
    handed = robots.data("GET", "/api/robot/commands", token=robot.token, robotId=robot.robot_id)["commands"]
    assert [command["commandId"] for command in handed] == sent[::-1]
    assert all("priority" not in command["commandParams"] for command in handed)


def test_statistics_add_up_and_both_days_count(robots: RobotsStack) -> None:
    user = robots.new_user()
    robot = robots.new_robot(user)
    for name, times in (("张三", 3), ("李四", 2), ("王五", 1)):
        for _ in range(times):
            robots.data("POST", "/api/robot/messages", report(robot.robot_id, receivedName=name), token=robot.token)
    private = report(robot.robot_id, receivedName="李四", roomType=2)
    del private["groupName"]
    robots.data("POST", "/api/robot/messages", private, token=robot.token)
    path = f"/api/robots/{robot.robot_id}/statistics"
    found = robots.data("GET", path, token=user.token, **period(TODAY - dt.timedelta(days=3), TODAY))
    assert found == robots.data("GET", path, token=user.token, **period())
    assert found["totalMessages"] == 7
    assert found["topContacts"] == [
        {"name": "张三", "messageCount": 3},
        {"name": "李四", "messageCount": 3},
        {"name": "王五", "messageCount": 1},
    ]
    assert found["topGroups"] == [{"name": "测试群1", "messageCount": 6}]
    yesterday = TODAY - dt.timedelta(days=1)
    before = robots.data("GET", path, token=user.token, **period(yesterday, yesterday))
    assert (before["totalMessages"], before["topContacts"], before["successRate"]) == (0, [], 0.0)
    mine = robots.data("GET", "/api/user/statistics", token=user.token, **period())
    assert mine == {
        "totalRobots": 1,
        "totalMessages": 7,
        "totalAICalls": 0,
        "aiCost": 0.0,
        "activationCodeCount": 1,
        "activeRobots": 1,
    }
    (listed,) = robots.data("GET", "/api/robots", token=user.token, status="online")["list"]
    assert (listed["totalMessages"], listed["status"]) == (7, "online")
    assert robots.data("GET", "/api/robots", token=user.token, status="offline")["total"] == 0


def test_a_picture_is_stored_outside_the_database(robots: RobotsStack) -> None:
    robot = robots.new_robot(robots.new_user())
    body = report(robot.robot_id, textType=2, fileBase64=base64.b64encode(PICTURE).decode())
    name = robots.data("POST", "/api/robot/messages", body, token=robot.token)["messageId"]
    (file,) = (robots.stack.data_dir / "robot-pictures").glob(f"*/{name}.png")
    assert file.read_bytes() == PICTURE
    assert file.stat().st_mode & 0o077 == 0
    too_large = report(robot.robot_id, textType=2, fileBase64="A" * 5_600_000)
    assert robots.call("POST", "/api/robot/messages", too_large, token=robot.token).status_code == 400


def test_a_third_partys_secret_is_kept_and_never_shown(robots: RobotsStack) -> None:
    user = robots.new_user()
    robot = robots.new_robot(user)
    path = f"/api/robot/third-party/config/{robot.robot_id}"
    assert robots.data("GET", path, token=user.token)["isActive"] is False
    unsigned = {"robotId": robot.robot_id, "enableSignature": True}
    assert robots.call("POST", "/api/robot/third-party/config", unsigned, token=user.token).status_code == 400
    secret = "canary-third-party-secret"
    url = "https://api.third-party.example/callback"
    wanted = {**unsigned, "messageCallbackUrl": url, "secretKey": secret}
    robots.data("POST", "/api/robot/third-party/config", wanted, token=user.token)
    robots.data("POST", "/api/robot/third-party/config", {**unsigned, "resultCallbackUrl": url}, token=user.token)
    answer = robots.call("GET", path, token=user.token)
    assert answer.json()["data"] | {"enableSignature": True, "isActive": True} == answer.json()["data"]
    assert (answer.json()["data"]["messageCallbackUrl"], answer.json()["data"]["resultCallbackUrl"]) == (url, url)
    assert secret not in answer.text + robots.stack.output()
    robots.data(
        "POST",
        "/api/robot/third-party/config",
        {"robotId": robot.robot_id, "messageCallbackUrl": None},
        token=user.token,
    )
    assert robots.data("GET", path, token=user.token)["messageCallbackUrl"] == ""


def test_an_owner_sees_that_a_callback_was_given_up(robots: RobotsStack) -> None:
    user = robots.new_user()
    robot = robots.new_robot(user)
    path = f"/api/robot/third-party/config/{robot.robot_id}"
    assert robots.data("GET", path, token=user.token)["lastFailure"] is None
    inside = {"robotId": robot.robot_id, "messageCallbackUrl": "http://169.254.169.254/latest"}
    robots.data("POST", "/api/robot/third-party/config", inside, token=user.token)
    sent = robots.data("POST", "/api/robot/messages", report(robot.robot_id), token=robot.token)
    message_id = sent["messageId"]
    failure = eventually(lambda: robots.data("GET", path, token=user.token)["lastFailure"])
    assert failure.pop("failedAt").endswith("Z")
    assert failure == {"callback": "message", "recordId": message_id, "reason": "destination_refused"}
    logged = robots.data("GET", "/api/admin/logs", token=robots.admin_token(), logType="error")["list"]
    assert message_id in [entry["details"].get("recordId") for entry in logged]


def test_pages_and_what_a_robot_was_set_to(robots: RobotsStack) -> None:
    user = robots.new_user()
    made = [
        robots.data("POST", "/api/robots", {"name": f"no. {number}"}, token=user.token)["robotId"]
        for number in range(3)
    ]
    first = robots.data("GET", "/api/robots", token=user.token, page=1, pageSize=2)
    second = robots.data("GET", "/api/robots", token=user.token, page=2, pageSize=2)
    assert (first["total"], second["total"]) == (3, 3)
    assert {each["robotId"] for each in first["list"] + second["list"]} == set(made)
    changes = {"name": "new name", "aiTemperature": 0, "replyDelayMin": 2, "replyDelayMax": 5}
    robots.data("PUT", f"/api/robots/{made[0]}", changes, token=user.token)
    found = robots.data("GET", f"/api/robots/{made[0]}", token=user.token)
    assert (found["name"], found["aiTemperature"], found["aiMaxTokens"]) == ("new name", 0.0, 2000)
    reversed_delays = {"name": "x", "replyDelayMin": 9}
    answer = robots.call("PUT", f"/api/robots/{made[0]}", reversed_delays, token=user.token)
    assert (answer.status_code, answer.json()["code"]) == (400, 400)


@pytest.mark.parametrize(
    ("method", "path", "query", "named"),
    [
        ("GET", "/api/robots", {"page": "0"}, "page"),
        ("GET", "/api/robots", {"pageSize": "101"}, "pageSize"),
        ("GET", "/api/robots", {"status": "asleep"}, "status"),
        ("GET", "/api/user/statistics", {}, "startDate"),
        ("GET", "/api/user/statistics", {"startDate": "2024-13-01", "endDate": "2024-12-31"}, "startDate"),
        ("GET", "/api/user/statistics", {"startDate": "2024-12-02", "endDate": "2024-12-01"}, "endDate"),
    ],
)
def test_a_wrong_parameter_is_named(
    robots: RobotsStack, method: str, path: str, query: dict[str, str], named: str
) -> None:
    answer = robots.call(method, path, token=robots.new_user().token, **query)
    assert (answer.status_code, answer.json()["data"]) == (400, None)
    assert named in answer.json()["message"]


@pytest.mark.parametrize("media_type", ["application/x-www-form-urlencoded", "text/plain", ""])
def test_a_body_is_json_whatever_its_type_says(robots: RobotsStack, media_type: str) -> None:
    answer = requests.post(
        robots.stack.base_url + "/api/robot-ids/activate",
        data=b'{"code":"NOSUCHCODE","deviceInfo":{"deviceId":"d","brand":"b","model":"m","os":"o","osVersion":"1"}}',
        headers={"Content-Type": media_type},
        timeout=30,
    )
    assert (answer.status_code, answer.json()["code"]) == (404, 404)


def test_a_new_password_revokes_the_administrators_token(robots: RobotsStack) -> None:
    token = robots.admin_token()
    assert robots.call("GET", "/api/admin/users", token=token).status_code == 200
    answer = requests.post(
        robots.stack.base_url + "/api/auth/reset-password",
        json={"new_password": ADMIN_PASSWORD},
        headers=robots.stack.headers,
        timeout=30,
    )
    assert answer.status_code == 200
    assert robots.call("GET", "/api/admin/users", token=token).status_code == 401
    assert robots.call("GET", "/api/admin/users", token=robots.admin_token()).status_code == 200
