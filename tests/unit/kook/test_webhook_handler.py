from __future__ import annotations

import base64
import json
import logging
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from functions.kook_webhook.handler import answer
from shared.kook.codec import MAX_BODY_BYTES
from shared.kook.webhook import AccountCredentials, WebhookReceiver
from shared.relay.queue_messages import IncomingEvent
from shared.security.vault import Vault, load_data_key
from tests.standins.kook_wire import WIRES, encode
from tests.standins.webhook_doubles import InMemoryFifoQueue, receiver_for

PROJECT = Path(__file__).resolve().parents[3]
KEY = "an encrypt key"
CHALLENGE = {"type": 255, "channel_type": "WEBHOOK_CHALLENGE", "challenge": "bkes654x09XY", "verify_token": "vt"}
EVENT = {"channel_type": "GROUP", "type": 9, "target_id": "582", "content": "密", "msg_id": "m-1", "verify_token": "vt"}


@pytest.fixture
def queue() -> InMemoryFifoQueue:
    return InMemoryFifoQueue()


@pytest.fixture
def receiver(queue: InMemoryFifoQueue) -> WebhookReceiver:
    accounts = [AccountCredentials(1, "vt", ""), AccountCredentials(2, "vt", KEY)]
    return receiver_for(accounts, queue)


def _event(body: Any, *, is_base64: bool, account_id: str | None = None) -> dict[str, Any]:
    """An HTTP API event, payload 2.0, as far as the function reads it."""
    path = "/webhook" if account_id is None else f"/webhook/{account_id}"
    event: dict[str, Any] = {
        "version": "2.0",
        "rawPath": path,
        "rawQueryString": "",
        "headers": {"content-type": "application/octet-stream" if is_base64 else "application/json"},
        "requestContext": {"http": {"method": "POST", "path": path}, "stage": "$default"},
        "isBase64Encoded": is_base64,
    }
    if body is not None:
        event["body"] = base64.b64encode(body).decode() if is_base64 else body
    if account_id is not None:
        event["pathParameters"] = {"account_id": account_id}
    return event


@pytest.mark.parametrize("wire", WIRES)
def test_a_base64_body_of_any_wire_form_is_answered(receiver: WebhookReceiver, wire: str) -> None:
    account_id = "2" if wire.startswith("enc") else "1"
    body = encode({"s": 0, "d": CHALLENGE}, wire, KEY)
    response = answer(_event(body, is_base64=True, account_id=account_id), receiver)
    assert response["statusCode"] == 200
    assert response["headers"] == {"content-type": "application/json"}
    assert json.loads(response["body"]) == {"challenge": "bkes654x09XY"}


@pytest.mark.parametrize("wire", ["plain", "enc"])
def test_a_text_body_is_answered(receiver: WebhookReceiver, queue: InMemoryFifoQueue, wire: str) -> None:
    text = encode({"s": 0, "d": EVENT}, wire, KEY).decode()
    response = answer(_event(text, is_base64=False, account_id="2" if wire == "enc" else "1"), receiver)
    assert (response["statusCode"], response["body"]) == (200, "{}")
    assert queue.messages[0].incoming.event["content"] == "密"


def test_unescaped_non_ascii_text_is_read_as_utf8(receiver: WebhookReceiver, queue: InMemoryFifoQueue) -> None:
    text = json.dumps({"s": 0, "d": EVENT}, ensure_ascii=False)
    assert answer(_event(text, is_base64=False), receiver)["statusCode"] == 200
    assert queue.messages[0].incoming.event["content"] == "密"


@pytest.mark.parametrize("wire", ["zlib", "enczlib"])
@pytest.mark.parametrize(("encoding", "errors"), [("utf-8", "replace"), ("latin-1", "strict"), ("utf-8", "ignore")])
def test_a_compressed_body_mangled_into_text_is_400(
    receiver: WebhookReceiver, wire: str, encoding: str, errors: str
) -> None:
    mangled = encode({"s": 0, "d": CHALLENGE}, wire, KEY).decode(encoding, errors)
    response = answer(_event(mangled, is_base64=False), receiver)
    assert response["statusCode"] == 400
    assert "bkes654x09XY" not in response["body"]


