"""Pictures on one machine and in a bucket."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from shared.robots.errors import PictureMissing, PicturesUnavailable
from shared.robots.messages import MESSAGE_KEPT_DAYS
from shared.robots.picture_stores import DirectoryPictures, S3Pictures

DAY_MS = 86_400_000
NAME = "msg_1733049000000_abc"


class Bucket:
    def __init__(self) -> None:
        self.objects: dict[str, bytes] = {}
        self.failure = ""

    def put_object(self, **wanted: Any) -> None:
        self._fail(self.failure)
        self.objects[f"{wanted['Bucket']}/{wanted['Key']}"] = wanted["Body"]

    def get_object(self, **wanted: Any) -> dict[str, Any]:
        self._fail(self.failure)
        key = f"{wanted['Bucket']}/{wanted['Key']}"
        if key not in self.objects:
            self._fail("NoSuchKey")
        return {"Body": io.BytesIO(self.objects[key])}

    def _fail(self, code: str) -> None:
        if code:
            raise ClientError({"Error": {"Code": code, "Message": "canary"}}, "operation")


def test_a_directory_keeps_pictures_for_their_owner_alone(tmp_path: Path) -> None:
    pictures = DirectoryPictures(tmp_path)
    pictures.save(NAME, b"picture")
    assert pictures.load(NAME) == b"picture"
    (file,) = tmp_path.rglob("*.png")
    assert (file.stat().st_mode | file.parent.stat().st_mode) & 0o077 == 0
    with pytest.raises(PictureMissing):
        pictures.load("msg_1733049000000_other")


def test_a_directory_drops_pictures_with_their_messages(tmp_path: Path) -> None:
    pictures = DirectoryPictures(tmp_path)
    pictures.save(NAME, b"old")
    pictures.save(f"msg_{1733049000000 + MESSAGE_KEPT_DAYS * DAY_MS}_kept", b"kept")
    assert pictures.load(NAME) == b"old"
    pictures.save(f"msg_{1733049000000 + (MESSAGE_KEPT_DAYS + 1) * DAY_MS}_new", b"new")
    with pytest.raises(PictureMissing):
        pictures.load(NAME)


def test_a_directory_that_cannot_be_written_is_a_typed_failure(tmp_path: Path) -> None:
    (tmp_path / "robot-pictures").write_text("in the way")
    with pytest.raises(PicturesUnavailable):
        DirectoryPictures(tmp_path).save(NAME, b"picture")


def test_a_bucket_keeps_pictures_by_day_and_its_failures_are_typed() -> None:
    bucket = Bucket()
    pictures = S3Pictures(lambda: bucket, "bucket")
    pictures.save(NAME, b"picture")
    assert list(bucket.objects) == [f"bucket/robot-pictures/2024-12-01/{NAME}.png"]
    assert pictures.load(NAME) == b"picture"
    with pytest.raises(PictureMissing):
        pictures.load("msg_1733049000000_other")
    bucket.failure = "SlowDown"
    for call in (lambda: pictures.save(NAME, b""), lambda: pictures.load(NAME)):
        with pytest.raises(PicturesUnavailable, match=r"^SlowDown$"):
            call()
