"""Every answer and every WebSocket frame of a scene, kept to be searched."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import aiohttp
import requests

from tests.embedded import EmbeddedStack

FRAME_WITHIN_SECONDS = 60.0


@dataclass(frozen=True)
class Said:
    """``where`` is the method and path of a request, or the path of a socket; ``content`` headers and body, or a
    frame."""

    where: str
    content: bytes = field(repr=False)


class Recorder:
    def __init__(self, stack: EmbeddedStack) -> None:
        self._stack = stack
        self._http = requests.Session()
        self._http.trust_env = False
        self.said: list[Said] = []

    def call(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        token: str | None = None,
        bearer: str = "",
        cookies: Mapping[str, str] | None = None,
        **query: Any,
    ) -> requests.Response:
        """With the relay's API token, unless there is another credential; ``token`` "" sends none."""
        headers = {"Authorization": f"Bearer {bearer}"} if bearer else {}
        if not bearer and not cookies:
            headers["X-API-Token"] = self._stack.api_token if token is None else token
        answer = self._http.request(
            method,
            self._stack.base_url + path,
            json=body,
            params=query,
            headers=headers,
            cookies=dict(cookies or {}),
            timeout=30,
            allow_redirects=False,
        )
        self._http.cookies.clear()
        told = "".join(f"{name}: {value}\n" for name, value in answer.headers.items())
        self.said.append(Said(f"{method} {path}", told.encode() + answer.content))
        return answer

    def done(self, method: str, path: str, body: Any = None, **options: Any) -> Any:
        """The JSON of a call that has to succeed."""
        answer = self.call(method, path, body, **options)
        assert answer.ok, f"{method} {path}: {answer.status_code} {answer.text[:500]}"
        return answer.json() if "json" in answer.headers.get("Content-Type", "") else answer.content

    async def talk(
        self, path: str, messages: list[Any], *, headers: Mapping[str, str] | None = None, **query: str
    ) -> list[str]:
        """Open a socket, say each message and keep what is answered; a refused handshake is kept as well."""
        told: list[str] = []
        origin = {"Origin": self._stack.base_url, **(headers or {})}
        async with aiohttp.ClientSession() as session:
            try:
                async with session.ws_connect(self._stack.base_url + path, params=query, headers=origin) as socket:
                    for message in messages:
                        await socket.send_str(message if isinstance(message, str) else json.dumps(message))
                        told.append(await socket.receive_str(timeout=FRAME_WITHIN_SECONDS))
            except aiohttp.WSServerHandshakeError as refused:
                told.append(f"{refused.status} {refused.message}")
        self.said += [Said(f"WS {path}", frame.encode()) for frame in told]
        return told
