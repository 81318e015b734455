"""The accounts API as its users call it."""

from __future__ import annotations

import itertools
from typing import Any

import requests

from tests import documented
from tests.embedded import EmbeddedStack
from tests.standins.content_platforms import ContentPlatformsStandIn


def _is_no_route(answer: requests.Response) -> bool:
    return answer.status_code == 405 or (answer.status_code == 404 and answer.json()["error"]["code"] == "NOT_FOUND")


class Caller:
    """Every answer of the API is held against its OpenAPI document."""

    def __init__(self, stack: EmbeddedStack, platforms: ContentPlatformsStandIn) -> None:
        self.stack = stack
        self.platforms = platforms
        self._http = requests.Session()
        self._http.trust_env = False
        self._numbers = itertools.count(1)
        self._documented = documented.load("accounts.json")

    def call(
        self, method: str, path: str, body: Any = None, *, token: str | None = "", language: str = "en", **options: Any
    ) -> requests.Response:
        """``token`` None sends none, "" the right one."""
        headers = {"Accept-Language": language}
        if token is not None:
            headers["X-API-Token"] = token or self.stack.api_token
        url = self.stack.base_url + path
        answer = self._http.request(method, url, json=body, headers=headers, timeout=60, **options)
        if path.startswith("/api/v1/") and not _is_no_route(answer):
            media_type = answer.headers.get("Content-Type", "")
            self._documented.check(method, path, answer.status_code, media_type, answer.content)
        return answer

    def call_raw(self, method: str, path: str, body: str) -> requests.Response:
        """With a body that is sent as it stands."""
        headers = {"Accept-Language": "en", "X-API-Token": self.stack.api_token, "Content-Type": "application/json"}
        return self._http.request(method, self.stack.base_url + path, data=body, headers=headers, timeout=60)

    def done(self, method: str, path: str, body: Any = None, **options: Any) -> Any:
        """The data of a call that has to succeed."""
        answer = self.call(method, path, body, **options)
        assert answer.status_code == 200, f"{method} {path}: {answer.status_code} {answer.text[:500]}"
        assert answer.json()["success"] is True
        return answer.json()["data"]

    def refused(self, status: int, code: str, method: str, path: str, body: Any = None, **options: Any) -> Any:
        """The error of a call that has to be refused, its form checked."""
        answer = self.call(method, path, body, **options)
        assert answer.status_code == status, answer.text
        found = answer.json()
        assert found.keys() == {"success", "error"}
        assert found["success"] is False
        assert found["error"].keys() == {"code", "message", "details"}
        assert found["error"]["code"] == code, found
        assert found["error"]["message"]
        assert found["error"]["details"]["hint"]
        return found["error"]

    def number(self) -> int:
        return next(self._numbers)

    def new_account(self, platform: str = "douyin", *, active: bool = False, **fields: Any) -> str:
        """A cookie that the stand-in knows."""
        cookie = self.platforms.issue(platform, f"value-{self.number()}", "小明")
        body = {"platform": platform, "cookie_data": cookie, **fields}
        account_id = str(self.done("POST", "/api/v1/accounts", body)["account_id"])
        if active:
            self.done("PUT", f"/api/v1/accounts/{account_id}", {"status": "active"})
        return account_id

    def new_pool(self, members: int = 0, platform: str = "douyin", **fields: Any) -> tuple[str, list[str]]:
        body = {"name": f"pool {self.number()}", "platform": platform, **fields}
        pool_id = str(self.done("POST", "/api/v1/pools", body)["pool_id"])
        accounts = [self.new_account(platform, active=True) for _ in range(members)]
        for account_id in accounts:
            self.done("POST", f"/api/v1/pools/{pool_id}/members", {"account_id": account_id})
        return pool_id, accounts
