"""What the queue engine acknowledges is on disk, and one sync serves all that waits (local/engines/group_sync.mjs)."""

from __future__ import annotations

import json
import subprocess
from typing import Any

import pytest

from local.engines.layout import SOURCES, EngineLayout, installed_engines
from tests.durable_engines import require_durable_engines
from tests.embedded import REPOSITORY_ROOT

CASES = REPOSITORY_ROOT / "tests/data/engines/group_sync_cases.mjs"


@pytest.fixture(scope="module")
def reported() -> Any:
    require_durable_engines()
    node = installed_engines(EngineLayout.from_environment()).node
    command = [node, "--disable-warning=ExperimentalWarning", str(CASES), str(SOURCES / "group_sync.mjs")]
    ran = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert ran.returncode == 0, ran.stderr
    return json.loads(ran.stdout)


def test_an_answer_waits_for_a_sync_that_began_after_its_write(reported: Any) -> None:
    assert reported["happened"] == [
        "sync begins",
        "first answered",
        "sync begins",
        "second, during a sync answered",
        "third, during a sync answered",
        "sync begins",
        "fourth, alone refused: disk",
    ]


def test_whatever_acknowledges_a_write_is_held_and_nothing_else(reported: Any) -> None:
    assert reported["held"] == [
        "SendMessage",
        "SendMessageBatch",
        "ChangeMessageVisibility",
        "CreateQueue",
        "PurgeQueue",
    ]
    assert reported["not_held"] == ["ReceiveMessage", "DeleteMessageBatch", "GetQueueUrl"]
    assert (reported["form"], reported["health"]) == (True, False)
