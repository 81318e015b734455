"""A third party's server: it checks both forms of signature with code of its own, and may be told to fail."""

from __future__ import annotations

import hashlib
import hmac
import json
from typing import Any, ClassVar

from tests.standins.server import Answer, RecordedRequest, StandInServer

SECRET = "your-secret-key"
PATH = "/callback"


class ThirdPartyStandIn(StandInServer):
    name: ClassVar[str] = "third-party"

    def __init__(self, form: str = "") -> None:
        super().__init__()
        self.form = form
        self.told: list[dict[str, Any]] = []

    @property
    def url(self) -> str:
        return self.base_url + PATH

    def respond(self, request: RecordedRequest) -> Answer:
        if not self._is_signed(request):
            return Answer.of_json({"code": 401, "message": "wrong signature"})
        with self.lock:
            self.told.append(json.loads(request.body))
            self.lock.notify_all()
        return Answer.of_json({"code": 0, "message": "success"})

    def _is_signed(self, request: RecordedRequest) -> bool:
        given = str(request.headers.get("X-Signature", ""))
        if not self.form:
            return given == ""
        # As JavaScript's JSON.stringify(JSON.parse(body)) writes it.
        text = json.dumps(json.loads(request.body), ensure_ascii=False, separators=(",", ":"))
        if self.form == "robot_body_time":
            text = f"{request.headers['X-Robot-Id']}:{text}:{request.headers['X-Timestamp']}"
        expected = hmac.new(SECRET.encode(), text.encode(), hashlib.sha256).hexdigest()
        return hmac.compare_digest(expected, given)
