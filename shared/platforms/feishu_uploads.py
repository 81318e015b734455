"""Pictures and files in Feishu's keeping: uploaded once, then named by the keys it gave them."""

from __future__ import annotations

import posixpath
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from shared.message.model import MediaItem
from shared.platforms.answer_text import presentable
from shared.platforms.feishu_answers import SCOPE_CODES, TOKEN_CODES, feishu_outcome
from shared.platforms.feishu_parts import MAX_FILE_BYTES, MAX_IMAGE_BYTES
from shared.platforms.feishu_requests import REQUEST_SECONDS, FeishuRequests, FeishuSession, Stopped
from shared.platforms.feishu_token import AppCredentials, nothing_sent
from shared.platforms.http import NoAnswer
from shared.platforms.media import FetchedMedia, MediaFetcher
from shared.platforms.media_batch import fetch_together
from shared.platforms.media_keys import MediaKeys
from shared.platforms.outcomes import RetryAfter
from shared.platforms.unicode_text import well_formed

IMAGES_PATH = "/open-apis/im/v1/images"
FILES_PATH = "/open-apis/im/v1/files"
# The ``file_type`` that Feishu takes anything as.
ANY_FILE_TYPE = "stream"
# The ``file_type``s that have a length.
TIMED_FILE_TYPES = ("mp4", "opus")

_UPLOAD_BYTES_PER_SECOND = 2 * 1024 * 1024
# Upload refusals that concern the right to upload: the text can still be sent, with a link.
_NO_UPLOAD_CODES = SCOPE_CODES | {234007}
_FILE_TYPES = {
    ".pdf": "pdf",
    ".doc": "doc",
    ".docx": "doc",
    ".xls": "xls",
    ".xlsx": "xls",
    ".ppt": "ppt",
    ".pptx": "ppt",
    ".mp4": "mp4",
    ".opus": "opus",
}


@dataclass(frozen=True, slots=True)
class UploadedFile:
    file_type: str
    key: str


class FeishuUploads:
    """Every method that uploads raises Stopped, TokenUnavailable and NotSent."""

    def __init__(self, requests: FeishuRequests, media: MediaFetcher, media_keys: MediaKeys) -> None:
        self._requests = requests
        self._media = media
        self._media_keys = media_keys

    # --- pictures ---

    def image_keys(self, items: Sequence[MediaItem], session: FeishuSession) -> dict[str, str | None]:
        """By address: what Feishu calls each picture, uploaded where it has not been lately; None for one that cannot
        be had or is not taken."""
        keys: dict[str, str | None] = {**self._known(items, session)}
        session.reused |= keys.keys()
        missing = [item for item in items if item.url not in keys]
        fetched = fetch_together(self._media, [(item, MAX_IMAGE_BYTES) for item in missing])
        uploaded: dict[str, str] = {}
        for item, found in zip(missing, fetched, strict=True):
            if item.url not in keys:  # the same picture twice in one message
                key = keys[item.url] = self._image_key(item, found, session)
                if key is not None:
                    uploaded[item.url] = key
        if uploaded:
            self._media_keys.keep(_credential(session.app), uploaded)
        return keys

    def forget_reused(self, session: FeishuSession) -> bool:
        """After a refusal: whether it may be because of keys from earlier uploads, which are now forgotten."""
        if not session.reused:
            return False
        self._media_keys.keep(_credential(session.app), dict.fromkeys(session.reused, ""))
        session.reused, session.uploads_all = set(), True
        return True

    def _image_key(self, item: MediaItem, fetched: FetchedMedia | Exception, session: FeishuSession) -> str | None:
        media = _usable(item, fetched, session)
        if media is None:
            return None
        upload = {"image": (well_formed(media.file_name), media.content, media.mime_type)}
        return self._upload(IMAGES_PATH, {"image_type": "message"}, upload, "image", session)

    # --- files ---

    def known_file(self, item: MediaItem, session: FeishuSession) -> UploadedFile | None:
        """The file as it was uploaded earlier."""
        known = self._known([item], session).get(item.url, "")
        file_type, _, key = known.partition(":")
        return UploadedFile(file_type, key) if known else None

    def forget_file(self, item: MediaItem, session: FeishuSession) -> None:
        self._media_keys.keep(_credential(session.app), {item.url: ""})

    def fetched_file(self, item: MediaItem, session: FeishuSession) -> FetchedMedia | None:
        """None, with a note, for one that cannot be had."""
        return _usable(item, fetch_together(self._media, [(item, MAX_FILE_BYTES)])[0], session)

    def file_key(self, item: MediaItem, media: FetchedMedia, file_type: str, session: FeishuSession) -> str | None:
        """None, with a note, for one that is not taken."""
        name = well_formed(media.file_name)
        form = {"file_type": file_type, "file_name": name}
        if file_type in TIMED_FILE_TYPES and item.duration_seconds:
            form["duration"] = str(round(item.duration_seconds * 1000))
        file = {"file": (name, media.content, media.mime_type)}
        key = self._upload(FILES_PATH, form, file, item.kind, session)
        if key is not None:
            self._media_keys.keep(_credential(session.app), {item.url: f"{file_type}:{key}"})
        return key

    # --- both ---

    def _known(self, items: Sequence[MediaItem], session: FeishuSession) -> Mapping[str, str]:
        if not items or session.uploads_all:
            return {}
        return self._media_keys.find(_credential(session.app), [item.url for item in items])

    def _upload(
        self, path: str, form: Mapping[str, str], files: Mapping[str, Any], kind: str, session: FeishuSession
    ) -> str | None:
        """The key of the uploaded file, or None (with a note) when the file is refused. Raises Stopped."""
        size_bytes = sum(len(content) for _, content, _ in files.values())
        timeout_seconds = REQUEST_SECONDS + size_bytes / _UPLOAD_BYTES_PER_SECOND
        try:
            answer = self._requests.send(
                session, path, data=dict(form), files=dict(files), timeout_seconds=timeout_seconds
            )
        except NoAnswer as failure:
            # An upload shows nothing in the chat.
            raise Stopped(RetryAfter(failure.code, presentable(failure.detail, session.secrets))) from None
        key = answer.data.get("image_key") or answer.data.get("file_key")
        if answer.ok and isinstance(key, str):
            return key
        if not answer.ok and answer.code not in _NO_UPLOAD_CODES:
            outcome = nothing_sent(feishu_outcome(answer, tuple(session.secrets)))
            if isinstance(outcome, RetryAfter) or outcome.disables_destination or answer.code in TOKEN_CODES:
                raise Stopped(outcome)
        session.notes.append(f"{kind}_as_link: upload refused with {answer.code}")
        return None


def file_type_of(item: MediaItem, media: FetchedMedia) -> str:
    """The upload's ``file_type``: only opus is a sound and only mp4 a video, anything unknown is a ``stream``."""
    if media.mime_type == "audio/opus":
        return "opus"
    if media.mime_type == "video/mp4":
        return "mp4"
    return _FILE_TYPES.get(posixpath.splitext(media.file_name)[1].lower(), ANY_FILE_TYPE)


def _usable(item: MediaItem, fetched: FetchedMedia | Exception, session: FeishuSession) -> FetchedMedia | None:
    if isinstance(fetched, FetchedMedia) and fetched.content:
        return fetched
    reason = "empty" if isinstance(fetched, FetchedMedia) else getattr(fetched, "code", "unavailable")
    session.notes.append(f"{item.kind}_as_link: {reason}")
    return None


def _credential(app: AppCredentials) -> str:
    return f"feishu:app:{app.app_id}"
