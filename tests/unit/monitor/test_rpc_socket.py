"""What the RPC2 socket does with an answer that no frame carries."""

from __future__ import annotations

import json
from typing import Any

import pytest

from shared.monitor.rpc.protocol import Method, RpcEndpoint
from shared.monitor.rpc.socket import RpcSocket
from shared.monitor.settings import SiteSettings
from shared.push.connections import Connection
from shared.push.frames import MAX_FRAME_BYTES, encode_frame


def socket_answering(result: Any) -> RpcSocket:
    def unexpected(error: Exception) -> None:
        raise error

    method = Method("common:getNodes", "", lambda caller, params: result)
    endpoint = RpcEndpoint([method], is_admin=lambda caller: False, failed=unexpected)
    return RpcSocket(endpoint, identities=None, site=SiteSettings)  # type: ignore[arg-type] # only frames come here


def ask(socket: RpcSocket, request: dict[str, Any]) -> dict[str, Any]:
    connection = Connection("c", "monitor_rpc", "", "guest", "en", connected_at=0, expires_at=1)
    message = socket.receive(connection, json.dumps(request)).message
    assert message is not None
    return dict(message)


REQUEST = {"jsonrpc": "2.0", "id": 5, "method": "common:getNodes"}


def test_an_answer_that_just_fits_is_sent_whole() -> None:
    frame = len(encode_frame(ask(socket_answering(""), REQUEST)))
    whole = "é" * ((MAX_FRAME_BYTES - frame) // 2)
    assert ask(socket_answering(whole), REQUEST)["result"] == whole


@pytest.mark.parametrize("request_id", [5, "five", None])
def test_a_larger_one_is_an_error_that_sends_the_page_to_http_and_nothing_is_cut(request_id: Any) -> None:
    message = ask(socket_answering({"n": "x" * MAX_FRAME_BYTES}), {**REQUEST, "id": request_id})
    assert message.pop("id", None) == request_id
    assert message == {
        "jsonrpc": "2.0",
        "error": {"code": -32603, "message": "The answer is too large for a socket: ask by POST"},
    }