@pytest.mark.parametrize("body", [None, ""])
@pytest.mark.parametrize("is_base64", [True, False])
def test_an_absent_or_empty_body_is_400(receiver: WebhookReceiver, body: str | None, is_base64: bool) -> None:
    event = _event(None, is_base64=is_base64)
    if body is not None:
        event["body"] = body
    assert answer(event, receiver)["statusCode"] == 400


@pytest.mark.parametrize("body", ["%%%", "abc", "密文", "\ud800"])
def test_a_body_that_is_not_the_base64_it_is_said_to_be_is_400(receiver: WebhookReceiver, body: str) -> None:
    event = _event(None, is_base64=True)
    assert answer({**event, "body": body}, receiver)["statusCode"] == 400


def test_lone_surrogates_in_a_text_body_are_400(receiver: WebhookReceiver) -> None:
    assert answer(_event('{"d":{"a":"\ud800"}}', is_base64=False), receiver)["statusCode"] == 400


@pytest.mark.parametrize("excess", [1, 2, 3, 1_000_000])
@pytest.mark.parametrize("is_base64", [True, False])
def test_an_oversized_body_is_413(receiver: WebhookReceiver, excess: int, is_base64: bool) -> None:
    body = b"{" + b" " * (MAX_BODY_BYTES - 1 + excess)
    event = _event(body if is_base64 else body.decode(), is_base64=is_base64)
    assert answer(event, receiver)["statusCode"] == 413


@pytest.mark.parametrize("is_base64", [True, False])
def test_a_body_of_exactly_the_limit_is_read_whole(receiver: WebhookReceiver, is_base64: bool) -> None:
    body = json.dumps({"d": CHALLENGE}).encode()
    body += b" " * (MAX_BODY_BYTES - len(body))
    event = _event(body if is_base64 else body.decode(), is_base64=is_base64)
    assert answer(event, receiver)["statusCode"] == 200


@pytest.mark.parametrize("parameters", [None, {}, {"account_id": ""}])
def test_without_an_account_in_the_path_the_default_account_is_meant(
    receiver: WebhookReceiver, parameters: dict[str, str] | None
) -> None:
    event = {**_event(encode({"d": CHALLENGE}, "plain"), is_base64=True), "pathParameters": parameters}
    assert answer(event, receiver)["statusCode"] == 200


def test_outcomes_are_logged_and_no_secret_of_a_frame_is(
    receiver: WebhookReceiver, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        for d in (EVENT, {**EVENT, "verify_token": "vt-guess"}, {**CHALLENGE, "verify_token": "vt-guess"}):
            for wire in WIRES:
                body = encode({"d": d, "extra": {"encryptKey": KEY}}, wire, KEY)
                answer(_event(body, is_base64=True), receiver)
        answer(_event(b'{"d":{"verify_token":"vt-guess"', is_base64=True), receiver)
    outcomes = [record.__dict__["outcome"] for record in caplog.records]
    assert len(outcomes) == 13
    assert set(outcomes) == {"enqueued", "unverifiable", "malformed"}
    logged = repr([record.__dict__ for record in caplog.records])
    assert not any(secret in logged for secret in ("vt-guess", "'vt'", KEY, "密", "bkes654x09XY"))


class _FakeAws(BaseHTTPRequestHandler):
    """DynamoDB's Query and SQS's SendMessage, both in their JSON protocols."""

    items: list[dict[str, Any]]
    sent: list[dict[str, Any]]

    def do_POST(self) -> None:
        request = json.loads(self.rfile.read(int(self.headers["content-length"])))
        answers: dict[str, Any] = {"MessageId": "1", "MD5OfMessageBody": "0" * 32}
        if self.headers["x-amz-target"] == "AmazonSQS.SendMessage":
            self.sent.append(request)
        else:
            assert self.headers["x-amz-target"] == "DynamoDB_20120810.Query"
            answers = {"Items": self.items, "Count": len(self.items), "ScannedCount": len(self.items)}
        body = json.dumps(answers).encode()
        self.send_response(200)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """Quiet."""


@pytest.fixture
def fake_aws() -> Iterator[tuple[str, type[_FakeAws]]]:
    items: list[dict[str, Any]] = []
    sent: list[dict[str, Any]] = []
    Handler = type("Handler", (_FakeAws,), {"items": items, "sent": sent})

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}", Handler
    server.shutdown()
    thread.join()
    server.server_close()


