"""A chat completion endpoint in OpenAI's form, for a provider that works, fails and counts."""

from __future__ import annotations

import json
from typing import Any, ClassVar

from tests.standins.server import Answer, RecordedRequest, StandInServer

API_KEY = "sk-EXAMPLE-provider-key"


class ChatModelStandIn(StandInServer):
    name: ClassVar[str] = "chat-model"

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[dict[str, Any]] = []

    def respond(self, request: RecordedRequest) -> Answer:
        if (request.method, request.path) != ("POST", "/v1/chat/completions"):
            return Answer(404)
        if request.headers.get("Authorization") != f"Bearer {API_KEY}":
            return Answer.of_json({"error": {"message": f"bad key {API_KEY}"}}, 401)
        body = json.loads(request.body)
        with self.lock:
            self.asked.append(body)
        text = f"answer to {body['messages'][-1]['content']}"
        return Answer.of_json(
            {
                "choices": [{"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": "stop"}],
                "usage": {"prompt_tokens": 1000, "completion_tokens": 500, "total_tokens": 1500},
            }
        )
