"""Nobody sees what is somebody else's. Who may call what: tests/security/authorisation."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from tests.contract.robots_api.robots_stack import Activated, RobotsStack, SignedIn


@dataclass
class Cast:
    robots: RobotsStack
    user: SignedIn
    other_user: SignedIn
    robot: Activated
    other_robot: Activated
    admin: str


@pytest.fixture(scope="module")
def cast(robots: RobotsStack) -> Cast:
    user, other = robots.new_user(), robots.new_user()
    return Cast(robots, user, other, robots.new_robot(user), robots.new_robot(other), robots.admin_token())


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
