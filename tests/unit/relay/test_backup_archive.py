"""The backup file: what is in it, what is not, and that nothing damaged is taken for whole."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable
from typing import Any

import pytest

from shared.relay.backup_archive import (
    ArchiveUnusable,
    Flaw,
    PassphraseRequired,
    PassphraseWrong,
    open_secrets,
    read_archive,
    write_archive,
)
from shared.security.vault import Vault

CONFIGURATION = {"accounts": [{"id": 1, "email": "小明@example.com"}], "bots": [], "mappings": []}
SECRETS = {"account/1": {"bot_token": "canary-token"}}
VAULT = Vault(b"k" * 32)


def packed(passphrase: str | None = None, sealer: Vault | None = None, **changes: Any) -> bytes:
    fields: dict[str, Any] = {
        "backup_id": "backup_20251019_153000",
        "created_at": "2025-10-19T07:30:00.000Z",
        "software_version": "0.1.0",
        "reason": "requested",
        "configuration": CONFIGURATION,
        "secret_values": SECRETS,
        "passphrase": passphrase,
        "sealer": sealer,
    }
    return write_archive(**{**fields, **changes})


def rebuilt(content: bytes, **replaced: bytes | None) -> bytes:
    """The archive with files replaced (or left out, or added), by name with dots as underscores."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        files: dict[str, bytes] = {name: archive.read(name) for name in archive.namelist()}
    for name, new in replaced.items():
        file_name = name.replace("_", ".")
        files.pop(file_name, None)
        if new is not None:
            files[file_name] = new
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return out.getvalue()


def part(content: bytes, name: str) -> Any:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return json.loads(archive.read(name))


def flaw_of(content: bytes) -> Flaw:
    with pytest.raises(ArchiveUnusable) as caught:
        read_archive(content)
    return caught.value.flaw


def test_without_a_passphrase_secrets_are_left_out() -> None:
    content = packed()
    archive = read_archive(content)
    assert archive.configuration == CONFIGURATION
    assert (archive.sealed_by, open_secrets(archive, passphrase=None, sealer=VAULT)) == ("left_out", {})
    with zipfile.ZipFile(io.BytesIO(content)) as opened:
        assert opened.namelist() == ["manifest.json", "configuration.json"]


@pytest.mark.parametrize("sealing", [{"passphrase": "correct horse"}, {"sealer": VAULT}])
def test_secrets_are_sealed_and_come_back(sealing: dict[str, Any]) -> None:
    content = packed(**sealing)
    with zipfile.ZipFile(io.BytesIO(content)) as opened:
        assert not any(b"canary" in opened.read(name) for name in opened.namelist())
    passphrase = sealing.get("passphrase")
    assert open_secrets(read_archive(content), passphrase=passphrase, sealer=VAULT) == SECRETS


def test_the_manifest_says_what_it_is() -> None:
    manifest = part(packed("correct horse"), "manifest.json")
    assert (manifest["format"], manifest["version"], manifest["secrets"]) == ("kook-relay-backup", 1, "passphrase")
    assert manifest["counts"] == {"accounts": 1, "bots": 0, "mappings": 0}
    assert set(manifest["files"]) == {"configuration.json", "secrets.json"}


def test_a_wrong_or_missing_passphrase_opens_nothing() -> None:
    archive = read_archive(packed("correct horse"))
    with pytest.raises(PassphraseWrong):
        open_secrets(archive, passphrase="battery staple", sealer=VAULT)
    for missing in (None, ""):
        with pytest.raises(PassphraseRequired):
            open_secrets(archive, passphrase=missing, sealer=VAULT)


def test_another_installations_safety_copy_does_not_open() -> None:
    with pytest.raises(ArchiveUnusable) as caught:
        open_secrets(read_archive(packed(sealer=VAULT)), passphrase=None, sealer=Vault(b"x" * 32))
    assert caught.value.flaw is Flaw.OTHER_INSTALLATION


