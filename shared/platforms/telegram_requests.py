"""One part of a message on its way to becoming a Bot API request, and the changes that rescue a refused one."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from typing import Any

from shared.message.model import MediaItem
from shared.platforms.base import Mark, Part
from shared.platforms.media import FetchedMedia
from shared.platforms.telegram_answers import Remedy
from shared.platforms.telegram_parts import MAX_TEXT_UNITS, Shape, link_line, visible_text
from shared.platforms.telegram_settings import Chat
from shared.platforms.unicode_text import utf16_units, well_formed

PLACEHOLDER_TEXT = "[empty message]"

_METHODS: dict[Shape, str] = {
    "photo": "sendPhoto",
    "animation": "sendAnimation",
    "video": "sendVideo",
    "audio": "sendAudio",
    "document": "sendDocument",
}


@dataclass(frozen=True, slots=True)
class TelegramRequest:
    """``files`` are multipart parts as (file name, content, MIME type); without them the request is JSON."""

    method: str
    fields: dict[str, Any]
    files: dict[str, tuple[str, bytes, str]] = field(default_factory=dict)

    @property
    def form(self) -> dict[str, str]:
        """The fields of a multipart request: everything that is no string is JSON."""
        return {
            name: value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
            for name, value in self.fields.items()
        }

    @property
    def upload_bytes(self) -> int:
        return sum(len(content) for _, content, _ in self.files.values())


@dataclass(frozen=True, slots=True)
class Upload:
    """One item and how it is to be sent: its fetched content, or the id Telegram gave it when it was sent before."""

    item: MediaItem
    shape: Shape
    media: FetchedMedia | None = None
    file_id: str = ""

    @property
    def file(self) -> tuple[str, bytes, str]:
        """Only of one that was fetched."""
        assert self.media is not None
        return (well_formed(self.media.file_name), self.media.content, self.media.mime_type)

    @property
    def details(self) -> dict[str, Any]:
        """What the client cannot see from the file before it has loaded it."""
        known: dict[str, Any] = {}
        if self.shape in ("video", "audio", "animation") and self.item.duration_seconds:
            known["duration"] = round(self.item.duration_seconds)
        if self.shape in ("video", "animation") and self.item.width and self.item.height:
            known |= {"width": self.item.width, "height": self.item.height}
        return known


@dataclass(slots=True)
class Draft:
    """Everything of one part: changed by remedies, turned into a request as often as needed."""

    chat: Chat
    part: Part
    silent: bool = False
    uploads: list[Upload] = field(default_factory=list)
    links: list[MediaItem] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    as_plain_text: bool = False
    as_text_file: bool = False
    as_placeholder: bool = False
    new_chat_id: int | None = None
    reply_to: str = ""

    def apply(self, remedy: Remedy, migrate_to_chat_id: int | None = None) -> bool:
        """Change the draft; False when it is already as the remedy would make it."""
        if remedy is Remedy.NEW_CHAT_ID:
            return self._move(migrate_to_chat_id)
        if remedy is Remedy.AS_DOCUMENT and any(upload.shape != "document" for upload in self.uploads):
            self._note_uploads("as_document: refused by the platform")
            self.uploads = [replace(upload, shape="document") for upload in self.uploads]
            return True
        if remedy in (Remedy.AS_DOCUMENT, Remedy.AS_LINK):
            return self._replace_uploads_by_links()
        flag, note = {
            Remedy.PLAIN_TEXT: ("as_plain_text", "plain_text: markup refused"),
            Remedy.AS_TEXT_FILE: ("as_text_file", "text_as_file: too long"),
            Remedy.PLACEHOLDER: ("as_placeholder", "placeholder: empty text"),
        }[remedy]
        if getattr(self, flag):
            return False
        setattr(self, flag, True)
        self.notes.append(note)
        return True

    def _move(self, new_chat_id: int | None) -> bool:
        if new_chat_id is None or self.new_chat_id is not None:
            return False
        self.new_chat_id = new_chat_id
        self.chat = Chat(str(new_chat_id))
        self.notes.append("chat_moved: upgraded to a supergroup")
        return True

    def _replace_uploads_by_links(self) -> bool:
        if not self.uploads:
            return False
        self._note_uploads("as_link: refused by the platform")
        self.links += [upload.item for upload in self.uploads]
        self.uploads = []
        return True

    def _note_uploads(self, why: str) -> None:
        self.notes += [f"{upload.shape}_{why}" for upload in self.uploads]

    def request(self) -> TelegramRequest:
        fields: dict[str, Any] = {"chat_id": self.chat.request_chat_id}
        if self.chat.thread_id is not None:
            fields["message_thread_id"] = self.chat.thread_id
        if self.silent:
            fields["disable_notification"] = True
        if self.reply_to:
            fields["reply_parameters"] = {"message_id": int(self.reply_to)}
        if len(self.uploads) > 1:
            return self._album(fields)
        if self.uploads:
            return self._single(fields, self.uploads[0])
        return self._text(fields)

    def edit_request(self, message_id: str) -> TelegramRequest:
        """Change the text of the message, or the caption of its media; of an album, that of its first item."""
        fields: dict[str, Any] = {"chat_id": self.chat.request_chat_id, "message_id": int(message_id)}
        text = self._shown_text()
        if self.part.media and not self.links:
            return TelegramRequest("editMessageCaption", fields | {"caption": text} | self._parse_mode())
        return TelegramRequest(
            "editMessageText", fields | {"text": text.strip() or PLACEHOLDER_TEXT} | self._parse_mode()
        )

    def _text(self, fields: dict[str, Any]) -> TelegramRequest:
        text = self._shown_text()
        if self.as_text_file or utf16_units(text if self.as_plain_text else visible_text(text)) > MAX_TEXT_UNITS:
            content = self._plain_text().encode()
            return TelegramRequest("sendDocument", fields, {"document": ("message.txt", content, "text/plain")})
        if self.as_placeholder or not text.strip():
            return TelegramRequest("sendMessage", fields | {"text": PLACEHOLDER_TEXT})
        return TelegramRequest("sendMessage", fields | {"text": text} | self._parse_mode())

    def _single(self, fields: dict[str, Any], upload: Upload) -> TelegramRequest:
        fields = fields | self._caption() | upload.details
        if upload.shape == "document" and upload.item.kind == "file":
            fields["disable_content_type_detection"] = True
        if upload.file_id:
            return TelegramRequest(_METHODS[upload.shape], fields | {upload.shape: upload.file_id})
        return TelegramRequest(_METHODS[upload.shape], fields, {upload.shape: upload.file})

    def _album(self, fields: dict[str, Any]) -> TelegramRequest:
        media = []
        files = {}
        for number, upload in enumerate(self.uploads):
            name = f"file{number}"
            if not upload.file_id:
                files[name] = upload.file
            source = upload.file_id or f"attach://{name}"
            entry: dict[str, Any] = {"type": upload.shape, "media": source} | upload.details
            # The caption of the first item is shown for the whole album.
            media.append(entry | self._caption() if number == 0 else entry)
        return TelegramRequest("sendMediaGroup", fields | {"media": media}, files)

    def _caption(self) -> dict[str, Any]:
        text = self._shown_text()
        return {"caption": text} | self._parse_mode() if text else {}

    def _parse_mode(self) -> dict[str, Any]:
        return {} if self.as_plain_text else {"parse_mode": "HTML"}

    def _shown_text(self) -> str:
        if self.as_plain_text:
            return self._plain_text()
        return "\n".join(filter(None, [self.part.text, *(link_line(item)[0] for item in self.links)]))

    def _plain_text(self) -> str:
        return "\n".join(filter(None, [self.part.plain_text, *(link_line(item)[1] for item in self.links)]))


def mark_request(mark: Mark, chat: Chat, message_id: str) -> TelegramRequest:
    """Pin or unpin a message, or set the bot's reaction to it (an empty list takes it off)."""
    fields: dict[str, Any] = {"chat_id": chat.request_chat_id, "message_id": int(message_id)}
    if mark.kind == "pin":
        return TelegramRequest("pinChatMessage", fields | {"disable_notification": True})
    if mark.kind == "unpin":
        return TelegramRequest("unpinChatMessage", fields)
    reaction = [{"type": "emoji", "emoji": mark.emoji}] if mark.kind == "react" else []
    return TelegramRequest("setMessageReaction", fields | {"reaction": reaction})
