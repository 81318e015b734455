"""Signed webhooks in the conformance suite. Signatures are in tests/unit/platforms/test_webhook_signing.py."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from email.utils import formatdate
from typing import Any
from urllib.parse import urlsplit

from shared.platforms.http import HttpResponse
from shared.platforms.webhook import WebhookPlatform
from tests.contract.platforms.harness import Harness, RateLimitCase, local_http, unused_base_url
from tests.standins.assets import AssetStandIn
from tests.standins.server import Answer
from tests.standins.webhook_receiver import DEFAULT_SECRET, HOOK_PATH, WebhookReceiverStandIn

LOOPBACK = ("127.0.0.0/8",)


class ElsewhereHttp:
    """Sends every request to ``base_url`` instead: the destination stays the same and its server is gone."""

    def __init__(self, base_url: str) -> None:
        self._base_url = base_url
        self._http = local_http()

    def request(self, method: str, url: str, **request: Any) -> HttpResponse:
        return self._http.request(method, self._base_url + urlsplit(url).path, **request)


@contextmanager
def open_harness() -> Iterator[Harness]:
    with WebhookReceiverStandIn() as receiver, AssetStandIn() as assets:
        # Stands still, so that the wait until a date is the same at each attempt.
        now = float(int(time.time()))
        platform = WebhookPlatform(local_http(), LOOPBACK, lambda: now)
        config = platform.validate_config({"url": receiver.url, "secret": DEFAULT_SECRET})

        yield Harness(
            name="webhook",
            platform=platform,
            destination=platform.destination(7, config, "any label"),
            stand_in=receiver,
            assets=assets,
            secrets=(receiver.url, HOOK_PATH.rpartition("/")[2], DEFAULT_SECRET, DEFAULT_SECRET[6:]),
            posts=lambda request: request.method == "POST",
            visible_text=lambda text: text,
            rate_limits=(
                RateLimitCase(Answer(429, b"", {"Retry-After": "7"}), 7.0, "destination"),
                RateLimitCase(
                    Answer(429, b"slow down", {"Retry-After": formatdate(now + 90, usegmt=True)}), 90.0, "destination"
                ),
                RateLimitCase(Answer(429), None, "destination"),
            ),
            dead_destinations=(Answer(410), Answer(404, b"<html>"), Answer.of_json({"error": "who are you?"}, 401)),
            server_errors=(Answer(500), Answer(502, b"<html>"), Answer(503, b"", {"Retry-After": "5"}), Answer(504)),
            unreachable=lambda: WebhookPlatform(ElsewhereHttp(unused_base_url()), LOOPBACK),
            takes_files=False,
            makes_missing_secrets=True,
            reads_answers=False,
        )
        assert receiver.violations == []
