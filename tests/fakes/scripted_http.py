"""An HttpClient that plays prepared answers and keeps what it was asked."""

from __future__ import annotations

import json as json_codec
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from requests.structures import CaseInsensitiveDict

from shared.platforms.http import HttpResponse


@dataclass(frozen=True)
class SentRequest:
    method: str
    url: str
    json: Any
    data: Any
    files: Any
    headers: Mapping[str, str]
    timeout_seconds: float

    @property
    def body(self) -> Any:
        """The JSON of the request, however it was handed over."""
        return json_codec.loads(self.data) if isinstance(self.data, bytes) else self.json


Scripted: TypeAlias = HttpResponse | Exception | Callable[[SentRequest], HttpResponse]


def answer(status: int, value: Any, headers: Mapping[str, str] | None = None) -> HttpResponse:
    """An answer with a JSON body, or with ``value`` itself when it is bytes."""
    body = value if isinstance(value, bytes) else json_codec.dumps(value).encode()
    return HttpResponse(status, CaseInsensitiveDict(headers or {}), body)


@dataclass
class ScriptedHttp:
    """Plays ``script`` in order; a request more than scripted fails the test."""

    script: list[Scripted]
    requests: list[SentRequest] = field(default_factory=list)

    def request(
        self,
        method: str,
        url: str,
        *,
        json: Any = None,
        data: Any = None,
        files: Any = None,
        headers: Mapping[str, str] | None = None,
        timeout_seconds: float = 10.0,
        max_response_bytes: int = 1_048_576,
    ) -> HttpResponse:
        request = SentRequest(method, url, json, data, files, dict(headers or {}), timeout_seconds)
        self.requests.append(request)
        assert self.script, f"a request more than the test expects: {method}"
        step = self.script.pop(0)
        if isinstance(step, Exception):
            raise step
        return step if isinstance(step, HttpResponse) else step(request)
