"""The vault against vectors that another implementation made."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest

from shared.accounts.cookie_vault import (
    CookieUnopenable,
    CookieVault,
    PassphraseRefused,
    check_passphrase,
    cookie_hash,
    passphrase_from_data_key,
)

VECTORS: dict[str, Any] = json.loads(
    (Path(__file__).parents[2] / "data" / "accounts" / "vault_vectors.json").read_text("utf-8")
)
PASSPHRASE = "a passphrase of the tests' own"
OTHER = "another passphrase of the tests"


@pytest.mark.parametrize("vector", VECTORS["vectors"])
def test_the_contract_s_vectors_open(vector: dict[str, str]) -> None:
    opened = CookieVault(VECTORS["passphrase"]).unseal(vector["stored_base64"])
    assert opened.text == vector["plaintext"]
    assert not opened.is_outdated
    assert cookie_hash(vector["plaintext"]) == vector["cookie_hash_sha256_hex"]


def test_what_is_sealed_opens_and_is_never_sealed_the_same_twice() -> None:
    vault = CookieVault(PASSPHRASE)
    sealed = {vault.seal("SESSDATA=中文") for _ in range(50)}
    assert len(sealed) == 50
    assert {vault.unseal(value).text for value in sealed} == {"SESSDATA=中文"}
    assert all(len(base64.b64decode(value)) == 12 + len("SESSDATA=中文".encode()) + 16 for value in sealed)


def test_two_keys_are_live_and_the_former_is_told() -> None:
    sealed = CookieVault(OTHER).seal("a=1")
    rotated = CookieVault(PASSPHRASE, OTHER)
    assert (rotated.unseal(sealed).text, rotated.unseal(sealed).is_outdated) == ("a=1", True)
    again = rotated.seal("a=1")
    assert not rotated.unseal(again).is_outdated
    assert CookieVault(PASSPHRASE).unseal(again).text == "a=1"
    with pytest.raises(CookieUnopenable):
        CookieVault(PASSPHRASE).unseal(sealed)


@pytest.mark.parametrize(
    "change", [lambda s: s[:-4], lambda s: "!" + s, lambda s: "", lambda s: "QUJD", lambda s: s[4:]]
)
def test_damaged_values_do_not_open(change: Any) -> None:
    vault = CookieVault(PASSPHRASE)
    with pytest.raises(CookieUnopenable) as caught:
        vault.unseal(change(vault.seal("secret=value")))
    assert "secret" not in str(caught.value)


def test_every_flipped_bit_is_noticed() -> None:
    vault = CookieVault(PASSPHRASE)
    sealed = base64.b64decode(vault.seal("a=1"))
    for position in range(len(sealed)):
        flipped = bytearray(sealed)
        flipped[position] ^= 1
        with pytest.raises(CookieUnopenable):
            vault.unseal(base64.b64encode(bytes(flipped)).decode())


@pytest.mark.parametrize(
    "passphrase",
    ["brief", "x" * 40, "please-changeme-now-ok", VECTORS["passphrase"], "  padded  ", "abcabcabcabcabcabc"],
)
def test_guessable_passphrases_are_refused_without_being_repeated(passphrase: str) -> None:
    with pytest.raises(PassphraseRefused) as caught:
        check_passphrase(passphrase)
    assert passphrase not in str(caught.value)


def test_good_passphrases_pass() -> None:
    check_passphrase(PASSPHRASE)
    check_passphrase(passphrase_from_data_key(bytes(32)))


def test_opened_cookies_do_not_show_in_reprs() -> None:
    vault = CookieVault(PASSPHRASE)
    assert "secret" not in repr(vault.unseal(vault.seal("secret=value")))
    assert PASSPHRASE not in repr(vault)


def test_several_former_passphrases_open_and_empty_ones_are_none() -> None:
    made = passphrase_from_data_key(bytes(range(32)))
    sealed = CookieVault(made).seal("a=1")
    assert CookieVault(PASSPHRASE, "", made).unseal(sealed).is_outdated
    with pytest.raises(CookieUnopenable):
        CookieVault(PASSPHRASE, "", "").unseal(sealed)
