"""The SQS client against a server that answers as told."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from local.queue_client import QueueUnavailable, SqsJsonClient


def ask(answers: list[tuple[int, str]], use: Callable[[SqsJsonClient], Awaitable[Any]]) -> tuple[Any, list[Any]]:
    """What ``use`` returned, and the requests (action, body) that were made."""
    requests: list[tuple[str, dict[str, Any]]] = []

    async def answer(request: web.Request) -> web.Response:
        requests.append((request.headers["X-Amz-Target"], await request.json()))
        status, text = answers.pop(0)
        return web.Response(status=status, text=text)

    async def main() -> Any:
        application = web.Application()
        application.router.add_post("/", answer)
        runner = web.AppRunner(application)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        try:
            async with aiohttp.ClientSession() as session:
                return await use(SqsJsonClient(session, f"http://127.0.0.1:{runner.addresses[0][1]}"))
        finally:
            await runner.cleanup()

    return asyncio.run(main()), requests


def test_messages_are_received_with_all_their_attributes() -> None:
    message = {
        "MessageId": "m",
        "ReceiptHandle": "h",
        "Body": "你",
        "MD5OfBody": "md5",
        "Attributes": {"MessageGroupId": "g"},
        "MessageAttributes": {"a": {"StringValue": "1", "DataType": "String"}},
    }
    received, requests = ask(
        [(200, json.dumps({"Messages": [message]})), (200, "{}")],
        lambda client: gather(client.receive("http://q/1/work", 10_000, 20), client.receive("http://q/1/work", 1, 0)),
    )
    (one,), nothing = received
    assert (one.message_id, one.receipt_handle, one.body, one.body_md5, one.group) == ("m", "h", "你", "md5", "g")
    assert one.message_attributes["a"]["StringValue"] == "1"
    assert nothing == []
    action, body = requests[0]
    assert action == "AmazonSQS.ReceiveMessage"
    assert (body["MaxNumberOfMessages"], body["WaitTimeSeconds"]) == (10, 20)


async def gather(*steps: Awaitable[Any]) -> list[Any]:
    return [await step for step in steps]


def test_deletes_go_in_batches_of_ten() -> None:
    handles = [str(number) for number in range(23)]
    _, requests = ask([(200, "{}")] * 3, lambda client: client.delete("http://q/1/work", handles))
    assert [len(body["Entries"]) for _, body in requests] == [10, 10, 3]
    assert [entry["ReceiptHandle"] for _, body in requests for entry in body["Entries"]] == handles


def test_a_stale_receipt_handle_is_no_reason_to_try_again() -> None:
    failed = {"Failed": [{"Id": "0", "Code": "ReceiptHandleIsInvalid"}]}
    result, _ = ask([(200, json.dumps(failed))], lambda client: client.delete("http://q/1/work", ["h"]))
    assert result is None


@pytest.mark.parametrize(
    ("status", "text", "complaint"),
    [
        (500, "", "status 500"),
        (400, '{"__type": "com.amazonaws.sqs#QueueDoesNotExist"}', "QueueDoesNotExist"),
        (200, "<html>", "not JSON"),
        (200, "[]", "status 200"),
        (200, '{"Messages": [{}]}', "unexpected answer"),
    ],
)
def test_what_is_no_answer_is_an_outage(status: int, text: str, complaint: str) -> None:
    with pytest.raises(QueueUnavailable, match=complaint):
        ask([(status, text)], lambda client: client.receive("http://q/1/work", 1, 0))


def test_a_refused_delete_is_an_outage() -> None:
    failed = {"Failed": [{"Id": "0", "Code": "InternalError"}]}
    with pytest.raises(QueueUnavailable, match="InternalError"):
        ask([(200, json.dumps(failed))], lambda client: client.delete("http://q/1/work", ["h"]))


def test_nobody_listening_is_an_outage() -> None:
    async def main() -> None:
        async with aiohttp.ClientSession() as session:
            await SqsJsonClient(session, "http://127.0.0.1:9").receive("http://q/1/work", 1, 0)

    with pytest.raises(QueueUnavailable, match="ClientConnectorError"):
        asyncio.run(main())
