"""A stand-in for the Telegram Bot API: the methods that send messages, getUpdates and getChat, as
https://core.telegram.org/bots/api has them.

    with TelegramStandIn() as telegram:
        platform = TelegramPlatform(http, media, telegram.base_url)

Every call is checked against the published description of the API and against what that description leaves out: the
HTML is parsed, lengths are counted after parsing, albums must be of one family. What a real server would take but not
show as meant is kept in ``violations`` for tests to assert on. ``python -m tests.standins.telegram --port 0`` runs it
in a process of its own, with the chats of ``default_chats``.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, ClassVar

from tests.standins.multipart import FormFile, MalformedForm, is_multipart, read_form
from tests.standins.server import (
    CONTROL_PREFIX,
    Answer,
    ReceivedFile,
    ReceivedMessage,
    RecordedRequest,
    StandInServer,
    run_stand_in,
)
from tests.standins.telegram_chats import Chat, SentMessage, default_chats
from tests.standins.telegram_errors import Refused, refusal
from tests.standins.telegram_html import Entity
from tests.standins.telegram_media import media_refusal
from tests.standins.telegram_spec import form_value, is_method, violations
from tests.standins.telegram_texts import check_length, read_text

BOT_TOKEN = "123456789:StandInBotToken_for-tests-0123456789"
_MEDIA_METHODS = {
    "sendPhoto": "photo",
    "sendVideo": "video",
    "sendAudio": "audio",
    "sendDocument": "document",
    "sendAnimation": "animation",
}
_ALONE_IN_ALBUM = ("document", "audio")


@dataclass(frozen=True)
class _Call:
    method: str
    arguments: Mapping[str, Any]
    files: Mapping[str, FormFile]
    arrived_at: float


# Some of those that bots may set; the Bot API lists all of them.
KNOWN_REACTIONS = {"👍", "❤", "🔥", "🎉"}


class TelegramStandIn(StandInServer):
    name: ClassVar[str] = "telegram"

    def __init__(
        self,
        host: str = "127.0.0.1",
        port: int = 0,
        *,
        tokens: Iterable[str] = (BOT_TOKEN,),
        chats: Iterable[Chat] | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        super().__init__(host, port)
        self.tokens = set(tokens)
        self.chats = {chat.id: chat for chat in (default_chats() if chats is None else chats)}
        self.sent: list[SentMessage] = []
        self.violations: list[str] = []
        self.files_by_id: dict[str, FormFile] = {}
        self.pinned: set[int] = set()
        self.reactions: dict[int, list[str]] = {}
        self.may_pin = True
        self.updates: list[dict[str, Any]] = []
        # Somebody else receives the updates: a webhook, or another program that polls.
        self.updates_taken = False
        # The Bot API sets a bot's own messages no limit for edits outside of business chats, and 48 h for deletions.
        self.editable_seconds = float("inf")
        self.deletable_seconds = 48 * 3600.0
        self._clock = clock
        self._next_message_id = 1

    def add_update(self, kind: str, event: Mapping[str, Any]) -> None:
        """Something the bot hears of: ``kind`` is the field of Update (``message``, ``my_chat_member`` …)."""
        with self.lock:
            number = 700_000_000 + len(self.updates)
            self.updates.append({"update_id": number, kind: dict(event)})

    def received(self) -> list[ReceivedMessage]:
        """An album is one message with several files."""
        with self.lock:
            return [
                ReceivedMessage(
                    message_id=str(sent.message_ids[0]),
                    target=str(sent.chat_id) if sent.thread_id is None else f"{sent.chat_id}/{sent.thread_id}",
                    author="",
                    text=sent.source_text,
                    files=tuple(
                        ReceivedFile(file.file_name, file.mime_type, len(file.content)) for _, file in sent.files
                    ),
                    arrived_at=sent.arrived_at,
                )
                for sent in self.sent
            ]

    def respond(self, request: RecordedRequest) -> Answer:
        try:
            call = self._read_call(request)
            result = self._perform(call)
        except Refused as refused:
            return refusal(refused.error_code, refused.description, **refused.parameters)
        return Answer.of_json({"ok": True, "result": result})

    def control_answer(self, request: RecordedRequest) -> Answer:
        if request.path == CONTROL_PREFIX + "violations":
            return Answer.of_json(self.violations)
        return super().control_answer(request)

    # --- reading ---

    def _read_call(self, request: RecordedRequest) -> _Call:
        bot, _, method = request.path.lstrip("/").partition("/")
        token = bot.removeprefix("bot")
        if not bot.startswith("bot") or ":" not in token:
            raise Refused(404, "Not Found")
        if token not in self.tokens:
            raise Refused(401, "Unauthorized")
        if not is_method(method) or "/" in method:
            raise Refused(404, "Not Found: method not found")
        if is_multipart(request):
            try:
                form = read_form(request)
            except MalformedForm as problem:
                raise Refused(400, f"Bad Request: {problem}") from None
            arguments = {name: form_value(method, name, value) for name, value in form.fields.items()}
            files = form.files
        else:
            try:
                arguments = request.json() if request.body else {}
            except ValueError:
                raise Refused(400, "Bad Request: can't parse JSON object") from None
            files = {}
        problems = violations(method, arguments, list(files))
        if problems:
            with self.lock:
                self.violations += problems
            raise Refused(400, f"Bad Request: {problems[0]}")
        return _Call(method, arguments, files, request.arrived_at)

    # --- acting ---

    def _perform(self, call: _Call) -> Any:
        if call.method == "getMe":
            return {"id": 123456789, "is_bot": True, "first_name": "Stand-in", "username": "standin_bot"}
        if call.method == "getUpdates":
            return self._pending_updates(call.arguments)
        chat = self._chat(call.arguments)
        if call.method == "getChat":
            return self._chat_object(chat)
        if call.method in ("editMessageText", "editMessageCaption"):
            return self._edit(call, chat)
        if call.method == "deleteMessage":
            return self._delete(call, chat)
        if call.method in ("pinChatMessage", "unpinChatMessage", "setMessageReaction"):
            return self._mark(call, chat)
        thread_id = self._topic(chat, call.arguments)
        if call.method == "sendMessage":
            return self._store(call, chat, thread_id, call.arguments, "text", [])[0]
        if call.method in _MEDIA_METHODS:
            kind = _MEDIA_METHODS[call.method]
            files = [(kind, self._file(call, call.arguments.get(kind, f"attach://{kind}")))]
            return self._store(call, chat, thread_id, call.arguments, "caption", files)[0]
        if call.method == "sendMediaGroup":
            return self._album(call, chat, thread_id)
        raise Refused(400, f"Bad Request: the stand-in has no {call.method}")

    def _chat(self, arguments: Mapping[str, Any]) -> Chat:
        wanted = arguments["chat_id"]
        for chat in self.chats.values():
            if chat.id == wanted or (chat.user_name and wanted == f"@{chat.user_name}"):
                break
        else:
            raise Refused(400, "Bad Request: chat not found")
        if chat.moved_to is not None:
            description = "Bad Request: group chat was upgraded to a supergroup chat"
            raise Refused(400, description, migrate_to_chat_id=chat.moved_to)
        if chat.refuses is not None:
            raise Refused(*chat.refuses)
        return chat

    def _pending_updates(self, arguments: Mapping[str, Any]) -> list[dict[str, Any]]:
        """An offset confirms, and so deletes, every update before it; a negative one keeps only the last."""
        if self.updates_taken:
            raise Refused(409, "Conflict: can't use getUpdates method while webhook is active; use deleteWebhook first")
        offset = arguments.get("offset")
        with self.lock:
            if offset is not None and offset < 0:
                del self.updates[: len(self.updates) + offset]
            elif offset is not None:
                self.updates = [update for update in self.updates if update["update_id"] >= offset]
            return self.updates[: arguments.get("limit", 100)]

    def _chat_object(self, chat: Chat) -> dict[str, Any]:
        if chat.kind == "private":
            shown = {"id": chat.id, "type": chat.kind, "first_name": chat.title}
        else:
            shown = {"id": chat.id, "type": chat.kind, "title": chat.title}
        return shown | ({"username": chat.user_name} if chat.user_name else {})

    def _topic(self, chat: Chat, arguments: Mapping[str, Any]) -> int | None:
        thread_id = arguments.get("message_thread_id")
        if thread_id is not None and thread_id not in chat.topics:
            # The "General" topic, id 1, is addressed by leaving the thread out.
            raise Refused(400, "Bad Request: message thread not found")
        return thread_id

    def _album(self, call: _Call, chat: Chat, thread_id: int | None) -> list[dict[str, Any]]:
        media = call.arguments["media"]
        kinds = {entry["type"] for entry in media}
        if len(kinds) > 1 and kinds & set(_ALONE_IN_ALBUM):
            raise Refused(400, "Bad Request: document and audio files can be only grouped with files of the same type")
        for entry in media[1:]:
            if entry.get("caption"):
                with self.lock:
                    self.violations.append("sendMediaGroup: a caption after the first item is not the album's")
        files = [(entry["type"], self._file(call, entry["media"])) for entry in media]
        return self._store(call, chat, thread_id, media[0], "caption", files)

    def _store(
        self,
        call: _Call,
        chat: Chat,
        thread_id: int | None,
        text_of: Mapping[str, Any],
        text_field: str,
        files: list[tuple[str, FormFile]],
    ) -> list[dict[str, Any]]:
        source = text_of.get(text_field, "")
        shown, entities = self._parsed(source, text_of.get("parse_mode"), text_field)
        for kind, file in files:
            refused = media_refusal(kind, file.content)
            if refused is not None:
                raise Refused(*refused)
        replied_to = call.arguments.get("reply_parameters")
        with self.lock:
            if replied_to is not None:
                self._number_of(replied_to["message_id"], chat, "be replied")
            count = max(len(files), 1)
            ids = tuple(range(self._next_message_id, self._next_message_id + count))
            self._next_message_id += count
            self.sent.append(
                SentMessage(
                    ids,
                    call.method,
                    chat.id,
                    thread_id,
                    source,
                    shown,
                    entities,
                    tuple(files),
                    call.arguments,
                    call.arrived_at,
                )
            )
            self.lock.notify_all()
            shown_files = [self._file_shown(kind, file) for kind, file in files] or [{}]
        return [
            self._message(message_id, chat, thread_id, text_field, shown) | file
            for message_id, file in zip(ids, shown_files, strict=True)
        ]

    def _file(self, call: _Call, source: str) -> FormFile:
        """What is sent: a file of the request, or one that this bot has sent before, by its id."""
        if source.startswith("attach://"):
            return call.files[source.removeprefix("attach://")]
        known = self.files_by_id.get(source)
        if known is None:
            raise Refused(400, "Bad Request: wrong file identifier/HTTP URL specified")
        return known

    def _file_shown(self, kind: str, file: FormFile) -> dict[str, Any]:
        """As a message shows its file: of a photo there are several sizes, the largest comes last."""
        file_id = f"AgACAg-standin-{len(self.files_by_id)}"
        self.files_by_id[file_id] = file
        shown = {"file_id": file_id, "file_unique_id": file_id[-8:], "file_size": len(file.content)}
        small = {**shown, "file_id": f"{file_id}-small"}
        return {kind: [small, shown] if kind == "photo" else shown}

    def _mark(self, call: _Call, chat: Chat) -> bool:
        wanted = int(call.arguments["message_id"])
        word = {"pinChatMessage": "pin", "unpinChatMessage": "unpin"}.get(call.method, "react")
        with self.lock:
            self._number_of(wanted, chat, word)
            if word == "react":
                emoji = [reaction["emoji"] for reaction in call.arguments["reaction"]]
                if not set(emoji) <= KNOWN_REACTIONS:
                    raise Refused(400, "Bad Request: REACTION_INVALID")
                self.reactions[wanted] = emoji
            elif not self.may_pin:
                raise Refused(400, "Bad Request: not enough rights to manage pinned messages in the chat")
            elif word == "pin":
                self.pinned.add(wanted)
            else:
                self.pinned.discard(wanted)
            self.lock.notify_all()
        return True

    def _edit(self, call: _Call, chat: Chat) -> dict[str, Any]:
        wanted = call.arguments["message_id"]
        field = "text" if call.method == "editMessageText" else "caption"
        source = call.arguments.get(field, "")
        shown, entities = self._parsed(source, call.arguments.get("parse_mode"), field)
        with self.lock:
            number = self._number_of(wanted, chat, "edit")
            old = self.sent[number]
            if bool(old.files) == (field == "text"):
                raise Refused(400, f"Bad Request: there is no {field} in the message to edit")
            if call.arrived_at - old.arrived_at > self.editable_seconds:
                raise Refused(400, "Bad Request: message can't be edited")
            if (old.shown_text, old.entities) == (shown, entities):
                raise Refused(400, "Bad Request: message is not modified: specified new message content is the same")
            self.sent[number] = replace(old, source_text=source, shown_text=shown, entities=entities)
            self.lock.notify_all()
        return self._message(wanted, chat, old.thread_id, field, shown)

    def _delete(self, call: _Call, chat: Chat) -> bool:
        with self.lock:
            number = self._number_of(call.arguments["message_id"], chat, "delete")
            old = self.sent[number]
            if call.arrived_at - old.arrived_at > self.deletable_seconds:
                raise Refused(400, "Bad Request: message can't be deleted for everyone")
            left = tuple(one for one in old.message_ids if one != call.arguments["message_id"])
            if left:
                self.sent[number] = replace(old, message_ids=left)
            else:
                del self.sent[number]
            self.lock.notify_all()
        return True

    def _number_of(self, message_id: int, chat: Chat, action: str) -> int:
        for number, sent in enumerate(self.sent):
            if message_id in sent.message_ids and sent.chat_id == chat.id:
                return number
        raise Refused(400, f"Bad Request: message to {action} not found")

    def _parsed(self, source: str, parse_mode: str | None, text_field: str) -> tuple[str, tuple[Entity, ...]]:
        text = read_text(source, parse_mode)
        with self.lock:
            self.violations += text.complaints
        check_length(text.shown, text_field)
        return text.shown, text.entities

    def _message(
        self, message_id: int, chat: Chat, thread_id: int | None, text_field: str, shown: str
    ) -> dict[str, Any]:
        message: dict[str, Any] = {
            "message_id": message_id,
            "date": int(self._clock()),
            "from": {"id": 123456789, "is_bot": True, "first_name": "Stand-in"},
            "chat": {"id": chat.id, "type": chat.kind, "title": chat.title},
        }
        if thread_id is not None:
            message["message_thread_id"] = thread_id
        if shown:
            message[text_field] = shown
        return message


if __name__ == "__main__":
    run_stand_in(TelegramStandIn)