@pytest.mark.parametrize("sealing", [{"passphrase": "correct horse"}, {"sealer": VAULT}])
def test_secrets_do_not_open_with_another_configuration(sealing: dict[str, Any]) -> None:
    """Somebody puts a configuration of their own around the sealed secrets, checksums and all."""
    honest = packed(**sealing)
    forged = packed(**sealing, configuration={**CONFIGURATION, "bots": [{"id": 9}]})
    secrets = json.dumps(part(honest, "secrets.json"), ensure_ascii=False, indent=2).encode()
    manifest = part(forged, "manifest.json")
    manifest["files"]["secrets.json"] = part(honest, "manifest.json")["files"]["secrets.json"]
    archive = read_archive(rebuilt(forged, secrets_json=secrets, manifest_json=json.dumps(manifest).encode()))
    with pytest.raises((PassphraseWrong, ArchiveUnusable)):
        open_secrets(archive, passphrase=sealing.get("passphrase"), sealer=VAULT)


# What is done to a good archive, and what is then wrong with it.
DAMAGES: dict[str, tuple[Callable[[], bytes], Flaw]] = {
    "empty": (lambda: b"", Flaw.NOT_A_ZIP),
    "nonsense": (lambda: b"PK\x03\x04 nonsense", Flaw.NOT_A_ZIP),
    "cut short": (lambda: packed()[:-30], Flaw.NOT_A_ZIP),
    "no manifest": (lambda: rebuilt(packed(), manifest_json=None), Flaw.NOT_A_BACKUP),
    "broken manifest": (lambda: rebuilt(packed(), manifest_json=b"{"), Flaw.NOT_A_BACKUP),
    "manifest is a list": (lambda: rebuilt(packed(), manifest_json=b"[]"), Flaw.NOT_A_BACKUP),
    "another program's": (
        lambda: rebuilt(packed(), manifest_json=b'{"format": "other", "version": 1}'),
        Flaw.NOT_A_BACKUP,
    ),
    "newer": (
        lambda: rebuilt(packed(), manifest_json=b'{"format": "kook-relay-backup", "version": 2}'),
        Flaw.NEWER_VERSION,
    ),
    "no checksums": (
        lambda: rebuilt(packed(), manifest_json=b'{"format": "kook-relay-backup", "version": 1}'),
        Flaw.DAMAGED,
    ),
    "configuration changed": (lambda: rebuilt(packed(), configuration_json=b'{"accounts": []}'), Flaw.DAMAGED),
    "configuration missing": (lambda: rebuilt(packed(), configuration_json=None), Flaw.DAMAGED),
    "secrets missing": (lambda: rebuilt(packed("correct horse"), secrets_json=None), Flaw.DAMAGED),
    "secrets added": (lambda: rebuilt(packed(), secrets_json=b"{}"), Flaw.DAMAGED),
    "another file": (lambda: rebuilt(packed(), other_txt=b"x"), Flaw.NOT_A_BACKUP),
    "too large": (lambda: bytes(33 * 1024 * 1024), Flaw.TOO_LARGE),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_what_is_no_whole_backup_is_refused(damage: str) -> None:
    content, flaw = DAMAGES[damage]
    assert flaw_of(content()) is flaw


def test_a_zip_bomb_is_not_unpacked() -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("manifest.json", b" " * (65 * 1024 * 1024))
    assert len(out.getvalue()) < 100_000
    assert flaw_of(out.getvalue()) is Flaw.TOO_LARGE


@pytest.mark.parametrize(
    "change",
    [
        {"kdf": None},
        {"kdf": {"name": "scrypt", "log2_n": 30, "r": 8, "p": 1, "salt": "AAAA"}},
        {"kdf": {"name": "scrypt", "log2_n": True, "r": 8, "p": 1, "salt": "AAAA"}},
        {"kdf": {"name": "md5"}},
        {"cipher": "none"},
        {"nonce": "!"},
        {"nonce": "AAAA"},
        {"ciphertext": "AAAA"},
        {"ciphertext": None},
    ],
)
def test_sealed_secrets_with_odd_parameters_are_damaged(change: dict[str, Any]) -> None:
    archive = read_archive(packed("correct horse"))
    assert archive.sealed_secrets is not None
    odd = type(archive)(**{**_fields(archive), "sealed_secrets": {**archive.sealed_secrets, **change}})
    with pytest.raises(ArchiveUnusable):
        open_secrets(odd, passphrase="correct horse", sealer=VAULT)


def _fields(archive: Any) -> dict[str, Any]:
    return {name: getattr(archive, name) for name in archive.__dataclass_fields__}
