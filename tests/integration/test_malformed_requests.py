"""A request that is no HTTP is refused, and nothing that it carried is logged."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from tests.durable_engines import needs_durable_engines
from tests.embedded import EmbeddedStack, eventually

pytestmark = needs_durable_engines


@pytest.mark.parametrize("name", ["Authorization: Bearer", "Cookie: session_token="])
def test_what_a_malformed_header_held_is_not_logged(tmp_path: Path, name: str) -> None:
    with EmbeddedStack(tmp_path / "data", environment={"KOOK_API_BASE": "http://127.0.0.1:9/api/v3"}) as stack:
        with socket.create_connection(("127.0.0.1", stack.port), timeout=10) as connection:
            connection.sendall(f"GET /api/me HTTP/1.1\r\nHost: x\r\n{name} a-secret-\x01-value\r\n\r\n".encode())
            assert b" 400 " in connection.recv(4096).splitlines()[0]
        output = eventually(lambda: stack.output() if "BadHttpMessage" in stack.output() else "")
        assert "a-secret-" not in output and "Traceback" not in output