def _run_fresh(program: str, **environment: str) -> subprocess.CompletedProcess[str]:
    inherited = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    return subprocess.run(
        [sys.executable, "-c", program],
        cwd=PROJECT,
        env={**inherited, **environment},
        capture_output=True,
        text=True,
        timeout=60,
    )


def test_a_fresh_import_loads_none_of_the_heavy_packages() -> None:
    program = """
import sys
import functions.kook_webhook.handler
heavy = {"flask", "pydantic", "pydantic_settings", "pynamodb", "requests", "mangum", "shared.composition"}
rooms = {name for name in sys.modules if name.startswith("shared.") and name.count(".") == 1 and "_composition" in name}
print(sorted(heavy & sys.modules.keys() | rooms))
"""
    finished = _run_fresh(program)
    assert (finished.stdout.strip(), finished.stderr) == ("[]", "")


@pytest.mark.parametrize("in_lambda", [False, True])
def test_the_wired_function_takes_requests_from_many_threads(
    fake_aws: tuple[str, type[_FakeAws]], tmp_path: Path, in_lambda: bool
) -> None:
    endpoint, aws = fake_aws
    key_file = tmp_path / "data.key"
    vault = Vault(load_data_key(data_key_file=str(key_file), kms_key_id="", config_table="config"))
    aws.items.append(
        {
            "sk": {"S": "000000000002"},
            "id": {"N": "2"},
            "verify_token": {"S": vault.seal("vt", record="account/2", field="verify_token")},
            "encrypt_key": {"S": vault.seal(KEY, record="account/2", field="encrypt_key")},
        }
    )
    events = [
        _event(encode({"s": 0, "d": {**EVENT, "msg_id": f"m-{number}"}}, "enczlib", KEY), is_base64=True)
        for number in range(40)
    ]
    program = f"""
import json
from concurrent.futures import ThreadPoolExecutor
from functions.kook_webhook.handler import handler
with ThreadPoolExecutor(8) as pool:
    answers = list(pool.map(lambda event: handler(event, None)["statusCode"], json.loads({json.dumps(events)!r})))
print("statuses", set(answers))
"""
    environment = {
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_REGION": "us-east-1",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "CONFIG_TABLE": "config",
        "EVENTS_QUEUE_URL": f"{endpoint}/123456789012/events.fifo",
        "DATA_KEY_FILE": str(key_file),
        **({"AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand"} if in_lambda else {}),
    }
    finished = _run_fresh(program, **environment)
    assert "statuses {200}" in finished.stdout, finished.stderr
    assert {IncomingEvent.from_body(request["MessageBody"]).event_id for request in aws.sent} == {
        f"m-{number}" for number in range(40)
    }
    assert {request["MessageGroupId"] for request in aws.sent} == {"582"}


def test_a_missing_setting_is_one_clear_line() -> None:
    program = "from functions.kook_webhook.handler import handler; handler({}, None)"
    finished = _run_fresh(program, AWS_REGION="us-east-1", CONFIG_TABLE="config")
    assert finished.returncode == 1
    assert "SettingMissing: EVENTS_QUEUE_URL is not set" in finished.stderr.splitlines()[-1]
