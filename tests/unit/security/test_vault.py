from __future__ import annotations

import base64
import os
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError
from Crypto.Cipher import AES

from shared.security.vault import DataKeyUnavailable, SealBroken, Vault, load_data_key

KEY = bytes(range(32))


@pytest.fixture
def vault() -> Vault:
    return Vault(KEY)


@pytest.mark.parametrize("plaintext", ["x", "token-123", "密钥 🎉", "a" * 100_000, "\0", "\ud800"])
def test_what_was_sealed_opens_for_the_same_record_and_field(vault: Vault, plaintext: str) -> None:
    sealed = vault.seal(plaintext, record="account/1", field="verify_token")
    assert vault.unseal(sealed, record="account/1", field="verify_token") == plaintext


def test_a_sealed_value_does_not_show_its_text(vault: Vault) -> None:
    sealed = vault.seal("a-token-of-some-length", record="account/1", field="verify_token")
    assert "a-token" not in sealed
    assert b"a-token" not in base64.urlsafe_b64decode(sealed[3:])


def test_empty_text_stays_empty(vault: Vault) -> None:
    assert vault.seal("", record="account/1", field="cookie") == ""
    assert vault.unseal("", record="account/1", field="cookie") == ""


def test_the_format_is_version_nonce_ciphertext_tag_with_record_and_field_authenticated(vault: Vault) -> None:
    sealed = vault.seal("secret", record="bot/7", field="token")
    assert sealed.startswith("v1.")
    stored = base64.urlsafe_b64decode(sealed[3:])
    cipher = AES.new(KEY, AES.MODE_GCM, nonce=stored[:12])
    cipher.update(b"bot/7\0token")
    assert cipher.decrypt_and_verify(stored[12:-16], stored[-16:]) == b"secret"


def test_sealing_twice_uses_two_nonces(vault: Vault) -> None:
    sealed = {vault.seal("same", record="r", field="f") for _ in range(200)}
    assert len({base64.urlsafe_b64decode(value[3:])[:12] for value in sealed}) == 200


@pytest.mark.parametrize(("record", "field"), [("account/2", "f"), ("account/1", "g"), ("account/1f", "")])
def test_a_value_moved_to_another_record_or_field_does_not_open(vault: Vault, record: str, field: str) -> None:
    sealed = vault.seal("secret", record="account/1", field="f")
    with pytest.raises(SealBroken):
        vault.unseal(sealed, record=record, field=field)


def test_another_key_does_not_open_it(vault: Vault) -> None:
    sealed = vault.seal("secret", record="r", field="f")
    with pytest.raises(SealBroken):
        Vault(bytes(32)).unseal(sealed, record="r", field="f")


def test_every_changed_byte_is_noticed(vault: Vault) -> None:
    stored = base64.urlsafe_b64decode(vault.seal("secret", record="r", field="f")[3:])
    for position in range(len(stored)):
        changed = bytearray(stored)
        changed[position] ^= 1
        with pytest.raises(SealBroken):
            vault.unseal("v1." + base64.urlsafe_b64encode(changed).decode(), record="r", field="f")


@pytest.mark.parametrize("damaged", ["secret", "v1.", "v1.AAAA", "v1.!!!!", "v1.密", "v2.AAAA", "v1.A", "V1.AAAA"])
def test_what_is_no_sealed_value_is_refused(vault: Vault, damaged: str) -> None:
    with pytest.raises(SealBroken):
        vault.unseal(damaged, record="r", field="f")


def test_errors_and_reprs_hold_neither_key_nor_text(vault: Vault) -> None:
    with pytest.raises(SealBroken) as broken:
        vault.unseal("my-plain-token", record="r", field="f")
    assert "my-plain-token" not in repr(broken.value)
    assert KEY.hex() not in repr(vault) and str(KEY) not in repr(vault)


