"""Signatures against the specification's example and its reference library."""

from __future__ import annotations

import base64
import time
from collections.abc import Callable

import pytest
from standardwebhooks import Webhook, WebhookVerificationError

from shared.platforms.webhook_signing import MalformedSecret, canonical_secret, new_secret, signature_header

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
BODY = '{"type":"message.created","data":{"text":"大家好 😀"}}'.encode()


def headers(webhook_id: str, timestamp_seconds: int, signature: str) -> dict[str, str]:
    return {"webhook-id": webhook_id, "webhook-timestamp": str(timestamp_seconds), "webhook-signature": signature}


def of_bytes(count: int) -> str:
    return "whsec_" + base64.b64encode(bytes(range(count))).decode()


def test_the_example_of_the_specification() -> None:
    signature = signature_header("msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, b'{"test": 2432232314}', [SECRET])
    assert signature == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


@pytest.mark.parametrize("make_secret", [lambda: SECRET, lambda: of_bytes(24), lambda: of_bytes(64), new_secret])
def test_the_reference_library_accepts_the_signature(make_secret: Callable[[], str]) -> None:
    secret = make_secret()
    now = int(time.time())
    signature = signature_header("key-1", now, BODY, [secret])
    assert Webhook(secret).verify(BODY, headers("key-1", now, signature))["type"] == "message.created"


def test_the_reference_library_refuses_what_was_changed() -> None:
    now = int(time.time())
    signature = signature_header("key-1", now, BODY, [SECRET])
    for changed in (headers("key-2", now, signature), headers("key-1", now - 1, signature)):
        with pytest.raises(WebhookVerificationError):
            Webhook(SECRET).verify(BODY, changed)
    with pytest.raises(WebhookVerificationError):
        Webhook(SECRET).verify(BODY + b" ", headers("key-1", now, signature))
    with pytest.raises(WebhookVerificationError):
        Webhook(new_secret()).verify(BODY, headers("key-1", now, signature))


def test_while_a_secret_changes_receivers_with_either_accept() -> None:
    now = int(time.time())
    new = new_secret()
    signature = signature_header("key-1", now, BODY, [new, SECRET])
    assert len(signature.split(" ")) == 2
    for secret in (new, SECRET):
        Webhook(secret).verify(BODY, headers("key-1", now, signature))


def test_new_secrets_are_long_different_and_canonical() -> None:
    made = {new_secret() for _ in range(50)}
    assert len(made) == 50
    for secret in made:
        assert canonical_secret(secret) == secret
        assert len(base64.b64decode(secret.removeprefix("whsec_"))) == 32


def test_padding_may_be_left_out() -> None:
    secret = of_bytes(25)
    assert secret.endswith("==")
    assert canonical_secret(secret.rstrip("=")) == secret


@pytest.mark.parametrize(
    "secret",
    [
        "",
        "whsec_",
        of_bytes(23),
        of_bytes(65),
        SECRET.removeprefix("whsec_"),
        "whsk_" + "A" * 44,
        "whsec_" + "!" * 40,
        "whsec_" + "é" * 40,
        "whsec_" + "A" * 33,
        "whsec_" + "A" * 10_000,
    ],
)
def test_secrets_that_are_none_are_refused_without_repeating_them(secret: str) -> None:
    with pytest.raises(MalformedSecret) as caught:
        canonical_secret(secret)
    assert not secret or secret not in str(caught.value) or secret == "whsec_"
