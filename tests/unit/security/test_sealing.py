from __future__ import annotations

from shared.security.sealing import opened_or_none
from shared.security.vault import Vault


def test_a_seal_that_opens_gives_its_text() -> None:
    vault = Vault(b"k" * 32)
    sealed = vault.seal("secret", record="bot/1", field="token")
    assert opened_or_none(vault, sealed, record="bot/1", field="token") == "secret"
    assert opened_or_none(vault, "", record="bot/1", field="token") == ""


def test_a_seal_of_another_key_record_or_field_gives_none() -> None:
    sealed = Vault(b"k" * 32).seal("secret", record="bot/1", field="token")
    assert opened_or_none(Vault(b"x" * 32), sealed, record="bot/1", field="token") is None
    assert opened_or_none(Vault(b"k" * 32), sealed, record="bot/2", field="token") is None
    assert opened_or_none(Vault(b"k" * 32), sealed, record="bot/1", field="other") is None
