"""Pictures and files uploaded by apps (im/v1/images, im/v1/files)."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field

from tests.standins.feishu_wire import FeishuRefused
from tests.standins.multipart import Form, FormFile, MalformedForm, is_multipart, read_form
from tests.standins.server import ReceivedFile, RecordedRequest

MAX_IMAGE_BYTES = 10 * 1024 * 1024
MAX_FILE_BYTES = 30 * 1024 * 1024
FILE_TYPES = frozenset({"opus", "mp4", "pdf", "doc", "xls", "ppt", "stream"})
# The type a file must have been uploaded as for a message type; others are sent as ``file``.
_TYPE_OF_MESSAGE = {"audio": "opus", "media": "mp4"}


@dataclass(frozen=True)
class _Stored:
    app_id: str
    file_type: str
    file: ReceivedFile


@dataclass
class Uploads:
    stored: dict[str, _Stored] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def take_image(self, request: RecordedRequest, app_id: str) -> str:
        form = _form(request, fields={"image_type"}, file="image")
        if form.fields["image_type"] not in ("message", "avatar"):
            raise FeishuRefused(234001, "Invalid request param: image_type")
        image = form.files["image"]
        _check_size(image, MAX_IMAGE_BYTES)
        if not image.content.startswith((b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"BM", b"RIFF", b"II*", b"MM\0*")):
            raise FeishuRefused(234011, "Can't recognize the image format.")
        return self._store("img", _Stored(app_id, "image", _received(image, image.file_name)))

    def take_file(self, request: RecordedRequest, app_id: str) -> str:
        form = _form(request, fields={"file_type", "file_name"}, file="file", optional={"duration"})
        if form.fields["file_type"] not in FILE_TYPES or not form.fields["file_name"]:
            raise FeishuRefused(234001, "Invalid request param: file_type or file_name")
        if not form.fields.get("duration", "0").isdigit():
            raise FeishuRefused(234001, "Invalid request param: duration is milliseconds")
        file = form.files["file"]
        _check_size(file, MAX_FILE_BYTES)
        received = _received(file, form.fields["file_name"])
        return self._store("file", _Stored(app_id, form.fields["file_type"], received))

    def check_image(self, key: str, app_id: str) -> None:
        stored = self.stored.get(key)
        if stored is None or stored.file_type != "image" or stored.app_id != app_id:
            raise FeishuRefused(230001, "invalid image_key")

    def check_file(self, key: str, app_id: str, msg_type: str) -> None:
        stored = self.stored.get(key)
        if stored is None or stored.file_type == "image":
            raise FeishuRefused(230001, "invalid file_key")
        if stored.app_id != app_id:
            raise FeishuRefused(230017, "Bot is NOT the owner of the resource.")
        wanted = _TYPE_OF_MESSAGE.get(msg_type)
        if stored.file_type in _TYPE_OF_MESSAGE.values() if wanted is None else stored.file_type != wanted:
            raise FeishuRefused(230055, "The type of file upload does not match the type of message being sent.")

    def received(self, key: str) -> ReceivedFile:
        return self.stored[key].file

    def _store(self, prefix: str, stored: _Stored) -> str:
        with self._lock:
            key = f"{prefix}_v3_standin{len(self.stored) + 1:06d}"
            self.stored[key] = stored
        return key


def _form(
    request: RecordedRequest, *, fields: set[str], file: str, optional: set[str] | frozenset[str] = frozenset()
) -> Form:
    if not is_multipart(request):
        raise FeishuRefused(234001, "Invalid request param: not multipart/form-data")
    try:
        form = read_form(request)
    except MalformedForm as problem:
        raise FeishuRefused(234001, f"Invalid request param: {problem}") from None
    given = set(form.fields)
    if not fields <= given <= fields | optional or set(form.files) != {file}:
        raise FeishuRefused(234001, f"Invalid request param: got {sorted(given)} and {sorted(form.files)}")
    return form


def _check_size(file: FormFile, limit: int) -> None:
    if not file.content:
        raise FeishuRefused(234010, "File's size can't be 0.")
    if len(file.content) > limit:
        raise FeishuRefused(234006, "The file size exceed the max value.")


def _received(file: FormFile, name: str) -> ReceivedFile:
    return ReceivedFile(name, file.mime_type, len(file.content))
