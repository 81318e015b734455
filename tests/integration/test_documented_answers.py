"""Answers that were not as documented once, each found by the generated requests of tests/api_schema."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import requests

from tests import documented
from tests.durable_engines import needs_durable_engines
from tests.embedded import EmbeddedStack

PASSWORD = "documented-answers-password"
pytestmark = needs_durable_engines


class Caller:
    def __init__(self, stack: EmbeddedStack) -> None:
        self.stack = stack
        self.http = requests.Session()
        self.http.trust_env = False

    def documented(
        self,
        document: str,
        method: str,
        path: str,
        body: Any = None,
        headers: dict[str, str] | None = None,
        **query: Any,
    ) -> requests.Response:
        """The answer, held against the document."""
        url = self.stack.base_url + path
        answer = self.http.request(method, url, json=body, headers=headers, params=query, timeout=30)
        media_type = answer.headers.get("Content-Type", "")
        documented.load(document).check(method, path, answer.status_code, media_type, answer.content)
        return answer

    def relay(self, method: str, path: str, body: Any = None, **query: Any) -> requests.Response:
        return self.documented("relay.openapi.json", method, path, body, self.stack.headers, **query)


@pytest.fixture(scope="module")
def caller(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Caller]:
    folder = tmp_path_factory.mktemp("documented") / "data"
    with EmbeddedStack(folder, environment={"ADMIN_PASSWORD": PASSWORD, "MONITOR_PULL_SECONDS": "0"}) as stack:
        yield Caller(stack)


@pytest.fixture(scope="module")
def agent_token(caller: Caller) -> str:
    browser = requests.Session()
    browser.trust_env = False
    base_url = caller.stack.base_url
    browser.post(f"{base_url}/api/login", json={"username": "admin", "password": PASSWORD}, timeout=30)
    added = browser.post(f"{base_url}/api/admin/client/add", json={"name": "node"}, timeout=30)
    assert added.status_code == 200, added.text
    return str(added.json()["token"])


def test_a_request_line_of_more_than_8_kilobytes_is_refused_in_the_contracts_form(caller: Caller) -> None:
    answer = caller.relay("GET", "/api/logs", cursor="\U0001d11e" * 1000)
    assert answer.status_code == 400
    assert answer.json()["error_code"] == "INVALID_CURSOR"


def test_an_empty_choice_counts_as_left_out(caller: Caller) -> None:
    answer = caller.relay("GET", "/api/logs/stats", period="")
    assert (answer.status_code, answer.json()["total"]) == (200, 0)


def test_a_null_for_an_optional_field_is_taken(caller: Caller) -> None:
    answer = caller.relay("POST", "/api/mappings/import", {"mappings": [], "replace_existing": None})
    assert (answer.status_code, answer.json()["success_count"]) == (200, 0)


def test_an_agent_gets_its_ping_tasks_as_a_bare_array(caller: Caller, agent_token: str) -> None:
    answer = caller.documented("monitor.json", "GET", "/api/clients/ping/tasks", token=agent_token)
    assert (answer.status_code, answer.json()) == (200, [])


def test_a_registration_without_the_key_is_403(caller: Caller) -> None:
    answer = caller.documented("monitor.json", "POST", "/api/clients/register", {})
    assert (answer.status_code, answer.json()["message"]) == (403, "Invalid AutoDiscovery Key")


def test_an_agents_call_that_is_no_json_rpc_is_refused_as_json_rpc(caller: Caller, agent_token: str) -> None:
    answer = caller.documented("monitor.json", "POST", "/api/clients/v2/rpc", {}, token=agent_token)
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, -32600)


def test_a_report_that_does_not_fit_is_refused_in_the_agents_form(caller: Caller, agent_token: str) -> None:
    answer = caller.documented("monitor.json", "POST", "/api/clients/report", {"cpu": 5}, token=agent_token)
    assert (answer.status_code, answer.json()["error"]) == (400, "cpu must be an object")


@pytest.mark.parametrize(("call", "status"), [({}, 400), ([{}, {}], 200)])
def test_a_page_call_that_is_no_json_rpc_is_answered_as_json_rpc(caller: Caller, call: Any, status: int) -> None:
    answer = caller.documented("monitor.json", "POST", "/api/rpc2", call)
    assert answer.status_code == status
    bodies = answer.json() if isinstance(call, list) else [answer.json()]
    assert {body["error"]["code"] for body in bodies} == {-32600}


@pytest.mark.parametrize(
    ("document", "headers", "field"),
    [
        ("robots.json", {"Authorization": "Bearer neither-areas-token"}, "status"),
        ("monitor.json", {}, "code"),
    ],
)
def test_the_shared_path_refuses_in_the_form_of_either_area(
    caller: Caller, document: str, headers: dict[str, str], field: str
) -> None:
    answer = caller.documented(document, "GET", "/api/admin/logs", headers=headers)
    assert answer.status_code == 401
    assert field in answer.json()
