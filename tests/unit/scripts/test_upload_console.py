"""Uploading the console to its bucket."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import pytest

from scripts.upload_console import UploadImpossible, bucket_of, console_files, upload


class FakeS3:
    """Keeps objects as S3 would show them."""

    def __init__(self) -> None:
        self.objects: dict[str, dict[str, Any]] = {}
        self.order: list[str] = []

    def put_object(self, *, Bucket: str, Key: str, Body: bytes, **headers: str) -> None:
        assert Bucket == "files"
        self.objects[Key] = {"Body": Body, **headers}
        self.order.append(Key)

    def delete_object(self, *, Bucket: str, Key: str) -> None:
        assert Bucket == "files"
        del self.objects[Key]

    def get_paginator(self, operation: str) -> FakeS3:
        assert operation == "list_objects_v2"
        return self

    def paginate(self, *, Bucket: str, Prefix: str) -> list[dict[str, Any]]:
        assert (Bucket, Prefix) == ("files", "console/")
        entries = [
            {"Key": key, "ETag": f'"{hashlib.md5(one["Body"], usedforsecurity=False).hexdigest()}"'}
            for key, one in self.objects.items()
        ]
        return [{"Contents": entries[:1]}, {"Contents": entries[1:]}] if entries else [{}]


class FakeCloudFormation:
    def __init__(self, *outputs: str) -> None:
        self.outputs = outputs

    def describe_stacks(self, *, StackName: str) -> dict[str, Any]:
        named = [{"OutputKey": name, "OutputValue": f"value of {name}"} for name in self.outputs]
        return {"Stacks": [{"StackName": StackName, **({"Outputs": named} if named else {})}]}


def test_the_console_is_uploaded_whole_with_its_types_and_its_index_last() -> None:
    s3 = FakeS3()
    uploaded, unchanged, deleted = upload(s3, "files")
    assert (uploaded, unchanged, deleted) == (len(list(console_files())), 0, 0)
    assert s3.order[-1] == "console/index.html"
    assert s3.objects["console/app.js"]["ContentType"] == "text/javascript; charset=utf-8"
    assert {one["CacheControl"] for one in s3.objects.values()} == {"no-cache"}


def test_what_did_not_change_is_left_alone_and_what_is_gone_is_deleted(tmp_path: Path) -> None:
    for name, text in {"index.html": "1", "a.js": "2", "gone.css": "3"}.items():
        (tmp_path / name).write_text(text, "utf-8")
    (tmp_path / ".hidden").write_text("x", "utf-8")
    s3 = FakeS3()
    assert upload(s3, "files", tmp_path) == (3, 0, 0)
    (tmp_path / "gone.css").unlink()
    (tmp_path / "a.js").write_text("4", "utf-8")
    assert upload(s3, "files", tmp_path) == (1, 1, 1)
    assert {key: one["Body"] for key, one in s3.objects.items()} == {"console/index.html": b"1", "console/a.js": b"4"}


def test_a_file_of_unknown_type_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.exe").write_bytes(b"MZ")
    with pytest.raises(UploadImpossible, match=r"a\.exe"):
        list(console_files(tmp_path))


def test_the_bucket_is_the_one_the_stack_names() -> None:
    assert bucket_of(FakeCloudFormation("ApiUrl", "ConsoleBucketName"), "relay") == "value of ConsoleBucketName"
    for outputs in ((), ("ApiUrl",)):
        with pytest.raises(UploadImpossible, match="FrontDoor"):
            bucket_of(FakeCloudFormation(*outputs), "relay")
