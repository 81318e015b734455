"""Where backups lie: a folder on one machine, a bucket on AWS. Names are backup ids, checked before they get here."""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from shared.relay.backup_archive import MAX_ARCHIVE_BYTES
from shared.relay.backups import BackupExists, BackupMissing, BackupsUnavailable, StoredBackup

FOLDER = "backups"
_SUFFIX = ".zip"
_OWNER_ONLY_FOLDER = 0o700


class DirectoryBackups:
    """Implements shared.relay.backups.BackupStore. Only the owner may read the folder; a file is whole or not there."""

    def __init__(self, data_dir: Path) -> None:
        self._folder = data_dir / FOLDER

    def path_of(self, backup_id: str) -> str:
        return f"{FOLDER}/{backup_id}{_SUFFIX}"

    def save(self, backup_id: str, content: bytes) -> None:
        try:
            self._folder.mkdir(mode=_OWNER_ONLY_FOLDER, parents=True, exist_ok=True)
            descriptor, unfinished = tempfile.mkstemp(prefix=".unfinished-", dir=self._folder)  # mkstemp makes it 0600
            try:
                with open(descriptor, "wb") as file:
                    file.write(content)
                    file.flush()
                    os.fsync(file.fileno())
                self._name(unfinished, backup_id)
            finally:
                os.unlink(unfinished)
        except OSError as error:
            raise BackupsUnavailable(error.strerror or type(error).__name__) from None

    def _name(self, unfinished: str, backup_id: str) -> None:
        """Give a whole file its name; unlike a rename, this fails when the name is taken."""
        try:
            os.link(unfinished, self._file(backup_id))
        except FileExistsError:
            raise BackupExists from None

    def load(self, backup_id: str) -> bytes:
        try:
            with self._file(backup_id).open("rb") as file:
                return file.read(MAX_ARCHIVE_BYTES + 1)
        except FileNotFoundError:
            raise BackupMissing from None
        except OSError as error:
            raise BackupsUnavailable(error.strerror or type(error).__name__) from None

    def stored(self) -> list[StoredBackup]:
        try:
            found = [entry for entry in self._folder.iterdir() if entry.name.endswith(_SUFFIX)]
            return [StoredBackup(entry.name.removesuffix(_SUFFIX), entry.stat().st_size) for entry in found]
        except FileNotFoundError:
            return []
        except OSError as error:
            raise BackupsUnavailable(error.strerror or type(error).__name__) from None

    def delete(self, backup_id: str) -> None:
        try:
            self._file(backup_id).unlink()
        except FileNotFoundError:
            raise BackupMissing from None
        except OSError as error:
            raise BackupsUnavailable(error.strerror or type(error).__name__) from None

    def _file(self, backup_id: str) -> Path:
        return self._folder / f"{backup_id}{_SUFFIX}"


class S3Backups:
    """Implements shared.relay.backups.BackupStore. ``s3`` makes or gives a low-level client; the bucket encrypts
    by itself and keeps what is deleted for a while."""

    def __init__(self, s3: Callable[[], Any], bucket: str) -> None:
        self._s3 = s3
        self._bucket = bucket

    def path_of(self, backup_id: str) -> str:
        return f"{FOLDER}/{backup_id}{_SUFFIX}"

    def save(self, backup_id: str, content: bytes) -> None:
        try:
            self._s3().put_object(
                Bucket=self._bucket,
                Key=self.path_of(backup_id),
                Body=content,
                ContentType="application/zip",
                IfNoneMatch="*",
            )
        except (ClientError, BotoCoreError) as error:
            if _code(error) in ("PreconditionFailed", "ConditionalRequestConflict"):
                raise BackupExists from None
            raise BackupsUnavailable(_code(error)) from None

    def load(self, backup_id: str) -> bytes:
        try:
            answer = self._s3().get_object(Bucket=self._bucket, Key=self.path_of(backup_id))
            with contextlib.closing(answer["Body"]) as body:
                content: bytes = body.read(MAX_ARCHIVE_BYTES + 1)
            return content
        except (ClientError, BotoCoreError) as error:
            raise _missing_or_unavailable(error) from None

    def stored(self) -> list[StoredBackup]:
        found: list[StoredBackup] = []
        start: dict[str, str] = {}
        prefix = f"{FOLDER}/"
        while True:
            try:
                answer = self._s3().list_objects_v2(Bucket=self._bucket, Prefix=prefix, **start)
            except (ClientError, BotoCoreError) as error:
                raise BackupsUnavailable(_code(error)) from None
            for entry in answer.get("Contents", ()):
                name = entry["Key"].removeprefix(prefix)
                if name.endswith(_SUFFIX):
                    found.append(StoredBackup(name.removesuffix(_SUFFIX), int(entry["Size"])))
            if not answer.get("IsTruncated"):
                return found
            start = {"ContinuationToken": answer["NextContinuationToken"]}

    def delete(self, backup_id: str) -> None:
        try:
            # S3 says nothing of what was not there.
            self._s3().head_object(Bucket=self._bucket, Key=self.path_of(backup_id))
            self._s3().delete_object(Bucket=self._bucket, Key=self.path_of(backup_id))
        except (ClientError, BotoCoreError) as error:
            raise _missing_or_unavailable(error) from None


def _missing_or_unavailable(error: Exception) -> Exception:
    return BackupMissing() if _code(error) in ("NoSuchKey", "404", "NotFound") else BackupsUnavailable(_code(error))


def _code(error: Exception) -> str:
    if isinstance(error, ClientError):
        return str(error.response.get("Error", {}).get("Code", "unknown"))
    return type(error).__name__
