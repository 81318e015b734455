"""Backups of the configuration: making, listing and restoring them. No HTTP, no disk and no AWS in here."""

from __future__ import annotations

import dataclasses
import datetime as dt
import logging
import re
from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any, Protocol

from shared.relay.backup_archive import (
    Archive,
    ArchiveUnusable,
    PassphraseRequired,
    PassphraseWrong,
    open_secrets,
    read_archive,
    write_archive,
)
from shared.relay.configuration_snapshot import (
    ConfigurationSource,
    SecretFields,
    Snapshot,
    SnapshotInvalid,
    join_secrets,
    split_secrets,
    take_snapshot,
)
from shared.relay.errors import Refusal, RelayError
from shared.relay.times import iso_utc
from shared.security.sealing import Sealer
from shared.version import VERSION

logger = logging.getLogger("kook_relay.backups")

MAX_KEPT = 50
BEFORE_RESTORE = "before_restore"
REQUESTED = "requested"
_ID = re.compile(r"backup_([0-9]{8}_[0-9]{6})(?:_([0-9]{1,4}))?\Z")
_SAME_SECOND = 1000


class BackupExists(Exception):
    """There is one of that name."""


class BackupMissing(Exception):
    """There is none of that name."""


class BackupsUnavailable(Exception):
    """The folder or bucket did not do what it was asked. ``detail`` holds no path and no secret."""

    def __init__(self, detail: str) -> None:
        super().__init__(detail)
        self.detail = detail


@dataclass(frozen=True, slots=True)
class StoredBackup:
    name: str
    size_bytes: int


class BackupStore(Protocol):
    """Files by backup id. Every method but ``path_of`` may raise BackupsUnavailable."""

    def path_of(self, backup_id: str) -> str:
        """Where the file lies, from the data folder or bucket on."""

    def save(self, backup_id: str, content: bytes) -> None:
        """Raises BackupExists."""

    def load(self, backup_id: str) -> bytes:
        """Raises BackupMissing. At most one byte more than an archive may have."""

    def stored(self) -> list[StoredBackup]: ...

    def delete(self, backup_id: str) -> None:
        """Raises BackupMissing."""


class Restorer(Protocol):
    def apply(self, snapshot: Snapshot) -> bool:
        """Raises RelayError (RESTORE_CONFLICT), StoreUnavailable."""


@dataclass(frozen=True, slots=True)
class Backup:
    """``made_at`` is in the operator's time zone, from the id. ``lacking``, of one that was just made, names records
    whose secrets could not be read and are not in it."""

    backup_id: str
    path: str
    size_bytes: int
    made_at: dt.datetime
    lacking: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class RestoreResult:
    """``complete`` is False when the restore is decided and its writing goes on in the background. ``lacking`` names
    records (``account/3``, ``bot/7``) that have to be given their secrets again."""

    safety_copy: Backup
    complete: bool
    accounts: int
    bots: int
    mappings: int
    lacking: tuple[str, ...]


