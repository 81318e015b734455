"""Write events/: one real event per trigger, as AWS hands it to the function. ``python -m scripts.make_events``.

The webhook events carry the recorded KOOK bodies of tests/data/kook. They suit a relay whose account 1 has the Verify
Token ``vt-EXAMPLE`` and the Encrypt Key ``test-encrypt-key-123``, whose account 2 has that Verify Token and no Encrypt
Key, and whose mappings 1 to 5 lead from the KOOK channel 5823400000000001 to Discord, Telegram, Feishu, a signed
webhook and another KOOK channel.

Shapes: https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html (payload
2.0), https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html, and for WebSocket APIs
https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-websocket-api-mapping-template-reference.html
"""

from __future__ import annotations

import base64
import hashlib
import json
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

from shared.kook.events import parse_event
from shared.push.orders import PushOrder
from shared.relay.queue_messages import DeliveryOrder, IncomingEvent, deduplication_id, group_id
from shared.tasks.orders import TaskOrder

ROOT = Path(__file__).parents[1]
EVENTS = ROOT / "events"
KOOK = ROOT / "tests" / "data" / "kook"

AWS_ACCOUNT = "123456789012"
REGION = "us-east-1"
HTTP_API = "a1b2c3d4e5"
WEBSOCKET_API = "f6g7h8i9j0"
FRONT_DOOR = "d111111abcdef8.cloudfront.net"
TIME = "04/Mar/2026:01:19:41 +0000"
TIME_MS = 1772587181250
CONNECTION_ID = "L0SM9cOFvHcCIhw="
# Of a receiver's address and of a KOOK bot's token, as the destinations' keys have them.
WEBHOOK_FINGERPRINT = "6a2da20943931e9834fc12cfe5bb47bb"
ROBOT_FINGERPRINT = "c7d92f1be0a84c6f93d5b7a1e2f48066"
KOOK_FINGERPRINT = "0b1c9e2f7d5a4e83a6c0d4b8f1e27935"


def http_event(
    method: str, path: str, route: str, *, query: str = "", body: bytes | None = None, **more: Any
) -> dict[str, Any]:
    """An HTTP API event as it comes through the front door. ``headers`` and ``path_parameters`` may be given.

    API Gateway hands JSON over as text and everything else as base64.
    """
    headers = {
        "accept-encoding": "gzip",
        "host": f"{HTTP_API}.execute-api.{REGION}.amazonaws.com",
        "user-agent": "Go-http-client/2.0",
        "x-forwarded-for": "203.0.113.9, 198.51.100.7",
        "x-forwarded-port": "443",
        "x-forwarded-proto": "https",
        "x-relay-client-address": "203.0.113.9",
        "x-relay-original-host": FRONT_DOOR,
        "x-relay-original-path": path,
    } | more.get("headers", {})
    event: dict[str, Any] = {
        "version": "2.0",
        "routeKey": route,
        "rawPath": path,
        "rawQueryString": query,
        "headers": dict(sorted(headers.items())),
        "requestContext": _request_context(method, path, route, headers["user-agent"]),
        "isBase64Encoded": False,
    }
    if query:
        event["queryStringParameters"] = dict(parse_qsl(query))
    if more.get("path_parameters"):
        event["pathParameters"] = more["path_parameters"]
    if body is not None:
        event["headers"]["content-length"] = str(len(body))
        is_text = event["headers"]["content-type"] == "application/json"
        event["isBase64Encoded"] = not is_text
        # Bytes that are no UTF-8 are lost this way, which is what happens to KOOK's zlib without the front door.
        event["body"] = body.decode("utf-8", "replace") if is_text else base64.b64encode(body).decode("ascii")
    return event


def _request_context(method: str, path: str, route: str, user_agent: str) -> dict[str, Any]:
    return {
        "accountId": AWS_ACCOUNT,
        "apiId": HTTP_API,
        "domainName": f"{HTTP_API}.execute-api.{REGION}.amazonaws.com",
        "domainPrefix": HTTP_API,
        "http": {
            "method": method,
            "path": path,
            "protocol": "HTTP/1.1",
            "sourceIp": "198.51.100.7",
            "userAgent": user_agent,
        },
        "requestId": "ZQ5wKhVQoAMEPbQ=",
        "routeKey": route,
        "stage": "$default",
        "time": TIME,
        "timeEpoch": TIME_MS,
    }


def webhook_event(vector: str, account_id: int | None, *, query: str = "", through_front_door: bool = True) -> Any:
    """A recorded KOOK body, posted to ``/webhook`` or an account's own URL."""
    content_type = "application/octet-stream" if through_front_door else "application/json"
    return http_event(
        "POST",
        "/webhook" if account_id is None else f"/webhook/{account_id}",
        "POST /webhook" if account_id is None else "POST /webhook/{account_id}",
        query=query,
        body=(KOOK / "bodies" / f"{vector}.bin").read_bytes(),
        headers={"content-type": content_type},
        path_parameters={} if account_id is None else {"account_id": str(account_id)},
    )


