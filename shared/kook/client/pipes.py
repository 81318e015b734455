"""message/send-pipemsg: posting to one channel with a token that can do nothing else (message.md, template.md)."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from typing import Any

from shared.kook.client import arguments
from shared.kook.client.errors import InvalidCall
from shared.kook.client.results import SentMessage, read_sent_message
from shared.kook.client.transport import CALL_TIMEOUT_SECONDS, Credential, KookTransport, Language
from shared.platforms.http import HttpClient


class KookPipe:
    """A message pipe. Its access token travels in the query, as KOOK wants it, and never with a bot's token."""

    def __init__(
        self,
        http: HttpClient,
        api_base: str,
        access_token: str,
        *,
        language: Language = "zh",
        timeout_seconds: float = CALL_TIMEOUT_SECONDS,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._transport = KookTransport(
            http,
            api_base,
            Credential("access_token", access_token),
            language=language,
            timeout_seconds=timeout_seconds,
            clock=clock,
        )

    def send(
        self, content: str, *, type: arguments.MessageType | None = None, target_id: str | None = None
    ) -> SentMessage:
        """Send a message; without ``type`` KMarkdown, without ``target_id`` to the pipe's own channel. Raises as
        KookClient's calls do."""
        return self._send({"content": arguments.content(content)}, type, target_id)

    def send_template(self, template_input: Mapping[str, Any], *, target_id: str | None = None) -> SentMessage:
        """Send through the pipe's template, which takes the whole body as its input."""
        if not template_input:
            raise InvalidCall("template_input", "is empty")
        if len(json.dumps(template_input)) > 4 * arguments.MAX_CONTENT_CHARACTERS:
            raise InvalidCall("template_input", "is too large")
        return self._send(template_input, None, target_id)

    def _send(self, body: Mapping[str, Any], type: int | None, target_id: str | None) -> SentMessage:
        query = {
            "type": None if type is None else arguments.message_type(type),
            "target_id": arguments.optional_identity("target_id", target_id),
        }
        return self._transport.post("message/send-pipemsg", read_sent_message, body, query=query, keep_nulls=True)
