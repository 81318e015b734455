"""POST /webhook and POST /webhook/{account_id}: KOOK's events and challenges (API Gateway HTTP API, payload 2.0)."""

from __future__ import annotations

import base64
import binascii
from typing import Any

from shared.cold_start import built_at_start, collector_paused

with collector_paused():
    from aws_lambda_powertools import Logger

    from shared.kook.codec import MAX_BODY_BYTES
    from shared.kook.webhook import Response, WebhookReceiver
    from shared.kook.webhook_composition import build

# Never given the event: it holds tokens, and with compression off whole messages.
logger = Logger(service="kook_webhook")

_receiver = built_at_start(build)


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Take in one request. Safe to call from several threads at once."""
    return answer(event, _receiver())


def answer(event: dict[str, Any], receiver: WebhookReceiver) -> dict[str, Any]:
    """The API Gateway response of a receiver to an API Gateway event."""
    path_account_id = (event.get("pathParameters") or {}).get("account_id") or None
    response = receiver.receive(_body_bytes(event), path_account_id)
    _log(response)
    return {
        "statusCode": response.status,
        "headers": {"content-type": "application/json"},
        "body": response.body,
        "isBase64Encoded": False,
    }


def _body_bytes(event: dict[str, Any]) -> bytes:
    """The request body as bytes; at most a little more than the receiver takes, which is enough for its refusal.

    A body that is no base64 although it is said to be becomes empty, which the receiver refuses as malformed.
    """
    body = event.get("body") or ""
    if not event.get("isBase64Encoded"):
        # An HTTP API decodes JSON bodies as text. That is lossless for JSON and has ruined a compressed body for good.
        return body[: MAX_BODY_BYTES + 1].encode("utf-8", "surrogatepass")
    try:
        return base64.b64decode(body[: 4 * (MAX_BODY_BYTES // 3 + 2)], validate=True)
    except (binascii.Error, ValueError):
        return b""


def _log(response: Response) -> None:
    fields = {"status": response.status, "outcome": response.outcome, "account_id": response.account_id}
    if response.status == 200:
        logger.info("accepted", extra={**fields, "event_id": response.event_id})
    elif response.status < 500:
        logger.warning("refused", extra={**fields, "reason": response.reason})
    else:
        logger.error("not taken in", extra={**fields, "reason": response.reason})
