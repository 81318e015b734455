"""Backups in memory, and a restorer that keeps what it was given."""

from __future__ import annotations

from shared.relay.backups import BackupExists, BackupMissing, BackupsUnavailable, StoredBackup
from shared.relay.configuration_snapshot import Snapshot


class FakeBackupStore:
    """With ``broken`` set every call but ``path_of`` raises BackupsUnavailable. ``hidden`` names exist without being
    listed, as those that another process has just written."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        self.hidden: set[str] = set()
        self.broken = False

    def _alive(self) -> None:
        if self.broken:
            raise BackupsUnavailable("No space left on device")

    def path_of(self, backup_id: str) -> str:
        return f"backups/{backup_id}.zip"

    def save(self, backup_id: str, content: bytes) -> None:
        self._alive()
        if backup_id in self.files or backup_id in self.hidden:
            raise BackupExists
        self.files[backup_id] = content

    def load(self, backup_id: str) -> bytes:
        self._alive()
        if backup_id not in self.files:
            raise BackupMissing
        return self.files[backup_id]

    def stored(self) -> list[StoredBackup]:
        self._alive()
        return [StoredBackup(name, len(content)) for name, content in self.files.items()]

    def delete(self, backup_id: str) -> None:
        self._alive()
        if self.files.pop(backup_id, None) is None:
            raise BackupMissing


class FakeRestorer:
    def __init__(self) -> None:
        self.applied: list[Snapshot] = []
        self.failure: Exception | None = None
        self.complete = True

    def apply(self, snapshot: Snapshot) -> bool:
        if self.failure is not None:
            raise self.failure
        self.applied.append(snapshot)
        return self.complete
