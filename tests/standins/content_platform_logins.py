"""How Bilibili and Toutiao log somebody in by QR code: a test plays the phone with scan, confirm and refuse."""

from __future__ import annotations

import base64
import secrets
import threading
from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any, ClassVar, Literal, TypeAlias
from urllib.parse import quote, urlencode

from tests.standins.assets import png_picture
from tests.standins.server import Answer, RecordedRequest

Progress: TypeAlias = Literal["new", "scanned", "confirmed", "refused", "expired", "used"]


class _QrLogins(ABC):
    """Codes by token. ``issue`` (platform, cookie value) makes the cookie of a login count."""

    def __init__(self, lock: threading.Condition, issue: Callable[[str, str], Any]) -> None:
        self._lock = lock
        self._issue = issue
        self._codes: dict[str, Progress] = {}
        self.tokens: list[str] = []

    def scan(self, token: str) -> None:
        self._set(token, "scanned")

    def confirm(self, token: str) -> None:
        self._set(token, "confirmed")

    def refuse(self, token: str) -> None:
        self._set(token, "refused")

    def expire(self, token: str) -> None:
        self._set(token, "expired")

    @abstractmethod
    def respond(self, request: RecordedRequest) -> Answer | None:
        """None for a path of somebody else."""

    def _set(self, token: str, progress: Progress) -> None:
        with self._lock:
            assert token in self._codes, "there is no such code"
            self._codes[token] = progress

    def _new_token(self) -> str:
        token = secrets.token_hex(16)
        with self._lock:
            self._codes[token] = "new"
            self.tokens.append(token)
        return token

    def _progress(self, token: str) -> Progress:
        """A confirmed code counts once."""
        with self._lock:
            progress = self._codes.get(token, "expired")
            if progress == "confirmed":
                self._codes[token] = "used"
        return "expired" if progress == "used" else progress


class BilibiliLogins(_QrLogins):
    """``delivery`` is how a confirmed login hands its cookies out: in the answer's headers, in its URL's query, or by
    a ticket for the sister site."""

    _GENERATE = "/x/passport-login/web/qrcode/generate"
    _POLL = "/x/passport-login/web/qrcode/poll"
    _TICKET = "/x/passport-login/web/crossDomain"
    _CODES: ClassVar = {
        "new": (86101, "未扫码"),
        "scanned": (86090, "二维码已扫码未确认"),
        "refused": (86038, "二维码已失效"),
    }

    def __init__(self, lock: threading.Condition, issue: Callable[[str, str], Any]) -> None:
        super().__init__(lock, issue)
        self.delivery: Literal["headers", "query", "ticket"] = "headers"
        self.ticket_host = "passport.biligame.com"
        self._tickets: dict[str, str] = {}

    def respond(self, request: RecordedRequest) -> Answer | None:
        if request.path not in (self._GENERATE, self._POLL, self._TICKET):
            return None
        if "Mozilla" not in request.headers.get("User-Agent", ""):
            return Answer(412, b"<html>412</html>", {"Content-Type": "text/html"})
        if request.path == self._GENERATE:
            token = self._new_token()
            url = f"https://account.bilibili.com/h5/account-h5/auth/scan-web?qrcode_key={token}"
            return _bilibili({"url": url, "qrcode_key": token})
        if request.path == self._POLL:
            return self._poll(request.query.get("qrcode_key", [""])[0])
        return self._hand_out(request.query.get("ticket", [""])[0])

    def _poll(self, token: str) -> Answer:
        progress = self._progress(token)
        if progress != "confirmed":
            code, message = self._CODES.get(progress, (86038, "二维码已失效"))
            return _bilibili({"url": "", "refresh_token": "", "timestamp": 0, "code": code, "message": message})
        session = f"sess%2C{token[:8]}%2A11"
        self._issue("bilibili", session)
        cookies = [f"SESSDATA={session}", "bili_jct=csrf1", "DedeUserID=1234567", "DedeUserID__ckMd5=ck1", "sid=sid1"]
        url, headers = "https://passport.biligame.com/crossDomain", {}
        if self.delivery == "headers":
            headers = _set_cookies(cookies, "bilibili.com")
        elif self.delivery == "query":
            url += "?" + "&".join([*cookies, "Expires=15551000", "gourl=https%3A%2F%2Fwww.bilibili.com"])
        else:
            with self._lock:
                self._tickets[f"ticket-{token}"] = session
            url = f"https://{self.ticket_host}/x/passport-login/web/crossDomain?ticket=ticket-{token}"
        data = {"url": url, "refresh_token": "refresh1", "timestamp": 1_790_000_000_000, "code": 0, "message": ""}
        return Answer.of_json({"code": 0, "message": "0", "ttl": 1, "data": data}, headers=headers)

    def _hand_out(self, ticket: str) -> Answer:
        with self._lock:
            session = self._tickets.pop(ticket, None)
        if session is None:
            return Answer.of_json({"code": -400, "message": "请求错误"})
        headers = _set_cookies([f"SESSDATA={session}", "bili_jct=csrf1", "DedeUserID=1234567"], "bilibili.com")
        return Answer(302, b"", {**headers, "Location": "https://www.bilibili.com/"})


