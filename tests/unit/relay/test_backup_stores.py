"""Where backups lie: a folder, and a bucket behind a fake of S3's calls. Both keep the same promises."""

from __future__ import annotations

import io
import stat
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from shared.relay.backup_stores import DirectoryBackups, S3Backups
from shared.relay.backups import BackupExists, BackupMissing, BackupStore, BackupsUnavailable, StoredBackup

ONE, TWO = "backup_20251019_153000", "backup_20251019_153001"


class FakeS3:
    """One bucket; lists two keys a page. ``failure`` makes every call fail."""

    def __init__(self) -> None:
        self.objects: dict[str, bytes] = {"other/file.zip": b""}
        self.failure: Exception | None = None

    def _enter(self, bucket: str) -> None:
        assert bucket == "bucket"
        if self.failure is not None:
            raise self.failure

    def put_object(self, *, Bucket: str, Key: str, Body: bytes, ContentType: str, IfNoneMatch: str) -> None:
        self._enter(Bucket)
        assert (IfNoneMatch, ContentType) == ("*", "application/zip")
        if Key in self.objects:
            raise ClientError({"Error": {"Code": "PreconditionFailed"}}, "PutObject")
        self.objects[Key] = Body

    def get_object(self, *, Bucket: str, Key: str) -> dict[str, Any]:
        self._enter(Bucket)
        if Key not in self.objects:
            raise ClientError({"Error": {"Code": "NoSuchKey"}}, "GetObject")
        return {"Body": io.BytesIO(self.objects[Key])}

    def head_object(self, *, Bucket: str, Key: str) -> None:
        self._enter(Bucket)
        if Key not in self.objects:
            raise ClientError({"Error": {"Code": "404"}}, "HeadObject")

    def delete_object(self, *, Bucket: str, Key: str) -> None:
        self._enter(Bucket)
        self.objects.pop(Key, None)

    def list_objects_v2(self, *, Bucket: str, Prefix: str, ContinuationToken: str = "") -> dict[str, Any]:
        self._enter(Bucket)
        keys = sorted(key for key in self.objects if key.startswith(Prefix) and key > ContinuationToken)
        page = {"Contents": [{"Key": key, "Size": len(self.objects[key])} for key in keys[:2]]}
        more = {"IsTruncated": True, "NextContinuationToken": keys[1]} if len(keys) > 2 else {"IsTruncated": False}
        return {**page, **more}


def _bucket() -> S3Backups:
    s3 = FakeS3()
    return S3Backups(lambda: s3, "bucket")


@pytest.fixture(params=["folder", "bucket"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> BackupStore:
    return DirectoryBackups(tmp_path) if request.param == "folder" else _bucket()


def test_what_is_saved_is_read_back_listed_and_deleted(store: BackupStore) -> None:
    assert store.stored() == []
    store.save(ONE, b"one")
    store.save(TWO, b"second")
    assert store.load(ONE) == b"one"
    assert sorted(store.stored(), key=lambda one: one.name) == [StoredBackup(ONE, 3), StoredBackup(TWO, 6)]
    store.delete(ONE)
    assert store.stored() == [StoredBackup(TWO, 6)]


def test_nothing_is_overwritten(store: BackupStore) -> None:
    store.save(ONE, b"one")
    with pytest.raises(BackupExists):
        store.save(ONE, b"other")
    assert store.load(ONE) == b"one"


def test_what_is_not_there_is_missing(store: BackupStore) -> None:
    for call in (store.load, store.delete):
        with pytest.raises(BackupMissing):
            call(ONE)


def test_the_path_tells_nothing_of_the_machine(store: BackupStore) -> None:
    assert store.path_of(ONE) == f"backups/{ONE}.zip"


def test_only_the_owner_can_read_the_folder(tmp_path: Path) -> None:
    DirectoryBackups(tmp_path).save(ONE, b"one")
    assert stat.S_IMODE((tmp_path / "backups").stat().st_mode) == 0o700
    assert stat.S_IMODE((tmp_path / "backups" / f"{ONE}.zip").stat().st_mode) == 0o600
    assert [path.name for path in (tmp_path / "backups").iterdir()] == [f"{ONE}.zip"]


def test_a_folder_that_cannot_be_used_is_reported(tmp_path: Path) -> None:
    (tmp_path / "backups").write_bytes(b"a file in its place")
    store = DirectoryBackups(tmp_path)
    for call in (lambda: store.save(ONE, b"x"), store.stored, lambda: store.load(ONE), lambda: store.delete(ONE)):
        with pytest.raises(BackupsUnavailable) as caught:
            call()
        assert str(tmp_path) not in str(caught.value)


@pytest.mark.parametrize(
    ("failure", "detail"),
    [
        (ClientError({"Error": {"Code": "AccessDenied"}}, "Call"), "AccessDenied"),
        (EndpointConnectionError(endpoint_url="https://s3.example"), "EndpointConnectionError"),
    ],
)
def test_a_bucket_that_refuses_is_reported(failure: Exception, detail: str) -> None:
    s3 = FakeS3()
    s3.failure = failure
    store = S3Backups(lambda: s3, "bucket")
    for call in (lambda: store.save(ONE, b"x"), store.stored, lambda: store.load(ONE), lambda: store.delete(ONE)):
        with pytest.raises(BackupsUnavailable) as caught:
            call()
        assert caught.value.detail == detail


def test_a_bucket_of_many_pages_is_listed_whole() -> None:
    store = _bucket()
    for number in range(7):
        store.save(f"backup_20251019_15300{number}", b"x")
    assert len(store.stored()) == 7
