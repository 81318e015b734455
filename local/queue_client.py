"""The four SQS calls a poller makes, over the JSON protocol and one keep-alive pool.

boto3 would take a thread and a millisecond for each; a long poll here costs a socket.
https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-making-api-requests-json.html
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Protocol

import aiohttp

from local.template import REGION

LONG_POLL_SECONDS: Final = 20
_CALL_DEADLINE_SECONDS: Final = 10.0
_MAX_ENTRIES: Final = 10
# The engines check no signature; they read the region out of the credential's scope.
_AUTHORIZATION: Final = (
    f"AWS4-HMAC-SHA256 Credential=embedded/20260101/{REGION}/sqs/aws4_request, SignedHeaders=host, Signature=none"
)


class QueueUnavailable(Exception):
    """The queue engine did not answer, or refused."""


@dataclass(frozen=True)
class ReceivedMessage:
    """One message as ReceiveMessage returns it, all system and message attributes included."""

    message_id: str
    receipt_handle: str
    body: str
    body_md5: str
    attributes: dict[str, str] = field(default_factory=dict)
    message_attributes: dict[str, Any] = field(default_factory=dict)

    @property
    def group(self) -> str:
        """The FIFO group; empty on a standard queue."""
        return self.attributes.get("MessageGroupId", "")


class QueueClient(Protocol):
    async def receive(self, queue_url: str, limit: int, wait_seconds: int) -> list[ReceivedMessage]:
        """Up to ``limit`` (10 at most) messages, waiting for the first. Raises QueueUnavailable."""
        ...

    async def delete(self, queue_url: str, receipt_handles: Sequence[str]) -> None:
        """Raises QueueUnavailable when any of them could not be deleted."""
        ...


class SqsJsonClient:
    """QueueClient over HTTP."""

    def __init__(self, session: aiohttp.ClientSession, endpoint: str) -> None:
        self._session = session
        self._endpoint = endpoint

    async def receive(self, queue_url: str, limit: int, wait_seconds: int) -> list[ReceivedMessage]:
        request = {
            "QueueUrl": queue_url,
            "MaxNumberOfMessages": min(limit, _MAX_ENTRIES),
            "WaitTimeSeconds": wait_seconds,
            "MessageSystemAttributeNames": ["All"],
            "AttributeNames": ["All"],
            "MessageAttributeNames": ["All"],
        }
        answer = await self._call("ReceiveMessage", request, wait_seconds + _CALL_DEADLINE_SECONDS)
        try:
            return [
                ReceivedMessage(
                    message_id=message["MessageId"],
                    receipt_handle=message["ReceiptHandle"],
                    body=message["Body"],
                    body_md5=message.get("MD5OfBody", ""),
                    attributes=message.get("Attributes") or {},
                    message_attributes=message.get("MessageAttributes") or {},
                )
                for message in answer.get("Messages") or []
            ]
        except (KeyError, TypeError) as error:
            raise QueueUnavailable(f"ReceiveMessage: unexpected answer ({error!r})") from None

    async def delete(self, queue_url: str, receipt_handles: Sequence[str]) -> None:
        for start in range(0, len(receipt_handles), _MAX_ENTRIES):
            part = receipt_handles[start : start + _MAX_ENTRIES]
            entries = [{"Id": str(index), "ReceiptHandle": handle} for index, handle in enumerate(part)]
            request = {"QueueUrl": queue_url, "Entries": entries}
            answer = await self._call("DeleteMessageBatch", request, _CALL_DEADLINE_SECONDS)
            failed = answer.get("Failed") or []
            # A handle that is no longer valid means the message is gone or has been received again: nothing to undo.
            refused = [entry for entry in failed if "ReceiptHandle" not in str(entry.get("Code"))]
            if refused:
                raise QueueUnavailable(f"DeleteMessageBatch: {refused[0].get('Code')}")

    async def _call(self, action: str, request: dict[str, Any], timeout_seconds: float) -> dict[str, Any]:
        headers = {
            "Content-Type": "application/x-amz-json-1.0",
            "X-Amz-Target": f"AmazonSQS.{action}",
            "Authorization": _AUTHORIZATION,
        }
        try:
            async with self._session.post(
                self._endpoint,
                data=json.dumps(request),
                headers=headers,
                timeout=aiohttp.ClientTimeout(total=timeout_seconds),
            ) as response:
                body = await response.read()
        except (aiohttp.ClientError, TimeoutError) as error:
            raise QueueUnavailable(f"{action}: {type(error).__name__}") from None
        try:
            answer = json.loads(body) if body else {}
        except ValueError:
            raise QueueUnavailable(f"{action}: the answer is not JSON") from None
        if response.status != 200 or not isinstance(answer, dict):
            kind = answer.get("__type", "") if isinstance(answer, dict) else ""
            raise QueueUnavailable(f"{action}: status {response.status} {kind}")
        return answer