class Backups:
    """``secret_fields`` names a platform's secret settings; ``clock`` is epoch seconds; ``forget`` makes this process
    read the configuration afresh."""

    def __init__(
        self,
        *,
        store: BackupStore,
        source: ConfigurationSource,
        restorer: Restorer,
        sealer: Sealer,
        secret_fields: SecretFields,
        platforms: Collection[str],
        zone: dt.tzinfo,
        clock: Callable[[], float],
        forget: Callable[[], None] = lambda: None,
    ) -> None:
        self._store = store
        self._source = source
        self._restorer = restorer
        self._sealer = sealer
        self._secret_fields = secret_fields
        self._platforms = platforms
        self._zone = zone
        self._clock = clock
        self._forget = forget

    def create(self, passphrase: str | None) -> Backup:
        """A backup of the configuration as it is, its secrets sealed under the passphrase, or without them.

        Raises:
            RelayError: BACKUP_STORE_UNAVAILABLE
        """
        snapshot = take_snapshot(self._source)
        made = self._create(snapshot, passphrase, None, REQUESTED)
        self._drop_oldest()
        return dataclasses.replace(made, lacking=snapshot.lacking)

    def all(self) -> list[Backup]:
        """Newest first; files of other names are none of ours. Raises RelayError (BACKUP_STORE_UNAVAILABLE)."""
        found = [self._backup(one.name, one.size_bytes) for one in self._stored() if _made_at(one.name) is not None]
        return sorted(found, key=lambda backup: (backup.made_at, len(backup.backup_id), backup.backup_id), reverse=True)

    def content(self, backup_id: str) -> bytes:
        """The zip file. Raises RelayError (BACKUP_NOT_FOUND, BACKUP_STORE_UNAVAILABLE)."""
        if _made_at(backup_id) is None:
            raise RelayError(Refusal.BACKUP_NOT_FOUND)
        try:
            return self._store.load(backup_id)
        except BackupMissing:
            raise RelayError(Refusal.BACKUP_NOT_FOUND) from None
        except BackupsUnavailable as error:
            raise _unavailable(error) from None

    def delete(self, backup_id: str) -> None:
        """Raises RelayError (BACKUP_NOT_FOUND, BACKUP_STORE_UNAVAILABLE)."""
        if _made_at(backup_id) is None:
            raise RelayError(Refusal.BACKUP_NOT_FOUND)
        try:
            self._store.delete(backup_id)
        except BackupMissing:
            raise RelayError(Refusal.BACKUP_NOT_FOUND) from None
        except BackupsUnavailable as error:
            raise _unavailable(error) from None

    def add(self, content: bytes) -> Backup:
        """Take in a backup made elsewhere, under an id of its own. Raises RelayError (BACKUP_UNUSABLE,
        BACKUP_STORE_UNAVAILABLE)."""
        self._read(content)
        return self._save(lambda backup_id: content)

    def restore(self, backup_id: str, passphrase: str | None, *, with_secrets: bool = True) -> RestoreResult:
        """Make a backup the configuration, after checking all of it and keeping a copy of what is now.

        Raises:
            RelayError: BACKUP_NOT_FOUND, BACKUP_UNUSABLE, PASSPHRASE_REQUIRED, WRONG_PASSPHRASE, RESTORE_CONFLICT,
                BACKUP_STORE_UNAVAILABLE; nothing was changed then
            StoreUnavailable: likewise
        """
        archive = self._read(self.content(backup_id))
        secrets = self._secrets(archive, passphrase) if with_secrets else {}
        present = take_snapshot(self._source)
        try:
            wanted = join_secrets(archive.configuration, secrets, present, self._platforms)
        except SnapshotInvalid as error:
            raise RelayError(Refusal.BACKUP_UNUSABLE, reason_code=error.flaw, where=error.where) from None
        safety_copy = self._create(present, None, self._sealer, BEFORE_RESTORE)
        complete = self._restorer.apply(wanted)
        self._forget()
        logger.warning("configuration restored", extra={"backup_id": backup_id, "complete": complete})
        return RestoreResult(
            safety_copy=safety_copy,
            complete=complete,
            accounts=len(wanted.accounts),
            bots=len(wanted.bots),
            mappings=len(wanted.mappings),
            lacking=wanted.lacking,
        )

    # --- inside ---

    def _read(self, content: bytes) -> Archive:
        try:
            return read_archive(content)
        except ArchiveUnusable as error:
            raise RelayError(Refusal.BACKUP_UNUSABLE, reason_code=error.flaw.value) from None

    def _secrets(self, archive: Archive, passphrase: str | None) -> dict[str, Any]:
        try:
            return open_secrets(archive, passphrase=passphrase, sealer=self._sealer)
        except PassphraseRequired:
            raise RelayError(Refusal.PASSPHRASE_REQUIRED, field="passphrase") from None
        except PassphraseWrong:
            raise RelayError(Refusal.WRONG_PASSPHRASE, field="passphrase") from None
        except ArchiveUnusable as error:
            raise RelayError(Refusal.BACKUP_UNUSABLE, reason_code=error.flaw.value) from None

    def _create(self, snapshot: Snapshot, passphrase: str | None, sealer: Sealer | None, reason: str) -> Backup:
        configuration, secret_values = split_secrets(snapshot, self._secret_fields)
        created_at = iso_utc(int(self._clock() * 1000))

        def content(backup_id: str) -> bytes:
            return write_archive(
                backup_id=backup_id,
                created_at=created_at,
                software_version=VERSION,
                reason=reason,
                configuration=configuration,
                secret_values=secret_values,
                passphrase=passphrase,
                sealer=sealer,
            )

        return self._save(content)

    def _save(self, content: Callable[[str], bytes]) -> Backup:
        """Under the second's id, or the next free one after it."""
        second = dt.datetime.fromtimestamp(self._clock(), self._zone).strftime("%Y%m%d_%H%M%S")
        taken = {one.name for one in self._stored()}
        for number in range(_SAME_SECOND):
            backup_id = f"backup_{second}_{number}" if number else f"backup_{second}"
            if backup_id in taken:
                continue
            packed = content(backup_id)
            try:
                self._store.save(backup_id, packed)
            except BackupExists:
                continue
            except BackupsUnavailable as error:
                raise _unavailable(error) from None
            return self._backup(backup_id, len(packed))
        raise RelayError(Refusal.BACKUP_STORE_UNAVAILABLE, reason=f"{_SAME_SECOND} backups in one second")

    def _stored(self) -> list[StoredBackup]:
        try:
            return self._store.stored()
        except BackupsUnavailable as error:
            raise _unavailable(error) from None

    def _backup(self, backup_id: str, size_bytes: int) -> Backup:
        made_at = _made_at(backup_id)
        assert made_at is not None
        return Backup(backup_id, self._store.path_of(backup_id), size_bytes, made_at)

    def _drop_oldest(self) -> None:
        for old in self.all()[MAX_KEPT:]:
            try:
                self._store.delete(old.backup_id)
            except (BackupMissing, BackupsUnavailable) as error:
                logger.warning("old backup not deleted", extra={"failure": type(error).__name__})


def _made_at(backup_id: str) -> dt.datetime | None:
    """When a backup was made, by its id; None for what is no id of a backup."""
    found = _ID.match(backup_id)
    if found is None:
        return None
    try:
        return dt.datetime.strptime(found[1], "%Y%m%d_%H%M%S")
    except ValueError:
        return None


def _unavailable(error: BackupsUnavailable) -> RelayError:
    return RelayError(Refusal.BACKUP_STORE_UNAVAILABLE, reason=error.detail)
