"""Calling the robots API of an embedded stack: signing in with the code the console shows, activating devices."""

from __future__ import annotations

import re
import uuid
from dataclasses import dataclass
from typing import Any

import requests

from tests import documented
from tests.embedded import REPOSITORY_ROOT, EmbeddedStack, eventually

ADMIN_PASSWORD = "robots-first-password"
ADMIN_PHONE = "13900009999"
DOCUMENT = REPOSITORY_ROOT / "docs" / "api" / "robots.json"
ROBOTS_PATHS = ("/api/user/", "/api/robot", "/api/admin/")
DEVICE = {"brand": "Xiaomi", "model": "Mi 10", "os": "Android", "osVersion": "13", "totalMemory": 8192}


@dataclass(frozen=True, slots=True)
class SignedIn:
    user_id: int
    token: str
    refresh_token: str
    phone: str


@dataclass(frozen=True, slots=True)
class Activated:
    robot_id: str
    token: str
    refresh_token: str
    code: str
    device_id: str


class RobotsStack:
    def __init__(self, stack: EmbeddedStack) -> None:
        self.stack = stack
        self._documented = documented.load(DOCUMENT)
        self._phones = iter(f"1380000{number:04d}" for number in range(1, 10_000))

    def call(
        self, method: str, path: str, body: Any = None, *, token: str | None = None, **query: Any
    ) -> requests.Response:
        """Every answer of the robots' API is held against its OpenAPI document, whatever the test asks about it."""
        answer = self.send(method, path, body, token=token, **query)
        if path.startswith(ROBOTS_PATHS):
            self._documented.check(method, path, answer.status_code, answer.headers["Content-Type"], answer.content)
        return answer

    def send(
        self, method: str, path: str, body: Any = None, *, token: str | None = None, **query: Any
    ) -> requests.Response:
        """For paths that no document has."""
        headers = {"Accept-Language": "zh-CN"} | ({} if token is None else {"Authorization": f"Bearer {token}"})
        url = self.stack.base_url + path
        return requests.request(method, url, json=body, params=query, headers=headers, timeout=30)

    def data(self, method: str, path: str, body: Any = None, *, token: str | None = None, **query: Any) -> Any:
        """The data of an answer that has to be a success."""
        answer = self.call(method, path, body, token=token, **query)
        assert answer.status_code in (200, 201), answer.text
        return answer.json()["data"]

    def login_code(self, phone: str) -> str:
        """Ask for a login code and read it off the console."""
        assert self.data("POST", "/api/user/send-sms", {"phone": phone}) == {"expiresIn": 300}
        shown = re.compile(rf"Login code for {phone[:3]}\*\*\*\*{phone[-4:]}: ([0-9]{{6}})")
        return eventually(lambda: shown.findall(self.stack.output()))[-1]

    def new_user(self, phone: str | None = None) -> SignedIn:
        phone = phone or next(self._phones)
        data = self.data("POST", "/api/user/login", {"phone": phone, "code": self.login_code(phone)})
        return SignedIn(data["userId"], data["token"], data["refreshToken"], phone)

    def admin_token(self) -> str:
        """The one that the control plane's sign-in gives."""
        answer = self.call("POST", "/api/auth/login", {"password": ADMIN_PASSWORD})
        assert answer.status_code == 200, answer.text
        return str(answer.json()["robots_admin_token"])

    def new_code(self, user: SignedIn | None = None, days: int = 30) -> str:
        body = {"count": 1, "validityPeriod": days} | ({} if user is None else {"boundUserId": user.user_id})
        data = self.data("POST", "/api/admin/activation-codes", body, token=self.admin_token())
        return str(data["codes"][0]["code"])

    def activate(self, code: str, device_id: str) -> requests.Response:
        body = {"code": code, "deviceInfo": {**DEVICE, "deviceId": device_id}}
        return self.call("POST", "/api/robot-ids/activate", body)

    def new_robot(self, user: SignedIn) -> Activated:
        """A robot of the user's, activated by a device of its own."""
        code, device_id = self.new_code(user), uuid.uuid4().hex
        answer = self.activate(code, device_id)
        assert answer.status_code == 201, answer.text
        data = answer.json()["data"]
        return Activated(data["robotId"], data["token"], data["refreshToken"], code, device_id)
