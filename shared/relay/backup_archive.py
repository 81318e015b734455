"""A backup as a zip file: what it is (manifest), the configuration without secrets, and the secrets sealed.

    manifest.json       format, version, when, counts, and the SHA-256 and size of the other files
    configuration.json  accounts, bots and mappings, without secrets
    secrets.json        the secrets, sealed under a passphrase (scrypt, AES-256-GCM) or the installation's data key;
                        missing when they were left out

The sealed secrets are bound to the configuration they belong to: with another one they do not open.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import io
import json
import secrets
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Literal, TypeAlias

from Crypto.Cipher import AES

from shared.security.passwords import ScryptCost
from shared.security.sealing import Sealer
from shared.security.vault import SealBroken

FORMAT = "kook-relay-backup"
VERSION = 1
MAX_ARCHIVE_BYTES = 32 * 1024 * 1024
MAX_FILE_BYTES = 64 * 1024 * 1024
MANIFEST, CONFIGURATION, SECRETS = "manifest.json", "configuration.json", "secrets.json"

# Offline guessing is what a passphrase has to withstand: 64 MiB and about a quarter of a second for each guess.
PASSPHRASE_COST = ScryptCost(log2_n=16, r=8, p=1)
_MAX_COST = ScryptCost(log2_n=17, r=8, p=4)
_SALT_BYTES, _NONCE_BYTES, _KEY_BYTES, _TAG_BYTES = 16, 12, 32, 16

SealedBy: TypeAlias = Literal["passphrase", "data_key", "left_out"]
_SEALED_BY: Mapping[str, SealedBy] = {
    "passphrase": "passphrase",
    "data_key": "data_key",
    "left_out": "left_out",
}


class Flaw(StrEnum):
    """Why a file cannot be used."""

    NOT_A_ZIP = "not_a_zip"
    NOT_A_BACKUP = "not_a_backup"
    NEWER_VERSION = "newer_version"
    DAMAGED = "damaged"
    TOO_LARGE = "too_large"
    OTHER_INSTALLATION = "other_installation"


class ArchiveUnusable(ValueError):
    """The file is no backup, or not a whole one."""

    def __init__(self, flaw: Flaw) -> None:
        super().__init__(flaw.value)
        self.flaw = flaw


class PassphraseRequired(Exception):
    """The secrets are sealed under a passphrase and none was given."""


class PassphraseWrong(Exception):
    """The secrets do not open with this passphrase."""


@dataclass(frozen=True, slots=True)
class Archive:
    """A backup that was read and whose checksums are right. ``created_at`` is UTC ISO 8601."""

    backup_id: str
    created_at: str
    reason: str
    sealed_by: SealedBy
    configuration: Mapping[str, Any]
    sealed_secrets: Mapping[str, Any] | None
    binding: str


def write_archive(
    *,
    backup_id: str,
    created_at: str,
    software_version: str,
    reason: str,
    configuration: Mapping[str, Any],
    secret_values: Mapping[str, Any],
    passphrase: str | None,
    sealer: Sealer | None,
) -> bytes:
    """The zip file. Secrets are sealed under the passphrase, else by the sealer, else left out."""
    files = {CONFIGURATION: _json_bytes(configuration)}
    binding = hashlib.sha256(files[CONFIGURATION]).hexdigest()
    sealed_by: SealedBy = "left_out"
    if passphrase is not None:
        files[SECRETS] = _json_bytes(_seal_by_passphrase(secret_values, passphrase, binding))
        sealed_by = "passphrase"
    elif sealer is not None:
        sealed = sealer.seal(json.dumps(secret_values), record=f"backup/{binding}", field="secrets")
        files[SECRETS] = _json_bytes({"sealed_by": "data_key", "sealed": sealed})
        sealed_by = "data_key"
    manifest = {
        "format": FORMAT,
        "version": VERSION,
        "backup_id": backup_id,
        "created_at": created_at,
        "software_version": software_version,
        "reason": reason,
        "secrets": sealed_by,
        "counts": {kind: len(records) for kind, records in configuration.items()},
        "files": {
            name: {"size": len(content), "sha256": hashlib.sha256(content).hexdigest()}
            for name, content in files.items()
        },
    }
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in {MANIFEST: _json_bytes(manifest), **files}.items():
            archive.writestr(name, content)
    return packed.getvalue()


def read_archive(content: bytes) -> Archive:
    """Raises ArchiveUnusable."""
    files = _unpacked(content)
    manifest = _object(files.get(MANIFEST), Flaw.NOT_A_BACKUP)
    if manifest.get("format") != FORMAT or type(manifest.get("version")) is not int:
        raise ArchiveUnusable(Flaw.NOT_A_BACKUP)
    if manifest["version"] > VERSION:
        raise ArchiveUnusable(Flaw.NEWER_VERSION)
    sums = manifest.get("files")
    sealed_by = _SEALED_BY.get(str(manifest.get("secrets")))
    expected = {CONFIGURATION} if sealed_by == "left_out" else {CONFIGURATION, SECRETS}
    if sealed_by is None or not isinstance(sums, dict) or set(sums) != expected or set(files) - {MANIFEST} != expected:
        raise ArchiveUnusable(Flaw.DAMAGED)
    for name in expected:
        said = sums[name].get("sha256") if isinstance(sums[name], dict) else None
        if said != hashlib.sha256(files[name]).hexdigest():
            raise ArchiveUnusable(Flaw.DAMAGED)
    return Archive(
        backup_id=str(manifest.get("backup_id", "")),
        created_at=str(manifest.get("created_at", "")),
        reason=str(manifest.get("reason", "")),
        sealed_by=sealed_by,
        configuration=_object(files[CONFIGURATION], Flaw.DAMAGED),
        sealed_secrets=_object(files[SECRETS], Flaw.DAMAGED) if SECRETS in files else None,
        binding=hashlib.sha256(files[CONFIGURATION]).hexdigest(),
    )


def open_secrets(archive: Archive, *, passphrase: str | None, sealer: Sealer) -> dict[str, Any]:
    """The secrets in clear; empty when they were left out.

    Raises:
        PassphraseRequired, PassphraseWrong; ArchiveUnusable for another installation's data key
    """
    sealed = archive.sealed_secrets
    if sealed is None:
        return {}
    if archive.sealed_by == "data_key":
        try:
            text = sealer.unseal(str(sealed.get("sealed", "")), record=f"backup/{archive.binding}", field="secrets")
        except SealBroken:
            raise ArchiveUnusable(Flaw.OTHER_INSTALLATION) from None
        return _object(text.encode(), Flaw.DAMAGED)
    if not passphrase:
        raise PassphraseRequired
    return _object(_open_by_passphrase(sealed, passphrase, archive.binding), Flaw.DAMAGED)


def _seal_by_passphrase(values: Mapping[str, Any], passphrase: str, binding: str) -> dict[str, Any]:
    salt = secrets.token_bytes(_SALT_BYTES)
    cipher: Any = AES.new(
        _key(passphrase, salt, PASSPHRASE_COST), AES.MODE_GCM, nonce=secrets.token_bytes(_NONCE_BYTES)
    )
    cipher.update(binding.encode())
    ciphertext, tag = cipher.encrypt_and_digest(json.dumps(values).encode())
    return {
        "sealed_by": "passphrase",
        "cipher": "AES-256-GCM",
        "kdf": {
            "name": "scrypt",
            "log2_n": PASSPHRASE_COST.log2_n,
            "r": PASSPHRASE_COST.r,
            "p": PASSPHRASE_COST.p,
            "salt": _encoded(salt),
        },
        "nonce": _encoded(cipher.nonce),
        "ciphertext": _encoded(ciphertext + tag),
    }


def _open_by_passphrase(sealed: Mapping[str, Any], passphrase: str, binding: str) -> bytes:
    kdf = sealed.get("kdf")
    if not isinstance(kdf, dict) or kdf.get("name") != "scrypt" or sealed.get("cipher") != "AES-256-GCM":
        raise ArchiveUnusable(Flaw.DAMAGED)
    parameters = (kdf.get("log2_n"), kdf.get("r"), kdf.get("p"))
    if any(type(number) is not int or number < 1 for number in parameters):
        raise ArchiveUnusable(Flaw.DAMAGED)
    cost = ScryptCost(*(int(str(number)) for number in parameters))
    # A file asking for gigabytes was not written by this software.
    if cost.log2_n > _MAX_COST.log2_n or cost.r > _MAX_COST.r or cost.p > _MAX_COST.p:
        raise ArchiveUnusable(Flaw.DAMAGED)
    salt, nonce, stored = (_decoded(part) for part in (kdf.get("salt"), sealed.get("nonce"), sealed.get("ciphertext")))
    if len(nonce) != _NONCE_BYTES or len(stored) < _TAG_BYTES:
        raise ArchiveUnusable(Flaw.DAMAGED)
    cipher: Any = AES.new(_key(passphrase, salt, cost), AES.MODE_GCM, nonce=nonce)
    cipher.update(binding.encode())
    try:
        opened: bytes = cipher.decrypt_and_verify(stored[:-_TAG_BYTES], stored[-_TAG_BYTES:])
    except ValueError:
        raise PassphraseWrong from None
    return opened


def _key(passphrase: str, salt: bytes, cost: ScryptCost) -> bytes:
    return hashlib.scrypt(
        passphrase.encode(),
        salt=salt,
        n=2**cost.log2_n,
        r=cost.r,
        p=cost.p,
        maxmem=cost.memory_bytes + 1024 * 1024 * (1 + cost.p),
        dklen=_KEY_BYTES,
    )


def _unpacked(content: bytes) -> dict[str, bytes]:
    if len(content) > MAX_ARCHIVE_BYTES:
        raise ArchiveUnusable(Flaw.TOO_LARGE)
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            members = archive.infolist()
            names = [member.filename for member in members]
            if len(names) > 3 or len(set(names)) != len(names) or set(names) - {MANIFEST, CONFIGURATION, SECRETS}:
                raise ArchiveUnusable(Flaw.NOT_A_BACKUP)
            return {member.filename: _member(archive, member) for member in members}
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, EOFError, OSError):
        raise ArchiveUnusable(Flaw.NOT_A_ZIP) from None


def _member(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> bytes:
    """One file of the archive, read with a bound: what the directory says of its size may be a lie."""
    with archive.open(member) as file:
        content = file.read(MAX_FILE_BYTES + 1)
    if len(content) > MAX_FILE_BYTES:
        raise ArchiveUnusable(Flaw.TOO_LARGE)
    return content


def _object(content: bytes | None, flaw: Flaw) -> dict[str, Any]:
    try:
        value = json.loads(content or b"")
    except (ValueError, RecursionError):
        raise ArchiveUnusable(flaw) from None
    if not isinstance(value, dict):
        raise ArchiveUnusable(flaw)
    return value


def _json_bytes(value: Mapping[str, Any]) -> bytes:
    return json.dumps(value, ensure_ascii=False, indent=2).encode()


def _encoded(raw: bytes) -> str:
    return base64.b64encode(raw).decode("ascii")


def _decoded(text: Any) -> bytes:
    try:
        return base64.b64decode(str(text), validate=True)
    except (ValueError, binascii.Error):
        raise ArchiveUnusable(Flaw.DAMAGED) from None
