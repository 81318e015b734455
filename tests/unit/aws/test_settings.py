from __future__ import annotations

import pytest
from pydantic import ValidationError

from shared.aws.settings import Settings


@pytest.mark.parametrize(
    ("value", "language"),
    [
        ("zh", "zh"),
        ("en", "en"),
        ("en_US:en", "en"),
        ("en-GB", "en"),
        ("zh_CN:zh", "zh"),
        ("de_DE:de", "zh"),
        ("", "zh"),
    ],
)
def test_language_is_chinese_unless_english_is_asked_for_by_setting_or_locale(
    monkeypatch: pytest.MonkeyPatch, value: str, language: str
) -> None:
    monkeypatch.setenv("LANGUAGE", value)
    assert Settings().language == language


def test_networks_and_addresses_are_read_and_normalised(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OUTBOUND_ALLOW", " 127.0.0.1/32, 10.1.2.3/8 ,")
    monkeypatch.setenv("KOOK_API_BASE", "http://127.0.0.1:9/api/v3/")
    settings = Settings()
    assert settings.outbound_allow == ("127.0.0.1/32", "10.1.2.3/8")
    assert settings.kook_api_base == "http://127.0.0.1:9/api/v3"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("CONTENT_PLATFORM_BASES", "https://proxy.example.com"),
        ("CONTENT_PLATFORM_BASES", "bilibili=ftp://proxy.example.com"),
        ("PORT", "99999"),
        ("PORT", "web"),
        ("OUTBOUND_ALLOW", "everything"),
        ("PUBLIC_URL", "relay.example.com"),
        ("LOG_RETENTION_DAYS", "0"),
        ("TIME_ZONE", "Mars/Olympus"),
    ],
)
def test_a_setting_that_cannot_work_is_refused_by_name(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(ValidationError, match=name.lower()):
        Settings()


def test_secrets_are_in_no_representation(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("API_TOKEN", "canary-token")
    monkeypatch.setenv("ADMIN_PASSWORD", "canary-password")
    assert "canary" not in repr(Settings())
