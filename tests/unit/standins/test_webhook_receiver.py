"""The stand-in receiver refuses what a real one would: a check that cannot fail would prove nothing."""

from __future__ import annotations

import datetime
import time
from collections.abc import Iterator

import pytest
import requests
from standardwebhooks import Webhook

from tests.standins.webhook_receiver import DEFAULT_SECRET, WebhookReceiverStandIn

OTHER_SECRET = "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYX"
BODY = '{"type":"message.created","timestamp":"2026-11-20T08:00:00.000Z","data":{"text":"hi","target":"t"}}'


@pytest.fixture
def receiver() -> Iterator[WebhookReceiverStandIn]:
    with WebhookReceiverStandIn() as running:
        yield running


def post(
    receiver: WebhookReceiverStandIn,
    *,
    secret: str = DEFAULT_SECRET,
    age_seconds: float = 0.0,
    body: str = BODY,
    sent: str | None = None,
    webhook_id: str = "id-1",
) -> int:
    """Signed by the reference library; ``sent`` is what is sent in place of the signed body."""
    timestamp = int(time.time() - age_seconds)
    moment = datetime.datetime.fromtimestamp(timestamp, datetime.UTC)
    headers = {
        "Content-Type": "application/json",
        "webhook-id": webhook_id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": Webhook(secret).sign(webhook_id, moment, body),
    }
    answer = requests.post(receiver.url, data=(sent or body).encode(), headers=headers, timeout=10)
    return answer.status_code


def test_what_the_reference_library_signs_is_taken_once(receiver: WebhookReceiverStandIn) -> None:
    assert [post(receiver), post(receiver), post(receiver, webhook_id="id-2")] == [200, 200, 200]
    assert [message.message_id for message in receiver.received()] == ["id-1", "id-2"]
    assert receiver.received()[0].text == "hi"
    assert receiver.repeats == ["id-1"]
    assert receiver.violations == []


def test_what_is_not_signed_like_that_is_refused(receiver: WebhookReceiverStandIn) -> None:
    assert post(receiver, secret=OTHER_SECRET) == 401
    assert post(receiver, sent=BODY.replace("hi", "ho")) == 401
    assert post(receiver, age_seconds=400) == 401
    assert post(receiver, age_seconds=-400) == 401
    assert requests.post(receiver.url, data=BODY, timeout=10).status_code == 401
    assert receiver.received() == []


def test_either_secret_does_while_it_changes() -> None:
    with WebhookReceiverStandIn(secrets=(OTHER_SECRET, DEFAULT_SECRET)) as receiver:
        assert [post(receiver), post(receiver, secret=OTHER_SECRET, webhook_id="id-2")] == [200, 200]


def test_what_breaks_the_form_is_noted_or_refused(receiver: WebhookReceiverStandIn) -> None:
    assert post(receiver, body="[]") == 400
    assert post(receiver, body="nonsense", webhook_id="id-2") == 400
    post(receiver, body=BODY.replace("message.created", "message created"), webhook_id="id-3")
    post(receiver, webhook_id="id.4")
    post(receiver, body=BODY.replace("hi", "x" * 20_000), webhook_id="id-5")
    assert len(receiver.violations) == 3
