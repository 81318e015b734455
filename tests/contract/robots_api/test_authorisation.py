"""Who may call what: every route with every kind of caller, and nobody sees what is somebody else's."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import pytest

from tests.contract.robots_api.robots_stack import Activated, RobotsStack, SignedIn
from tests.embedded import REPOSITORY_ROOT

CONTRACT = json.loads((REPOSITORY_ROOT / "tests" / "data" / "contracts" / "robots.json").read_text("utf-8"))
ROUTES = {
    f"{entry['method']} {entry['path']}": entry
    for entry in CONTRACT["endpoints"]
    if entry["method"] != "WS" and entry["auth"]
}
OPEN_ROUTES = {entry["path"] for entry in CONTRACT["endpoints"] if not entry["auth"]}
CALLERS = ("none", "garbage", "user", "other user", "admin", "robot", "other robot")
PERIOD = {"startDate": "2024-12-01", "endDate": "2024-12-31"}


@dataclass
class Cast:
    robots: RobotsStack
    user: SignedIn
    other_user: SignedIn
    robot: Activated
    other_robot: Activated
    admin: str

    def token(self, caller: str) -> str | None:
        return {
            "none": None,
            "garbage": "eyJhbGciOiJIUzI1NiJ9.e30.c2lnbmF0dXJl",
            "user": self.user.token,
            "other user": self.other_user.token,
            "admin": self.admin,
            "robot": self.robot.token,
            "other robot": self.other_robot.token,
        }[caller]


@pytest.fixture(scope="module")
def cast(robots: RobotsStack) -> Cast:
    user, other = robots.new_user(), robots.new_user()
    return Cast(robots, user, other, robots.new_robot(user), robots.new_robot(other), robots.admin_token())


def body_of(entry: dict[str, Any], cast: Cast) -> Any:
    """The contract's own example, about the user's robot. What no caller may do it for stays unharmed by it."""
    shown = next((each["body"] for each in entry["examples"] if each["role"] == "request"), None)
    if shown is None:
        return None
    named = {"robotId": cast.robot.robot_id} if "robotId" in shown else {}
    known = {"code": cast.robot.code} if "code" in shown else {}
    return {**shown, **named, **known}


def wanted_status(entry: dict[str, Any], caller: str) -> set[int]:
    """What a caller must be answered; the right one gets past the door, whatever is found there."""
    kind = "admin" if "admin" in entry["auth"] else "robot" if "robot" in entry["auth"] else "user"
    if caller in ("none", "garbage"):
        return {401}
    if caller.removeprefix("other ") != kind:
        return {403}
    about_one = "robotId" in str(entry["path_params"]) or "robotId" in (entry["request"] or {}) | entry["query"]
    if caller == "other user" and about_one:
        return {404}
    if caller == "other robot":
        return {403}
    # The code, the user and the command that are named do not exist.
    return {404} if set(entry["path_params"]) & {"code", "userId"} or "commandId" in (entry["request"] or {}) else {200}


# These would end what the others need; the walk shows that the right caller may do them.
ENDING = {"DELETE /api/robots/{robotId}", "POST /api/admin/unbind-device"}


@pytest.mark.parametrize("caller", CALLERS)
@pytest.mark.parametrize("route", ROUTES)
def test_a_route_takes_its_own_callers_and_no_other(cast: Cast, route: str, caller: str) -> None:
    entry = ROUTES[route]
    wanted = wanted_status(entry, caller)
    if 200 in wanted and route in ENDING:
        assert caller == ("user" if "robots" in route else "admin")
        return
    path = entry["path"].format(robotId=cast.robot.robot_id, code="NOSUCHCODE", userId="900000001")
    query = (
        PERIOD
        if "startDate" in entry["query"]
        else {"robotId": cast.robot.robot_id}
        if "robotId" in entry["query"]
        else {}
    )
    answer = cast.robots.call(entry["method"], path, body_of(entry, cast), token=cast.token(caller), **query)
    assert answer.status_code in wanted, answer.text
    if answer.status_code != 200:
        assert set(answer.json()) == {"code", "message", "data"}
        assert answer.json()["code"] == answer.status_code
        assert answer.json()["message"]


def test_the_matrix_has_every_guarded_route() -> None:
    assert len(ROUTES) + len(OPEN_ROUTES) == CONTRACT["counts"]["http_unique"]


def test_lists_show_only_what_is_ones_own(cast: Cast) -> None:
    mine, theirs = (
        {each["robotId"] for each in cast.robots.data("GET", "/api/robots", token=user.token, pageSize=100)["list"]}
        for user in (cast.user, cast.other_user)
    )
    assert cast.robot.robot_id in mine
    assert cast.other_robot.robot_id in theirs
    assert not mine & theirs


def test_a_relays_token_opens_nothing_here_and_a_robots_token_nothing_there(cast: Cast) -> None:
    assert cast.robots.call("GET", "/api/robots", token=cast.robots.stack.api_token).status_code == 401
    for token in (cast.user.token, cast.admin, cast.robot.token):
        assert cast.robots.call("GET", "/api/accounts", token=token).status_code == 401


@pytest.mark.parametrize("path", ["/api/user/nothing", "/api/robot/nothing", "/api/robots/a/b/c"])
def test_an_unknown_path_is_a_404_in_the_contracts_form(cast: Cast, path: str) -> None:
    answer = cast.robots.send("GET", path, token=cast.user.token)
    assert (answer.status_code, answer.json()["code"], answer.json()["data"]) == (404, 404, None)


def test_no_token_and_no_login_code_is_logged(cast: Cast) -> None:
    logged = "\n".join(
        line for line in cast.robots.stack.output().splitlines() if not line.startswith("Login code for ")
    )
    assert '"route":' in logged, "the requests themselves are logged"
    for secret in (cast.user.token, cast.admin, cast.robot.token, cast.robot.refresh_token, cast.user.phone):
        assert secret not in logged
