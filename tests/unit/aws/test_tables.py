"""One DynamoDB connection for a process: its client is made once, whoever comes first."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from shared.aws.media_keys import MediaKeyRow
from shared.aws.pacing_store import PacingRow
from shared.aws.tables import bind, shared_connection

if TYPE_CHECKING:
    from tests.dynamodb import DynamoEngine

pytest_plugins = ["tests.dynamodb"]

THREADS = 8


def test_threads_that_start_together_share_one_client(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    connection = shared_connection()
    together = threading.Barrier(THREADS)

    def client_number(_: int) -> int:
        together.wait()
        return id(connection.client)

    # pynamodb makes it at the first call, in every thread that finds none: some 200 ms and 10 MB each.
    with ThreadPoolExecutor(THREADS) as pool:
        numbers = set(pool.map(client_number, range(THREADS)))
    assert len(numbers) == 1


def test_several_models_may_share_a_table_and_the_connection(dynamodb: DynamoEngine) -> None:
    table = dynamodb.create_table("PacingTable")
    connection = shared_connection()
    for model in (PacingRow, MediaKeyRow):
        bind(model, table, connection)
    PacingRow("one", state="{}", version=1, expires_at=1).save()
    MediaKeyRow("two", media_key="k", expires_at=1).save()
    assert [PacingRow.get("one").version, MediaKeyRow.get("two").media_key] == [1, "k"]
