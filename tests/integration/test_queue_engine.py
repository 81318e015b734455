"""The queue engine as the runner starts it: calls take the short way, and what it acknowledges it has written."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from botocore.config import Config
from botocore.session import Session

from local.engine_transport import EngineTransport
from local.engines.fauxqs import fauxqs_spec
from local.engines.layout import EngineLayout, installed_engines
from local.engines.process import EngineProcess, free_port
from tests.durable_engines import require_durable_engines
from tests.fakes.counting_transport import CountingTransport


def with_engine(folder: Path, use: Callable[[str], None]) -> None:
    """Run ``use`` with the address of an engine, and stop that again."""

    async def run() -> None:
        engines = installed_engines(EngineLayout.from_environment())
        spec = fauxqs_spec(engines, folder, free_port())
        engine = await EngineProcess.spawn(spec)
        try:
            async with aiohttp.ClientSession(trust_env=False) as session:
                await engine.wait_ready(session)
            await asyncio.to_thread(use, spec.base_url)
        finally:
            await engine.stop()

    asyncio.run(run())


def sqs_client(transport: EngineTransport, url: str) -> Any:
    session = Session()
    transport.register(session)
    return session.create_client(
        "sqs",
        region_name="us-east-1",
        endpoint_url=url,
        aws_access_key_id="a",
        aws_secret_access_key="b",
        config=Config(retries={"total_max_attempts": 2}),
    )


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    require_durable_engines()
    (tmp_path / "logs").mkdir()
    return tmp_path


def stored_bodies(folder: Path) -> list[str]:
    with closing(sqlite3.connect(folder / "sqs" / "fauxqs.db")) as database:
        return [row[0] for row in database.execute("SELECT body FROM sqs_messages ORDER BY body")]


def test_calls_take_the_short_way_and_what_is_acknowledged_is_written(folder: Path) -> None:
    transport = CountingTransport()

    def use(url: str) -> None:
        sqs = sqs_client(transport, url)
        queue = sqs.create_queue(QueueName="q.fifo", Attributes={"FifoQueue": "true"})["QueueUrl"]
        for number in range(3):
            sqs.send_message(
                QueueUrl=queue,
                MessageBody=f"消息 {number}",
                MessageGroupId=str(number),
                MessageDeduplicationId=str(number),
            )
            assert stored_bodies(folder) == [f"消息 {sent}" for sent in range(number + 1)]
        received = sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10)["Messages"]
        assert sorted(message["Body"] for message in received) == ["消息 0", "消息 1", "消息 2"]
        entries = [{"Id": str(index), "ReceiptHandle": one["ReceiptHandle"]} for index, one in enumerate(received)]
        sqs.delete_message_batch(QueueUrl=queue, Entries=entries)
        assert stored_bodies(folder) == []

    with_engine(folder, use)
    expected = ["CreateQueue", *["SendMessage"] * 3, "ReceiveMessage", "DeleteMessageBatch"]
    assert transport.answered == expected
