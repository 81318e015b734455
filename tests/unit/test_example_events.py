"""events/ holds what AWS really hands over: each file fits its function, and the recorded KOOK bodies are in them."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from scripts.make_events import EVENTS, KOOK, all_events, text_of
from shared.kook.events import parse_event
from shared.kook.webhook import AccountCredentials, AccountDirectory, Response, WebhookReceiver
from shared.relay.queue_messages import DeliveryOrder, IncomingEvent

MANIFEST = json.loads((KOOK / "manifest.json").read_text(encoding="utf-8"))
FUNCTIONS = sorted(
    path.name for path in (EVENTS.parent / "functions").iterdir() if path.is_dir() and path.name[0] not in "._"
)


class FixedCredentials:
    """The two accounts the example events are made for."""

    def current(self) -> AccountDirectory:
        token, key = MANIFEST["verify_token"], MANIFEST["encrypt_key"]
        accounts = {1: AccountCredentials(1, token, key), 2: AccountCredentials(2, token, "")}
        return AccountDirectory(accounts, 1)

    def newer_than(self, directory: AccountDirectory) -> None:
        return None


def receive(name: str) -> tuple[Response, list[str]]:
    """What the webhook answers to an example event, and the message bodies it enqueued."""
    event = load(name)
    bodies: list[str] = []

    def enqueue(*, body: str, group_id: str, deduplication_id: str) -> None:
        bodies.append(body)

    raw = base64.b64decode(event["body"]) if event["isBase64Encoded"] else event["body"].encode()
    receiver = WebhookReceiver(FixedCredentials(), enqueue, clock=lambda: 1772587181.25)
    return receiver.receive(raw, event.get("pathParameters", {}).get("account_id")), bodies


def load(name: str) -> dict[str, Any]:
    event: dict[str, Any] = json.loads((EVENTS / f"{name}.json").read_text(encoding="utf-8"))
    return event


def test_the_files_are_what_the_script_writes() -> None:
    written = {path.name: path.read_text(encoding="utf-8") for path in EVENTS.glob("*.json")}
    assert written == {f"{name}.json": text_of(event) for name, event in all_events().items()}


def test_every_function_has_an_example_and_every_example_a_function() -> None:
    def function_of(name: str) -> str | None:
        return next((function for function in FUNCTIONS if name == function or name.startswith(f"{function}_")), None)

    owners = {path.stem: function_of(path.stem) for path in EVENTS.glob("*.json")}
    assert None not in owners.values(), owners
    assert set(owners.values()) == set(FUNCTIONS)


@pytest.mark.parametrize("name", ["kook_webhook_challenge", "kook_webhook_challenge_encrypted"])
def test_challenges_are_answered(name: str) -> None:
    response, bodies = receive(name)
    assert (response.status, json.loads(response.body)) == (200, {"challenge": "bkes654x09XY"})
    assert bodies == []


@pytest.mark.parametrize("wire", ["", "_compressed", "_encrypted", "_encrypted_compressed"])
def test_text_events_are_enqueued_whatever_their_wire_form(wire: str) -> None:
    response, bodies = receive(f"kook_webhook_text{wire}")
    assert response.status == 200
    (body,) = bodies
    expected = json.loads((KOOK / "expected" / "text.json").read_text(encoding="utf-8"))["d"]
    del expected["verify_token"]
    assert IncomingEvent.from_body(body).event == expected


@pytest.mark.parametrize(("name", "status"), [("kook_webhook_text_mangled", 400), ("kook_webhook_wrong_token", 401)])
def test_what_must_be_refused_is_refused(name: str, status: int) -> None:
    response, bodies = receive(name)
    assert response.status == status
    assert bodies == []


def test_the_route_event_example_is_what_the_webhook_enqueues() -> None:
    _, (body,) = receive("kook_webhook_text_encrypted")
    (record,) = load("route_event")["Records"]
    assert json.loads(record["body"]) == json.loads(body)
    assert record["attributes"]["MessageGroupId"] == parse_event(json.loads(body)["event"]).channel_key


@pytest.mark.parametrize(
    ("platform", "mapping_id"), [("discord", 1), ("telegram", 2), ("feishu", 3), ("webhook", 4), ("kook", 5)]
)
def test_delivery_examples_are_orders(platform: str, mapping_id: int) -> None:
    (record,) = load(f"deliver_{platform}")["Records"]
    order = DeliveryOrder.from_body(record["body"])
    assert (order.mapping_id, order.generation) == (mapping_id, 1)
    assert record["attributes"]["MessageDeduplicationId"] == order.deduplication_id
    assert record["attributes"]["MessageGroupId"].startswith(f"{platform}:")
    assert f"{platform.title()}Queue" in record["eventSourceARN"]


def _http_examples() -> list[str]:
    return [name for name, event in all_events().items() if event.get("version") == "2.0"]


@pytest.mark.parametrize("name", _http_examples())
def test_http_examples_agree_with_themselves(name: str) -> None:
    event = load(name)
    context = event["requestContext"]
    assert context["http"]["path"] == event["rawPath"] == event["headers"]["x-relay-original-path"]
    assert context["routeKey"] == event["routeKey"]
    assert all(header.islower() for header in event["headers"]), "an HTTP API hands header names over in lower case"
