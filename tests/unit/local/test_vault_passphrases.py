"""The embedded stack does not start on a passphrase that anyone could guess."""

from __future__ import annotations

from pathlib import Path

import pytest

from local.configuration import SettingsRefused, load_settings


@pytest.mark.parametrize("name", ["VAULT_PASSPHRASE", "VAULT_PASSPHRASE_PREVIOUS"])
def test_guessable_passphrases_stop_the_start(name: str, tmp_path: Path) -> None:
    with pytest.raises(SettingsRefused) as caught:
        load_settings(tmp_path / "none.env", {name: "test-encryption-key-32-bytes-long"})
    (error,) = caught.value.errors
    assert name in str(error)
    assert "test-encryption-key" not in str(error)


def test_good_passphrases_are_taken(tmp_path: Path) -> None:
    settings = load_settings(tmp_path / "none.env", {"VAULT_PASSPHRASE": "a passphrase of the tests' own"})
    assert settings.vault_passphrase
    assert settings.vault_passphrase not in repr(settings)
