"""Messages by a group's custom bot: one POST to the address Feishu gave the group (open.feishu.cn, bot v2)."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from shared.platforms.answer_text import presentable
from shared.platforms.base import Part
from shared.platforms.feishu_answers import FeishuAnswer, feishu_outcome, read_feishu_answer, takes_plainer_content
from shared.platforms.feishu_parts import inert, post_content, serialised
from shared.platforms.http import HttpClient, NoAnswer, NotSent
from shared.platforms.outcomes import Delivered, Outcome, Permanent, RetryAfter, Unknown

HOOK_PATH = "/open-apis/bot/v2/hook/"

_JSON_HEADERS = {"Content-Type": "application/json; charset=utf-8"}


@dataclass(frozen=True, slots=True)
class HookCredentials:
    """``hook_id`` is the last part of the bot's address; ``sign_secret`` is empty where signing is off."""

    api_base: str
    hook_id: str = field(repr=False)
    sign_secret: str = field(default="", repr=False)

    @property
    def secrets(self) -> tuple[str, ...]:
        return (self.hook_id, self.sign_secret)


def sign(timestamp_seconds: int, secret: str) -> str:
    """The signature is over the empty message; what it signs is in the key."""
    key = f"{timestamp_seconds}\n{secret}".encode()
    return base64.b64encode(hmac.new(key, b"", hashlib.sha256).digest()).decode("ascii")


class FeishuHookSender:
    """Sends parts composed by ``compose_for_custom_bot``. No message id comes back."""

    def __init__(self, http: HttpClient, clock: Callable[[], float]) -> None:
        self._http = http
        self._clock = clock

    def send(self, part: Part, hook: HookCredentials) -> Outcome:
        notes: tuple[str, ...] = ()
        try:
            if part.kind == "post":
                answer = self._post(hook, "post", {"post": post_content(json.loads(part.text))})
            else:
                answer = self._post(hook, "text", {"text": inert(part.text)})
            if part.kind == "post" and takes_plainer_content(answer):
                notes = (f"plain_text: post refused with {answer.code}",)
                answer = self._post(hook, "text", {"text": inert(part.plain_text)})
        except NotSent as failure:
            detail = presentable(failure.detail, hook.secrets)
            return Permanent(failure.code, detail) if failure.permanent else RetryAfter(failure.code, detail)
        except NoAnswer as failure:
            return Unknown(failure.code, presentable(failure.detail, hook.secrets))
        if answer.ok:
            return Delivered(notes=notes)
        return feishu_outcome(answer, hook.secrets, custom_bot=True)

    def _post(self, hook: HookCredentials, msg_type: str, content: dict[str, Any]) -> FeishuAnswer:
        body: dict[str, Any] = {}
        if hook.sign_secret:
            # At each attempt anew: a signature is good for an hour.
            timestamp_seconds = int(self._clock())
            body = {"timestamp": str(timestamp_seconds), "sign": sign(timestamp_seconds, hook.sign_secret)}
        body |= {"msg_type": msg_type, "content": content}
        url = hook.api_base + HOOK_PATH + hook.hook_id
        return read_feishu_answer(
            self._http.request("POST", url, data=serialised(body).encode(), headers=_JSON_HEADERS)
        )
