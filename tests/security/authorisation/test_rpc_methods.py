"""Every JSON-RPC method with every kind of caller; who is not the administrator learns nothing of hidden nodes."""

from __future__ import annotations

from typing import Any

import pytest

from tests.security.authorisation.access import AGENTS, MONITOR_ADMINISTRATORS, Caller
from tests.security.authorisation.cast import Cast
from tests.security.authorisation.sockets_table import AGENT_METHODS, RPC_METHODS, RPC_METHODS_OF_ONE_NODE

UNAUTHENTICATED, PERMISSION_DENIED = -32040, -32041


def call(cast: Cast, caller: Caller, method: str, params: Any, path: str = "/api/rpc2") -> Any:
    request = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}
    return cast.call(caller, "POST", path, body=request)


@pytest.mark.parametrize("method", RPC_METHODS)
def test_every_visitor_may_call_it(cast: Cast, method: str) -> None:
    for caller in Caller:
        answer = call(cast, caller, method, cast.filled(RPC_METHODS[method]))
        assert answer.status_code == 200, caller
        assert "error" not in answer.json(), (caller, answer.text)


@pytest.mark.parametrize("method", RPC_METHODS_OF_ONE_NODE)
def test_a_hidden_node_is_the_administrators_alone(cast: Cast, method: str) -> None:
    params = {**RPC_METHODS[method], "uuid": cast.hidden_uuid}
    for caller in Caller:
        named = call(cast, caller, method, params).json()
        if caller in MONITOR_ADMINISTRATORS:
            assert "error" not in named, (caller, named)
        else:
            assert "result" not in named, (caller, named)
            assert cast.hidden_uuid not in str(named.get("result"))
        listed = call(cast, caller, "common:getNodes", {}).json()["result"]
        assert (cast.hidden_uuid in listed) is (caller in MONITOR_ADMINISTRATORS), caller


@pytest.mark.parametrize("method", AGENT_METHODS)
def test_only_agents_call_the_agents_methods(cast: Cast, method: str) -> None:
    for caller in Caller:
        answer = call(cast, caller, method, {}, "/api/clients/v2/rpc")
        if caller in AGENTS:
            assert answer.status_code in (200, 400), (caller, answer.text)
        else:
            assert answer.status_code == 401, (caller, answer.text)


def test_an_agent_speaks_for_its_own_node_whatever_it_says(cast: Cast) -> None:
    """The uuid in a body is not a credential: the token alone names the node."""
    basics = {"cpu_name": "told by another", "uuid": cast.uuid}
    answer = cast.call(Caller.OTHER_NODE, "POST", "/api/clients/uploadBasicInfo", body=basics)
    assert answer.status_code == 200, answer.text
    nodes = call(cast, Caller.MONITOR_SESSION, "common:getNodes", {}).json()["result"]
    told = {uuid for uuid, node in nodes.items() if node["cpu_name"] == "told by another"}
    assert len(told) == 1
    assert cast.uuid not in told
