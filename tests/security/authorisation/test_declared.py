"""Nothing is served that the table does not declare, and nothing is declared twice."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pytest

from local.http_routes import RouteTable
from local.template_reader import read_template
from tests.embedded import REPOSITORY_ROOT
from tests.security.authorisation import sockets_table, table
from tests.security.authorisation.access import OPEN, RELAY, Caller
from tests.security.authorisation.route_tables import Served, served, undeclared
from tests.security.authorisation.table import Route

TEMPLATE = read_template(REPOSITORY_ROOT / "template.yaml")
DECLARED = frozenset(route.key for route in table.ROUTES)


@pytest.fixture(scope="module")
def found() -> Served:
    return served()


def test_every_route_has_its_line(found: Served) -> None:
    assert undeclared(found.routes, DECLARED) == []


def test_every_function_with_http_routes_is_in_the_table(found: Served) -> None:
    assert undeclared(found.http_functions, frozenset(route.function for route in table.ROUTES)) == []


def test_every_socket_has_its_line(found: Served) -> None:
    assert undeclared(found.sockets, frozenset(socket.kind for socket in sockets_table.SOCKETS)) == []


def test_every_method_of_json_rpc_has_its_line(found: Served) -> None:
    assert undeclared(found.rpc_methods, frozenset(sockets_table.RPC_METHODS)) == []
    assert undeclared(found.agent_methods, frozenset(sockets_table.AGENT_METHODS)) == []


def test_no_line_is_there_twice() -> None:
    assert [key for key, lines in Counter(route.key for route in table.ROUTES).items() if lines > 1] == []


@pytest.mark.parametrize("route", table.ROUTES, ids=lambda route: route.name)
def test_the_template_leads_each_path_to_the_function_that_declares_it(route: Route) -> None:
    match = _MATCHES.match(route.method, concrete(route.rule))
    assert match is not None
    assert TEMPLATE.functions[match.target].code_path.name == (route.served_by or route.function)


_MATCHES = RouteTable(
    [(route, function.logical_id) for function in TEMPLATE.functions.values() for route in function.http_routes]
)


def concrete(rule: str) -> str:
    """A path that the rule serves."""
    segments = ("x" if each.startswith(("<", "{")) else each for each in rule.split("/"))
    return "/".join(segments)


# --- that these checks can fail ---


def test_a_route_without_a_line_is_named(found: Served) -> None:
    added = found.routes | {("relay_api", "GET", "/api/secrets")}
    assert undeclared(added, DECLARED) == ["without a line: ('relay_api', 'GET', '/api/secrets')"]


def test_a_line_of_a_route_that_went_is_named(found: Served) -> None:
    removed = found.routes - {("relay_api", "GET", "/health")}
    assert undeclared(removed, DECLARED) == ["no longer served: ('relay_api', 'GET', '/health')"]


def test_access_decides_whom_to_refuse() -> None:
    assert OPEN.refusal(Caller.NOBODY) is None
    assert RELAY.refusal(Caller.SESSION) is None
    assert RELAY.refusal(Caller.USER) == 401
    assert replace(RELAY, otherwise={Caller.USER: 403}).refusal(Caller.USER) == 403
