"""Every AWS client is known by a name that need not be composed for each request."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from shared.aws.user_agent import USER_AGENT
from shared.version import VERSION

# In a process of its own: pynamodb reads the region when it is imported, and clients are made once a process.
_SHOW = """
from shared.aws import clients, tables
print(tables.shared_connection().client.meta.config.user_agent)
print(clients.client("sqs").meta.config.user_agent)
print(tables.shared_connection().client.meta.config.read_timeout)
"""


def test_clients_say_the_name_and_keep_their_own_timeouts() -> None:
    environment = {
        "AWS_REGION": "us-east-1",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
    }
    root = Path(__file__).resolve().parents[3]
    shown = subprocess.run(
        [sys.executable, "-c", _SHOW], cwd=root, env=environment, capture_output=True, text=True, check=True
    )
    of_tables, of_queues, read_timeout = shown.stdout.splitlines()
    assert of_tables.startswith(USER_AGENT)
    assert of_queues.startswith(USER_AGENT)
    assert read_timeout == "5"
    assert f"kook-relay/{VERSION}" == USER_AGENT