def sqs_event(queue: str, *messages: tuple[str, str, str]) -> dict[str, Any]:
    """An SQS FIFO batch; each message is (body, group id, deduplication id)."""
    return {
        "Records": [
            {
                "messageId": f"11d6ee51-4cc7-4302-9e22-7cd8afdaad{number:02d}",
                "receiptHandle": f"AQEBBX8nesZEXmkhsmZeyIE8iQAMig7qw{number:02d}",
                "body": body,
                "attributes": {
                    "ApproximateReceiveCount": "1",
                    "SentTimestamp": str(TIME_MS),
                    "SequenceNumber": f"188496678605{number:08d}",
                    "MessageGroupId": group,
                    "SenderId": f"AROAEXAMPLEID:{queue}",
                    "MessageDeduplicationId": deduplication,
                    "ApproximateFirstReceiveTimestamp": str(TIME_MS + 12),
                },
                "messageAttributes": {},
                "md5OfBody": hashlib.md5(body.encode(), usedforsecurity=False).hexdigest(),
                "eventSource": "aws:sqs",
                "eventSourceARN": f"arn:aws:sqs:{REGION}:{AWS_ACCOUNT}:kook-relay-{queue}-1ABCDEFGHIJK.fifo",
                "awsRegion": REGION,
            }
            for number, (body, group, deduplication) in enumerate(messages, 1)
        ]
    }


def task_event() -> dict[str, Any]:
    """One task, from a standard queue: it has no group, no sequence and no deduplication."""
    event = sqs_event("TasksQueue", (TaskOrder("logs.clear", {"job_id": "clear_0123456789abcdef"}).to_body(), "", ""))
    (record,) = event["Records"]
    for name in ("SequenceNumber", "MessageGroupId", "MessageDeduplicationId"):
        del record["attributes"][name]
    record["eventSourceARN"] = record["eventSourceARN"].removesuffix(".fifo")
    return event


def event_message(name: str, account_id: int) -> tuple[str, str, str]:
    """A recorded event as the webhook function enqueues it."""
    frame = json.loads((KOOK / "expected" / f"{name}.json").read_text(encoding="utf-8"))
    event = {key: value for key, value in frame["d"].items() if key != "verify_token"}
    parsed = parse_event(event)
    incoming = IncomingEvent(account_id, parsed.event_id, TIME_MS, event)
    return incoming.to_body(), group_id(parsed.channel_key), deduplication_id(account_id, parsed.event_id)


def order_message(name: str, mapping_id: int, destination_key: str) -> tuple[str, str, str]:
    """The order to deliver a recorded event through a mapping."""
    frame = json.loads((KOOK / "expected" / f"{name}.json").read_text(encoding="utf-8"))
    order = DeliveryOrder(frame["d"]["msg_id"], mapping_id, 1)
    return order.to_body(), group_id(destination_key), order.deduplication_id


def push_message(topic: str) -> tuple[str, str, str]:
    """A push order with one state in it."""
    data = {"kind": "account", "id": 1, "status": "online", "reason": None, "timestamp": "2026-03-04T09:19:41"}
    body = PushOrder(topic, ({"type": "status", "data": data},), TIME_MS).to_body()
    return body, topic, hashlib.sha256(body.encode()).hexdigest()


def websocket_event(kind: str, route: str, **more: Any) -> dict[str, Any]:
    """A WebSocket API event of one connection."""
    return {
        "requestContext": {
            "routeKey": route,
            "eventType": kind,
            "extendedRequestId": "ZQ5wKhVQoAMFaQw=",
            "requestTime": TIME,
            "messageDirection": "IN",
            "stage": "live",
            "connectedAt": TIME_MS,
            "requestTimeEpoch": TIME_MS,
            "identity": {"userAgent": "Mozilla/5.0", "sourceIp": "198.51.100.7"},
            "requestId": "ZQ5wKhVQoAMFaQw=",
            "domainName": f"{WEBSOCKET_API}.execute-api.{REGION}.amazonaws.com",
            "connectionId": CONNECTION_ID,
            "apiId": WEBSOCKET_API,
            **more.pop("context", {}),
        },
        "isBase64Encoded": False,
        **more,
    }


def websocket_connect() -> dict[str, Any]:
    headers = {
        "Host": f"{WEBSOCKET_API}.execute-api.{REGION}.amazonaws.com",
        "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
        "Sec-WebSocket-Version": "13",
        "User-Agent": "Mozilla/5.0",
        "X-Forwarded-For": "203.0.113.9, 198.51.100.7",
        "X-Forwarded-Port": "443",
        "X-Forwarded-Proto": "https",
        "x-relay-client-address": "203.0.113.9",
        "x-relay-original-host": FRONT_DOOR,
        "x-relay-original-path": "/ws",
    }
    return websocket_event(
        "CONNECT", "$connect", headers=headers, multiValueHeaders={name: [value] for name, value in headers.items()}
    )