class ToutiaoLogins(_QrLogins):
    """``redirect_host`` is where the SSO sends a confirmed login. The cookie that comes with a code has to come back
    with everything that is asked about it."""

    def __init__(self, lock: threading.Condition, issue: Callable[[str, str], Any]) -> None:
        super().__init__(lock, issue)
        self.redirect_host = "mp.toutiao.com"
        self._tickets: dict[str, str] = {}

    def respond(self, request: RecordedRequest) -> Answer | None:
        if request.path == "/get_qrcode/":
            return self._generate(request)
        if request.path == "/check_qrconnect/":
            return self._check(request.query.get("token", [""])[0], request)
        if request.path == "/auth/sso/callback/":
            return self._callback(request.query.get("ticket", [""])[0], request)
        if request.path == "/profile_v4/":
            return Answer(200, b"<html>profile</html>", {"Content-Type": "text/html"})
        return None

    def _generate(self, request: RecordedRequest) -> Answer:
        if request.query.get("service") != ["https://mp.toutiao.com"]:
            return Answer.of_json({"error_code": 1, "description": "参数错误", "message": "error"})
        picture = base64.b64encode(png_picture()).decode()
        token = self._new_token()
        data = {"token": token, "qrcode": picture, "qrcode_index_url": "https://sso.toutiao.com/scan/abc"}
        return Answer.of_json(
            {"error_code": 0, "description": "", "message": "success", "data": data},
            headers={"Set-Cookie": f"{_csrf(token)}; Path=/; Domain=toutiao.com; HttpOnly"},
        )

    def _check(self, token: str, request: RecordedRequest) -> Answer:
        if _csrf(token) not in request.headers.get("Cookie", ""):
            return Answer.of_json({"error_code": 2, "description": "参数错误", "message": "error"})
        progress = self._progress(token)
        status = {"new": "1", "scanned": "2", "confirmed": "3", "refused": "4"}.get(progress, "5")
        data = {"status": status}
        if progress == "confirmed":
            with self._lock:
                self._tickets[f"t-{token}"] = f"tt-session-{token[:8]}"
            query = urlencode({"ticket": f"t-{token}", "next": "https://mp.toutiao.com"}, quote_via=quote)
            data["redirect_url"] = f"https://{self.redirect_host}/auth/sso/callback/?{query}"
        return Answer.of_json(
            {"error_code": 0, "message": "success", "data": data},
            headers={"Set-Cookie": "sso_uid=sso-9; Path=/; Domain=sso.toutiao.com; HttpOnly"},
        )

    def _callback(self, ticket: str, request: RecordedRequest) -> Answer:
        with self._lock:
            session = self._tickets.pop(ticket, None)
        if session is None or _csrf(ticket.removeprefix("t-")) not in request.headers.get("Cookie", ""):
            return Answer(302, b"", {"Location": "https://mp.toutiao.com/auth/page/login"})
        self._issue("toutiao", session)
        headers = _set_cookies([f"sessionid={session}", f"sid_tt={session}", "uid_tt=uid1"], "toutiao.com")
        return Answer(302, b"", {**headers, "Location": "/profile_v4/"})


def _csrf(token: str) -> str:
    return f"passport_csrf_token=csrf-{token[-8:]}"


def _bilibili(data: dict[str, Any]) -> Answer:
    return Answer.of_json({"code": 0, "message": "0", "ttl": 1, "data": data})


def _set_cookies(cookies: list[str], domain: str) -> dict[str, str]:
    """Several Set-Cookie lines in a mapping: one spelling each, the same header to whoever reads it."""
    spellings = ("Set-Cookie", "set-cookie", "SET-COOKIE", "Set-cookie", "sEt-cookie")
    attributes = f"; Path=/; Domain={domain}; Expires=Wed, 19 May 2027 10:00:00 GMT; HttpOnly"
    return dict(zip(spellings, (cookie + attributes for cookie in cookies), strict=False))
