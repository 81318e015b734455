"""Every route with every kind of caller, over HTTP."""

from __future__ import annotations

import re
from functools import cache

import pytest
import requests

from tests import documented
from tests.embedded import eventually
from tests.security.authorisation.access import OPEN, PRIVATE_PAGE, TWO_ADMINISTRATORS, Access, Caller
from tests.security.authorisation.cast import UNKNOWN, Cast
from tests.security.authorisation.table import KOOK_ROUTES, MONITOR_ROUTES, ROUTES, Route

_REFUSALS = (401, 403)
_PLACE = re.compile(r"<(?:\w+:)?(\w+)>|\{(\w+)\}")
by_name = pytest.mark.parametrize("route", ROUTES, ids=lambda route: route.name)
SHUT_ROUTES = [route for route in MONITOR_ROUTES if route.shut_when_private]
STILL_OPEN_ROUTES = [route for route in MONITOR_ROUTES if route.access.admitted == OPEN.admitted]


_DOCUMENTS = {
    "relay_api": "relay.openapi.json",
    "robots_api": "robots.json",
    "accounts_api": "accounts.json",
    "monitor_api": "monitor.json",
}


@cache
def _document(function: str) -> documented.Documented:
    return documented.load(_DOCUMENTS[function])


def _owned(route: Route) -> bool:
    """Whether one document says how the route refuses: a path with two owners has the answers of either."""
    return route.function in _DOCUMENTS and route.access is not TWO_ADMINISTRATORS


def outcome(cast: Cast, route: Route, caller: Caller, access: Access) -> tuple[str, requests.Response]:
    """ "let in" or the status of the refusal. A refusal that is not this caller's own counts as let in no more than a
    failure of ours does."""
    query, body = cast.filled(route.query), cast.filled(route.body)
    answer = cast.call(caller, route.method, path_of(cast, route), query, body)
    refusal = access.refusal(caller)
    refused = answer.status_code in _REFUSALS or answer.status_code == refusal or answer.status_code >= 500
    return (str(answer.status_code) if refused else "let in"), answer


def path_of(cast: Cast, route: Route) -> str:
    known = cast.names if route.access.name.startswith("robots, owner") else {}
    return _PLACE.sub(lambda place: known.get(place[1] or place[2], UNKNOWN), route.rule)


def differences(cast: Cast, route: Route, access: Access) -> dict[str, str]:
    """By caller, what is not as declared; empty when all is."""
    found = {}
    for caller in Caller:
        refusal = access.refusal(caller)
        wanted = "let in" if refusal is None else str(refusal)
        got, answer = outcome(cast, route, caller, access)
        if got == wanted and refusal is not None and _owned(route):
            # How it is refused is the contract's too.
            path = path_of(cast, route)
            media_type = answer.headers.get("Content-Type", "")
            _document(route.function).check(route.method, path, answer.status_code, media_type, answer.content)
        if got != wanted:
            found[caller.value] = f"{got} instead of {wanted}: {answer.text[:200]}"
        if refusal is None and caller in route.ends:
            cast.renew()
    return found


@by_name
def test_a_route_admits_whom_the_table_says_and_nobody_else(cast: Cast, route: Route) -> None:
    assert differences(cast, route, route.access) == {}


@pytest.mark.usefixtures("private_site")
class TestAPrivateSite:
    @pytest.mark.parametrize("route", SHUT_ROUTES, ids=lambda route: route.name)
    def test_shuts_its_pages_to_visitors(self, cast: Cast, route: Route) -> None:
        assert differences(cast, route, PRIVATE_PAGE) == {}

    @pytest.mark.parametrize(
        "route", [route for route in STILL_OPEN_ROUTES if route not in SHUT_ROUTES], ids=lambda route: route.name
    )
    def test_leaves_open_what_a_visitor_needs_to_sign_in(self, cast: Cast, route: Route) -> None:
        assert differences(cast, route, route.access) == {}


@pytest.mark.parametrize("route", KOOK_ROUTES, ids=lambda route: route.name)
def test_kook_itself_is_let_in_by_its_verify_token(cast: Cast, route: Route) -> None:
    token = {"X-API-Token": cast.stack.api_token}
    wanted = {"email": f"{len(route.rule)}@example.com", "bot_token": "", "verify_token": "matrix-verify-token"}
    account = cast.http.post(f"{cast.stack.base_url}/api/accounts", json=wanted, headers=token, timeout=30).json()
    path = route.rule.replace("{account_id}", str(account["account_id"]))

    def challenged(verify_token: str) -> tuple[int, object]:
        challenge = {"type": 255, "channel_type": "WEBHOOK_CHALLENGE", "challenge": "c", "verify_token": verify_token}
        answer = cast.call(Caller.NOBODY, "POST", path, body={"s": 0, "d": challenge})
        return answer.status_code, answer.json()

    # The receiver reads the accounts at most every five seconds.
    eventually(lambda: challenged(wanted["verify_token"]) == (200, {"challenge": "c"}))
    assert challenged("wrong") == (401, {})


def test_a_robot_with_a_device_is_unknown_to_worktools_calls(cast: Cast) -> None:
    """Their only credential is an id, so they must not reach a robot that has a token."""
    routes = [route for route in ROUTES if route.access.name.startswith("whoever names")]
    assert len(routes) == 13
    for route in routes:
        for caller in (Caller.NOBODY, Caller.ROBOT, Caller.USER):
            answer = cast.call(caller, route.method, route.rule, {"robotId": cast.robot.robot_id})
            assert answer.status_code == 404, route.name


# --- that the matrix can fail ---


def test_a_route_that_admits_too_many_or_too_few_is_told(cast: Cast) -> None:
    lax = next(route for route in ROUTES if route.rule == "/health")
    guarded = next(route for route in ROUTES if route.rule == "/api/accounts" and route.method == "GET")
    assert set(differences(cast, lax, guarded.access)) == {each.value for each in Caller} - {
        Caller.API_TOKEN.value,
        Caller.SESSION.value,
    }
    too_few = differences(cast, guarded, OPEN)
    assert too_few[Caller.USER.value].startswith("401 instead of let in")