def scheduled_event() -> dict[str, Any]:
    return {
        "version": "0",
        "id": "53dc4d37-cffa-4f76-80c9-8b7d4a4d2eaa",
        "detail-type": "Scheduled Event",
        "source": "aws.events",
        "account": AWS_ACCOUNT,
        "time": "2026-03-04T01:19:00Z",
        "region": REGION,
        "resources": [f"arn:aws:events:{REGION}:{AWS_ACCOUNT}:rule/kook-relay-MaintenanceFunctionEveryMinute"],
        "detail": {},
    }


def all_events() -> dict[str, Any]:
    """Every event by its file name without ``.json``, which starts with the function's name."""
    plain_query = "compress=0"
    return {
        "kook_webhook_challenge": webhook_event("challenge.plain", 2, query=plain_query, through_front_door=False),
        "kook_webhook_challenge_encrypted": webhook_event("challenge.enc", None, query=plain_query),
        "kook_webhook_text": webhook_event("text.plain", 2, query=plain_query),
        "kook_webhook_text_compressed": webhook_event("text.zlib", 2),
        "kook_webhook_text_encrypted": webhook_event("text.enc", 1, query=plain_query),
        "kook_webhook_text_encrypted_compressed": webhook_event("text.enczlib", 1),
        "kook_webhook_text_mangled": webhook_event("text.zlib", 2, through_front_door=False),
        "kook_webhook_wrong_token": webhook_event("neg_bad_verify_token.plain", 2, query=plain_query),
        "route_event": sqs_event("EventsQueue", event_message("text", 1)),
        "deliver_discord": sqs_event("DiscordQueue", order_message("text", 1, "discord:1287654321098765432")),
        "deliver_telegram": sqs_event("TelegramQueue", order_message("text", 2, "telegram:123456:-1001234567890")),
        "deliver_feishu": sqs_event(
            "FeishuQueue", order_message("text", 3, "feishu:oc_84983ff6516d731e5b5f68d4ea2e1da5")
        ),
        "deliver_webhook": sqs_event("WebhookQueue", order_message("text", 4, f"webhook:{WEBHOOK_FINGERPRINT}")),
        "deliver_kook": sqs_event("KookQueue", order_message("text", 5, f"kook:5823400000000002:{KOOK_FINGERPRINT}")),
        "deliver_wecom": sqs_event("WecomQueue", order_message("text", 6, f"wecom:{ROBOT_FINGERPRINT}")),
        "relay_api_health": http_event("GET", "/health", "GET /health"),
        "relay_api_accounts": http_event(
            "GET",
            "/api/accounts",
            "ANY /api/{proxy+}",
            headers={"accept-language": "en", "x-api-token": "replace-this-with-your-api-token"},
            path_parameters={"proxy": "accounts"},
        ),
        "monitor_api": http_event("GET", "/api/nodes", "GET /api/nodes"),
        "accounts_api": http_event(
            "GET",
            "/api/v1/accounts",
            "ANY /api/v1/{proxy+}",
            headers={"accept-language": "en", "x-api-token": "replace-this-with-your-api-token"},
            path_parameters={"proxy": "accounts"},
        ),
        "robots_api_send_sms": http_event(
            "POST",
            "/api/user/send-sms",
            "ANY /api/user/{proxy+}",
            headers={"content-type": "application/json"},
            body=b'{"phone":"13800000000"}',
            path_parameters={"proxy": "send-sms"},
        ),
        "websocket_connect": websocket_connect(),
        "websocket_message": websocket_event(
            "MESSAGE", "$default", body='{"type":"ping"}', context={"messageId": "ZQ5wLcOFvHcCIhw="}
        ),
        "websocket_disconnect": websocket_event(
            "DISCONNECT",
            "$disconnect",
            headers={"Host": f"{WEBSOCKET_API}.execute-api.{REGION}.amazonaws.com", "x-api-key": ""},
            context={"disconnectStatusCode": 1001, "disconnectReason": "Going away"},
        ),
        "push": sqs_event("PushQueue", push_message("relay")),
        "run_task": task_event(),
        "maintenance": scheduled_event(),
    }


def text_of(event: Any) -> str:
    return json.dumps(event, ensure_ascii=False, indent=2) + "\n"


def main() -> None:
    EVENTS.mkdir(exist_ok=True)
    for name, event in all_events().items():
        (EVENTS / f"{name}.json").write_text(text_of(event), encoding="utf-8")


if __name__ == "__main__":
    main()