def test_names_that_could_be_confused_are_refused(vault: Vault) -> None:
    with pytest.raises(ValueError, match="NUL"):
        vault.seal("x", record="a\0b", field="c")
    with pytest.raises(ValueError, match="NUL"):
        vault.seal("x", record="a", field="b\0c")


@pytest.mark.parametrize("length", [0, 16, 31, 33])
def test_a_key_of_another_length_is_refused(length: int) -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        Vault(bytes(length))


def _load_from(path: Path, **options: Any) -> bytes:
    return load_data_key(data_key_file=str(path), kms_key_id="", config_table="config", **options)


def test_a_missing_key_file_is_made_private_and_kept(tmp_path: Path) -> None:
    path = tmp_path / "data.key"
    key = _load_from(path)
    assert len(key) == 32
    assert path.stat().st_mode & 0o777 == 0o600
    assert _load_from(path) == key
    assert [entry.name for entry in tmp_path.iterdir()] == ["data.key"]


def test_two_new_key_files_differ(tmp_path: Path) -> None:
    assert _load_from(tmp_path / "a") != _load_from(tmp_path / "b")


def test_processes_that_make_the_file_at_once_get_the_same_key(tmp_path: Path) -> None:
    path = tmp_path / "data.key"
    together = threading.Barrier(8)

    def load(_: int) -> bytes:
        together.wait()
        return _load_from(path)

    with ThreadPoolExecutor(8) as pool:
        keys = set(pool.map(load, range(8)))
    assert keys == {_load_from(path)}


def test_a_reader_never_makes_the_key_file(tmp_path: Path) -> None:
    path = tmp_path / "data.key"
    with pytest.raises(DataKeyUnavailable, match=r"data\.key does not exist"):
        _load_from(path, create_if_missing=False)
    assert not path.exists()


@pytest.mark.parametrize("content", [b"", b"00", b"zz" * 32, b"00" * 31, b"00" * 33, b"\xff" * 64])
def test_a_damaged_key_file_is_refused_and_left_as_it_is(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "data.key"
    path.write_bytes(content)
    path.chmod(0o600)
    with pytest.raises(DataKeyUnavailable, match="damaged"):
        _load_from(path)
    assert path.read_bytes() == content


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o644])
def test_a_key_file_open_to_others_is_refused(tmp_path: Path, mode: int) -> None:
    path = tmp_path / "data.key"
    _load_from(path)
    path.chmod(mode)
    with pytest.raises(DataKeyUnavailable, match="chmod 600"):
        _load_from(path)


def test_a_key_file_in_a_missing_directory_is_one_clear_error(tmp_path: Path) -> None:
    with pytest.raises(DataKeyUnavailable):
        _load_from(tmp_path / "nowhere" / "data.key")


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads everything")
def test_an_unreadable_key_file_is_one_clear_error(tmp_path: Path) -> None:
    path = tmp_path / "data.key"
    _load_from(path)
    path.chmod(0o000)
    with pytest.raises(DataKeyUnavailable, match="cannot be used"):
        _load_from(path)


def test_neither_file_nor_kms_key_is_one_clear_error() -> None:
    with pytest.raises(DataKeyUnavailable, match="DATA_KEY_FILE"):
        load_data_key(data_key_file="", kms_key_id="", config_table="config")


class FakeKms:
    """Wraps data keys by remembering them; opens them only with the key id and context they were made with."""

    def __init__(self) -> None:
        self.made: dict[bytes, tuple[bytes, str, dict[str, str]]] = {}

    def generate_data_key_without_plaintext(
        self, *, KeyId: str, KeySpec: str, EncryptionContext: dict[str, str]
    ) -> dict[str, Any]:
        assert KeySpec == "AES_256"
        blob = f"blob-{len(self.made)}".encode()
        self.made[blob] = (os.urandom(32), KeyId, EncryptionContext)
        return {"CiphertextBlob": blob, "KeyId": KeyId}

    def decrypt(self, *, KeyId: str, CiphertextBlob: bytes, EncryptionContext: dict[str, str]) -> dict[str, Any]:
        plaintext, key_id, context = self.made.get(CiphertextBlob, (b"", "", {}))
        if (key_id, context) != (KeyId, EncryptionContext):
            raise ClientError({"Error": {"Code": "InvalidCiphertextException", "Message": ""}}, "Decrypt")
        return {"Plaintext": plaintext}


