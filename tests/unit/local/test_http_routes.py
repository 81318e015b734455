from __future__ import annotations

import pytest

from local.http_routes import RouteTable
from local.template import HttpRoute

TABLE = RouteTable(
    [
        (HttpRoute("ANY", "/api/{proxy+}"), "api"),
        (HttpRoute("GET", "/api/robots/{id}"), "robots"),
        (HttpRoute("ANY", "/api/robots/all"), "all"),
        (HttpRoute("GET", "/api/robots/all"), "get-all"),
        (HttpRoute("POST", "/webhook"), "webhook"),
        (HttpRoute("POST", "/webhook/{account_id}"), "account"),
        (HttpRoute("GET", "/"), "root"),
    ]
)


@pytest.mark.parametrize(
    ("method", "path", "target", "parameters"),
    [
        ("GET", "/api/a/b", "api", {"proxy": "a/b"}),
        ("GET", "/api/robots/7", "robots", {"id": "7"}),
        ("POST", "/api/robots/7", "api", {"proxy": "robots/7"}),
        ("GET", "/api/robots/all", "get-all", {}),
        ("DELETE", "/api/robots/all", "all", {}),
        ("GET", "/api/robots/7/x", "api", {"proxy": "robots/7/x"}),
        ("POST", "/webhook", "webhook", {}),
        ("POST", "/webhook/", "webhook", {}),
        ("POST", "/webhook/12", "account", {"account_id": "12"}),
        ("POST", "/webhook/12/", "account", {"account_id": "12"}),
        ("POST", "/web%68ook", "webhook", {}),
        ("GET", "/api/robots/a%2Fb%20c", "robots", {"id": "a/b c"}),
        ("GET", "/", "root", {}),
    ],
)
def test_the_most_specific_route_wins(method: str, path: str, target: str, parameters: dict[str, str]) -> None:
    match = TABLE.match(method, path)
    assert match is not None
    assert (match.target, match.path_parameters) == (target, parameters)


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/webhook"),
        ("POST", "/webhook//"),
        ("POST", "/webhook/1/2"),
        ("GET", "/api"),
        ("GET", "/api/"),
        ("PUT", "/"),
    ],
)
def test_what_no_route_covers_has_no_match(method: str, path: str) -> None:
    assert TABLE.match(method, path) is None


def test_the_default_route_takes_what_is_left() -> None:
    table = RouteTable([(HttpRoute("ANY", "$default"), "rest"), (HttpRoute("GET", "/{all+}"), "greedy")])
    found = [table.match("GET", "/a"), table.match("POST", "/a"), table.match("GET", "/")]
    assert [match.target for match in found if match] == ["greedy", "rest", "rest"]
    assert found[1] is not None
    assert found[1].route_key == "$default"
