"""Where reported pictures lie: folders by day on one machine, a bucket on AWS. Names are message ids of our making."""

from __future__ import annotations

import contextlib
import datetime as dt
import os
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from shared.robots.device_requests import MAX_PICTURE_BYTES
from shared.robots.errors import PictureMissing, PicturesUnavailable
from shared.robots.messages import MESSAGE_KEPT_DAYS

FOLDER = "robot-pictures"
_SUFFIX = ".png"
_OWNER_ONLY_FOLDER = 0o700
_MS_PER_DAY = 24 * 60 * 60 * 1000


def _day_of(name: str) -> int:
    """The day, since the epoch, on which a message got its id ``msg_<ms>_<random>``."""
    return int(name.split("_")[1]) // _MS_PER_DAY


class DirectoryPictures:
    """Implements shared.robots.messages.PictureStore. Only the owner may read the folder; a day's folder is removed
    with the messages of the day, when a picture of a later day is saved."""

    def __init__(self, data_dir: Path) -> None:
        self._folder = data_dir / FOLDER

    def save(self, name: str, content: bytes) -> None:
        file = self._file(name)
        try:
            if not file.parent.exists():
                self._drop_before(_day_of(name) - MESSAGE_KEPT_DAYS)
                file.parent.mkdir(mode=_OWNER_ONLY_FOLDER, parents=True, exist_ok=True)
            descriptor, unfinished = tempfile.mkstemp(prefix=".unfinished-", dir=file.parent)  # mkstemp makes it 0600
            try:
                with open(descriptor, "wb") as written:
                    written.write(content)
                    written.flush()
                    os.fsync(written.fileno())
                os.replace(unfinished, file)
            except BaseException:
                os.unlink(unfinished)
                raise
        except OSError as error:
            raise PicturesUnavailable(error.strerror or type(error).__name__) from None

    def load(self, name: str) -> bytes:
        try:
            return self._file(name).read_bytes()
        except FileNotFoundError:
            raise PictureMissing from None
        except OSError as error:
            raise PicturesUnavailable(error.strerror or type(error).__name__) from None

    def _file(self, name: str) -> Path:
        return self._folder / str(_day_of(name)) / f"{name}{_SUFFIX}"

    def _drop_before(self, day: int) -> None:
        if not self._folder.exists():
            return
        for folder in self._folder.iterdir():
            if folder.name.isdecimal() and int(folder.name) < day:
                shutil.rmtree(folder)


class S3Pictures:
    """Implements shared.robots.messages.PictureStore. ``s3`` makes or gives a low-level client; the bucket encrypts
    and drops old pictures by itself."""

    def __init__(self, s3: Callable[[], Any], bucket: str) -> None:
        self._s3 = s3
        self._bucket = bucket

    def save(self, name: str, content: bytes) -> None:
        try:
            self._s3().put_object(Bucket=self._bucket, Key=_key(name), Body=content, ContentType="image/png")
        except (ClientError, BotoCoreError) as error:
            raise PicturesUnavailable(_code(error)) from None

    def load(self, name: str) -> bytes:
        try:
            answer = self._s3().get_object(Bucket=self._bucket, Key=_key(name))
            with contextlib.closing(answer["Body"]) as body:
                content: bytes = body.read(MAX_PICTURE_BYTES)
            return content
        except (ClientError, BotoCoreError) as error:
            if _code(error) in ("NoSuchKey", "404", "NotFound"):
                raise PictureMissing from None
            raise PicturesUnavailable(_code(error)) from None


def _key(name: str) -> str:
    day = dt.date.fromordinal(dt.date(1970, 1, 1).toordinal() + _day_of(name))
    return f"{FOLDER}/{day.isoformat()}/{name}{_SUFFIX}"


def _code(error: Exception) -> str:
    if isinstance(error, ClientError):
        return str(error.response.get("Error", {}).get("Code", "unknown"))
    return type(error).__name__
