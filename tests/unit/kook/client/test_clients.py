"""One client per bot token."""

from __future__ import annotations

from typing import Any

import pytest

from shared.kook.client.client import KookClients
from shared.kook.client.errors import KookRateLimited
from shared.platforms.http import HttpResponse


class CountingHttp:
    """Answers every request with the last one of its bucket."""

    def __init__(self) -> None:
        self.authorizations: list[str] = []

    def request(self, method: str, url: str, **content: Any) -> HttpResponse:
        self.authorizations.append(content["headers"]["Authorization"])
        headers = {"X-Rate-Limit-Remaining": "0", "X-Rate-Limit-Reset": "60"}
        return HttpResponse(200, headers, b'{"code": 0, "message": "", "data": {}}')


def test_what_was_learnt_of_a_token_is_kept_for_that_token_alone() -> None:
    http = CountingHttp()
    clients = KookClients(http, "https://kook.invalid/api/v3")
    clients.of_bot("first").online()
    with pytest.raises(KookRateLimited):
        clients.of_bot("first").online()
    clients.of_bot("second").online()
    assert http.authorizations == ["Bot first", "Bot second"]


def test_the_least_recently_used_client_gives_way() -> None:
    clients = KookClients(CountingHttp(), "https://kook.invalid/api/v3", max_clients=2)
    first, second = clients.of_bot("first"), clients.of_bot("second")
    assert clients.of_bot("first") is first
    clients.of_bot("third")
    assert clients.of_bot("first") is first
    assert clients.of_bot("second") is not second