class FakeTable:
    """get_item and a conditional put_item. ``rival`` runs once, just before the first put: another process."""

    def __init__(self, rival: Any = None) -> None:
        self.items: dict[tuple[str, str], dict[str, Any]] = {}
        self.rival = rival

    def get_item(self, *, TableName: str, Key: dict[str, Any], ConsistentRead: bool) -> dict[str, Any]:
        assert TableName == "config" and ConsistentRead
        item = self.items.get((Key["pk"]["S"], Key["sk"]["S"]))
        return {} if item is None else {"Item": item}

    def put_item(self, *, TableName: str, Item: dict[str, Any], ConditionExpression: str) -> None:
        assert TableName == "config" and ConditionExpression == "attribute_not_exists(pk)"
        rival, self.rival = self.rival, None
        if rival:
            rival()
        key = (Item["pk"]["S"], Item["sk"]["S"])
        if key in self.items:
            raise ClientError({"Error": {"Code": "ConditionalCheckFailedException", "Message": ""}}, "PutItem")
        self.items[key] = Item


def _load_from_kms(table: Any, kms: Any, **options: Any) -> bytes:
    return load_data_key(
        data_key_file="", kms_key_id="key-1", config_table="config", dynamodb=table, kms=kms, **options
    )


def test_on_aws_the_key_is_made_once_and_stored_only_sealed() -> None:
    table, kms = FakeTable(), FakeKms()
    key = _load_from_kms(table, kms)
    assert len(key) == 32
    assert _load_from_kms(table, kms) == key
    assert len(kms.made) == 1
    assert key.hex() not in repr(table.items) and repr(key) not in repr(table.items)


def test_on_aws_the_loser_of_a_race_uses_the_winners_key() -> None:
    kms = FakeKms()
    winners: list[bytes] = []
    table = FakeTable(rival=lambda: winners.append(_load_from_kms(table, kms)))
    assert _load_from_kms(table, kms) == winners[0]
    assert len(kms.made) == 2


def test_on_aws_a_reader_never_makes_a_key() -> None:
    table, kms = FakeTable(), FakeKms()
    with pytest.raises(DataKeyUnavailable, match="holds no data key"):
        _load_from_kms(table, kms, create_if_missing=False)
    assert not kms.made and not table.items


def test_on_aws_a_key_sealed_for_another_table_or_kms_key_is_refused() -> None:
    table, kms = FakeTable(), FakeKms()
    _load_from_kms(table, kms)
    with pytest.raises(DataKeyUnavailable, match="InvalidCiphertextException"):
        load_data_key(data_key_file="", kms_key_id="key-2", config_table="config", dynamodb=table, kms=kms)


def test_on_aws_a_failing_connection_is_a_typed_error() -> None:
    class Unreachable:
        def get_item(self, **_: Any) -> Any:
            raise EndpointConnectionError(endpoint_url="https://dynamodb.invalid")

    with pytest.raises(DataKeyUnavailable, match="EndpointConnectionError"):
        _load_from_kms(Unreachable(), FakeKms())


def test_a_derived_key_is_steady_and_of_its_purpose_alone() -> None:
    vault = Vault(bytes(range(32)))
    key = vault.derived_key("tokens")
    assert len(key) == 32
    assert key == Vault(bytes(range(32))).derived_key("tokens")
    assert len({key, vault.derived_key("other"), Vault(bytes(32)).derived_key("tokens"), bytes(range(32))}) == 4
