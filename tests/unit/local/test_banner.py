from __future__ import annotations

import io
from pathlib import Path

import pytest

from local.banner import print_banner
from local.configuration import AdminPassword, ApiToken, TokenOrigin
from local.engines.layout import EngineKind
from local.messages import Messages
from local.runner import Started
from shared.aws.settings import Settings


def banner(
    token: ApiToken | None,
    language: str = "en",
    kind: EngineKind = EngineKind.DURABLE,
    settings: Settings | None = None,
    password: AdminPassword | None = None,
) -> str:
    console = io.StringIO()
    started = Started("http://127.0.0.1:9527", "ws://127.0.0.1:9527/ws", Path("/data"), kind, token, 1.25, password)
    print_banner(started, settings or Settings(), Messages(language), console)
    return console.getvalue()


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_first_start_shows_addresses_token_and_the_next_step(language: str) -> None:
    text = banner(ApiToken(TokenOrigin.NEW, "the-new-token"), language)
    assert text.count("the-new-token") == 1
    assert "http://127.0.0.1:9527/webhook" in text
    assert "http://127.0.0.1:9527/console/" in text
    assert "http://127.0.0.1:9527/api/accounts" in text
    assert "PUBLIC_URL" in text
    assert '"ingress": "gateway"' in text
    assert "Ctrl-C" in text


def test_a_new_password_is_shown_once_and_later_ones_are_not() -> None:
    token = ApiToken(TokenOrigin.KNOWN)
    text = banner(token, password=AdminPassword(TokenOrigin.NEW, "the-new-password"))
    assert text.count("the-new-password") == 1
    assert "shown this once" in text
    assert "reset-password" in banner(token, password=AdminPassword(TokenOrigin.KNOWN))
    assert "the one in ADMIN_PASSWORD" in banner(token, password=AdminPassword(TokenOrigin.CONFIGURED))


def test_later_starts_do_not_show_a_token() -> None:
    assert "shown at the first start" in banner(ApiToken(TokenOrigin.KNOWN))
    assert "the one in API_TOKEN" in banner(ApiToken(TokenOrigin.CONFIGURED))


def test_the_public_url_takes_the_local_ones_place() -> None:
    text = banner(ApiToken(TokenOrigin.KNOWN), settings=Settings(public_url="https://relay.example"))
    assert "https://relay.example/webhook" in text
    assert "set PUBLIC_URL" not in text


def test_the_stand_in_engine_is_paid_for_in_plain_words() -> None:
    assert "loses all of it" in banner(ApiToken(TokenOrigin.KNOWN), kind=EngineKind.MINISTACK)


def test_another_applications_template_has_no_token_to_show() -> None:
    text = banner(None)
    assert "API token" not in text
    assert "/data" in text
