"""Uploads the console's files to the bucket of a deployed stack: ``python -m scripts.upload_console --stack NAME``.

Each file gets its content type and ``no-cache``: browsers ask again, and a new version shows at once. Files that the
console no longer has are deleted. Credentials and region are found as the AWS command line finds them.
"""

# ruff: noqa: T201

from __future__ import annotations

import argparse
import hashlib
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from local.console_pages import CONSOLE_FOLDER
from local.static_files import CONTENT_TYPES

PREFIX: Final = "console/"
CACHE_CONTROL: Final = "no-cache"
BUCKET_OUTPUT: Final = "ConsoleBucketName"


class UploadImpossible(Exception):
    """The text says why, and what to do."""


@dataclass(frozen=True, slots=True)
class ConsoleFile:
    key: str
    path: Path
    content_type: str


def console_files(folder: Path = CONSOLE_FOLDER) -> Iterator[ConsoleFile]:
    """Every file of the console but hidden ones. Raises UploadImpossible for one whose type is not known."""
    for path in sorted(folder.rglob("*")):
        relative = path.relative_to(folder)
        if not path.is_file() or any(part.startswith(".") for part in relative.parts):
            continue
        content_type = CONTENT_TYPES.get(path.suffix.lower())
        if content_type is None:
            raise UploadImpossible(f"{relative}: no content type is known; add it to local/static_files.py")
        yield ConsoleFile(PREFIX + relative.as_posix(), path, content_type)


def bucket_of(cloudformation: Any, stack: str) -> str:
    """The bucket a stack's outputs name. Raises UploadImpossible, ClientError."""
    outputs = cloudformation.describe_stacks(StackName=stack)["Stacks"][0].get("Outputs", [])
    for output in outputs:
        if output["OutputKey"] == BUCKET_OUTPUT:
            return str(output["OutputValue"])
    raise UploadImpossible(
        f"the stack {stack} has no output {BUCKET_OUTPUT}: it was deployed without the front door (FrontDoor=off), "
        "or before there was a console; deploy it again"
    )


def upload(s3: Any, bucket: str, folder: Path = CONSOLE_FOLDER) -> tuple[int, int, int]:
    """Upload what is new or changed, delete what is gone; how many were uploaded, unchanged and deleted.

    index.html goes last, so that no visitor is shown a page whose parts are not there yet.
    """
    there = _digests(s3, bucket)
    files = sorted(console_files(folder), key=lambda file: file.key == f"{PREFIX}index.html")
    uploaded = 0
    for file in files:
        content = file.path.read_bytes()
        if there.get(file.key) == hashlib.md5(content, usedforsecurity=False).hexdigest():
            continue
        s3.put_object(
            Bucket=bucket, Key=file.key, Body=content, ContentType=file.content_type, CacheControl=CACHE_CONTROL
        )
        uploaded += 1
    gone = there.keys() - {file.key for file in files}
    for key in sorted(gone):
        s3.delete_object(Bucket=bucket, Key=key)
    return uploaded, len(files) - uploaded, len(gone)


def _digests(s3: Any, bucket: str) -> dict[str, str]:
    """Key to MD5 of what is there: the ETag of an object that was put in one piece, encrypted by S3's own key."""
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=PREFIX)
    return {entry["Key"]: entry["ETag"].strip('"') for page in pages for entry in page.get("Contents", [])}


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m scripts.upload_console", description=__doc__)
    parser.add_argument("--stack", required=True, help="the stack's name, as given to sam deploy")
    parser.add_argument("--region", help="instead of the one the AWS settings name")
    options = parser.parse_args(arguments)
    try:
        session = boto3.session.Session(region_name=options.region)
        bucket = bucket_of(session.client("cloudformation"), options.stack)
        uploaded, unchanged, deleted = upload(session.client("s3"), bucket)
    except UploadImpossible as problem:
        print(f"Error: {problem}", file=sys.stderr)
        return 1
    except ClientError as error:
        details = error.response["Error"]
        print(f"Error: AWS refused ({details['Code']}): {details.get('Message', '')}", file=sys.stderr)
        return 1
    except BotoCoreError as error:
        print(f"Error: {error}", file=sys.stderr)
        return 1
    print(f"{bucket}: {uploaded} uploaded, {unchanged} unchanged, {deleted} deleted")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
