"""Stand-in for the four content platforms: what their sites answer to a health probe and to a login by QR code.

One server takes the place of all their hosts, told apart by path. A probe is answered by the cookies in the request:
``issue`` makes one that is logged in, ``revoke`` ends it. ``behave`` makes a platform answer in the way of its risk
control, with its login page and so on, whatever the cookie.
"""

from __future__ import annotations

from collections.abc import Mapping
from http.cookies import SimpleCookie
from typing import ClassVar, Literal, TypeAlias

from tests.standins.content_platform_logins import BilibiliLogins, ToutiaoLogins
from tests.standins.server import Answer, RecordedRequest, StandInServer, run_stand_in

Behaviour: TypeAlias = Literal["ordinary", "risk_control", "login_redirect", "other_redirect", "html", "broken", "odd"]

PLATFORMS = ("bilibili", "douyin", "toutiao", "xiaohongshu")
SESSION_COOKIES = {
    "bilibili": "SESSDATA",
    "douyin": "sessionid",
    "toutiao": "sessionid",
    "xiaohongshu": "galaxy_creator_session_id",
}
_PROBES = {
    "/x/web-interface/nav": "bilibili",
    "/web/api/media/user/info/": "douyin",
    "/mp/agw/media/get_media_info": "toutiao",
    "/api/galaxy/user/info": "xiaohongshu",
}
_LOGIN_PAGES = {
    "bilibili": "https://passport.bilibili.com/login?gourl=https%3A%2F%2Fwww.bilibili.com",
    "douyin": "https://creator.douyin.com/login",
    "toutiao": "https://mp.toutiao.com/auth/page/login",
    "xiaohongshu": "/login",
}
_PAGE = b"<!DOCTYPE html><html><head><title>\xe8\xaf\xb7\xe7\xa8\x8d\xe5\x80\x99</title></head></html>"


class ContentPlatformsStandIn(StandInServer):
    name: ClassVar[str] = "content-platforms"

    def __init__(self, host: str = "127.0.0.1", port: int = 0) -> None:
        super().__init__(host, port)
        self._sessions: dict[tuple[str, str], str] = {}
        self._behaviour: dict[str, Behaviour] = {}
        self.bilibili = BilibiliLogins(self.lock, self.issue)
        self.toutiao = ToutiaoLogins(self.lock, self.issue)

    # --- what a test uses ---

    def issue(self, platform: str, value: str, user_name: str = "小明") -> str:
        """A cookie that is logged in, as a Cookie header has it."""
        with self.lock:
            self._sessions[platform, value] = user_name
        more = "; bili_jct=csrf-of-it" if platform == "bilibili" else ""
        return f"{SESSION_COOKIES[platform]}={value}{more}"

    def revoke(self, platform: str, value: str) -> None:
        with self.lock:
            self._sessions.pop((platform, value), None)

    def behave(self, platform: str, behaviour: Behaviour) -> None:
        with self.lock:
            self._behaviour[platform] = behaviour

    # --- what the platforms do ---

    def respond(self, request: RecordedRequest) -> Answer:
        platform = _PROBES.get(request.path)
        if platform is not None:
            return self._probe(platform, request)
        answer = self.bilibili.respond(request) or self.toutiao.respond(request)
        return answer or Answer(404, _PAGE, {"Content-Type": "text/html"})

    def _probe(self, platform: str, request: RecordedRequest) -> Answer:
        if "Mozilla" not in request.headers.get("User-Agent", "") or not request.headers.get("Referer"):
            return Answer(200, _PAGE, {"Content-Type": "text/html; charset=utf-8"})
        with self.lock:
            behaviour = self._behaviour.get(platform, "ordinary")
            user_name = self._sessions.get((platform, cookies_of(request).get(SESSION_COOKIES[platform], "")))
        if behaviour != "ordinary":
            return _misbehaviour(platform, behaviour)
        return _logged_in(platform, user_name) if user_name is not None else _expired(platform)


def cookies_of(request: RecordedRequest) -> Mapping[str, str]:
    return {name: morsel.value for name, morsel in SimpleCookie(request.headers.get("Cookie", "")).items()}


def _logged_in(platform: str, user_name: str) -> Answer:
    if platform == "bilibili":
        data = {"isLogin": True, "mid": 1234567, "uname": user_name, "face": "https://i0.hdslb.com/face.jpg"}
        return Answer.of_json({"code": 0, "message": "0", "ttl": 1, "data": data})
    if platform == "toutiao":
        return Answer.of_json(
            {"code": 0, "message": "success", "data": {"user": {"id": 778, "screen_name": user_name}}}
        )
    if platform == "douyin":
        user = {"sec_uid": "MS4wLjAB", "uid": "9001", "nickname": user_name}
        return Answer.of_json({"status_code": 0, "user": user})
    data = {"userId": "5f0c", "userName": user_name, "redId": "red-1"}
    return Answer.of_json({"success": True, "code": 0, "msg": "成功", "data": data})


def _expired(platform: str) -> Answer:
    if platform == "bilibili":
        return Answer.of_json({"code": -101, "message": "账号未登录", "ttl": 1, "data": {"isLogin": False}})
    if platform == "toutiao":
        return Answer.of_json({"code": 100004, "message": "user not login"})
    if platform == "douyin":
        return Answer.of_json({"status_code": 8, "status_msg": "用户未登录"})
    return Answer.of_json({"success": False, "code": -100, "msg": "登录已过期"}, status=401)


def _risk_control(platform: str) -> Answer:
    if platform == "bilibili":
        return Answer.of_json({"code": -352, "message": "-352", "ttl": 1, "data": {"v_voucher": "voucher_1"}})
    if platform == "xiaohongshu":
        return Answer.of_json({"success": False, "code": 300012, "msg": "网络连接异常"}, status=471)
    location = f"https://verify.{platform}.com/captcha?from=https%3A%2F%2Fsso.{platform}.com%2Flogin"
    return Answer(302, b"", {"Location": location})


def _misbehaviour(platform: str, behaviour: Behaviour) -> Answer:
    if behaviour == "risk_control":
        return _risk_control(platform)
    if behaviour == "login_redirect":
        return Answer(302, b"", {"Location": _LOGIN_PAGES[platform]})
    if behaviour == "other_redirect":
        return Answer(302, b"", {"Location": f"https://www.{platform}.com/maintenance?back=%2Flogin"})
    if behaviour == "html":
        return Answer(200, _PAGE, {"Content-Type": "text/html; charset=utf-8"})
    if behaviour == "broken":
        return Answer(502, b"Bad Gateway")
    return Answer.of_json({"code": 10013, "status_code": 4, "success": False, "message": "参数错误"})


if __name__ == "__main__":
    run_stand_in(ContentPlatformsStandIn)
