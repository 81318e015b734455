"""ByteDance's single sign-on by QR code, as Toutiao uses it. Sources differ in how they number the states, so an
address to go on to counts as confirmed, whatever the number beside it."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Mapping

from shared.accounts.platforms.budget import BudgetedGets, StepFailed
from shared.accounts.platforms.definition import QrLogin
from shared.accounts.platforms.qr_flows import NewCode, Progress, data_of, text_of, with_query
from shared.accounts.platforms.set_cookies import with_set_cookies
from shared.accounts.probing import LoginOutcome

MAX_PICTURE_CHARACTERS = 200_000
_PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_SESSION_COOKIES = ("sessionid", "sid_tt")
_STATES = {
    "1": LoginOutcome.WAITING,
    "new": LoginOutcome.WAITING,
    "2": LoginOutcome.SCANNED,
    "scanned": LoginOutcome.SCANNED,
    "4": LoginOutcome.REFUSED,
    "refused": LoginOutcome.REFUSED,
    "5": LoginOutcome.EXPIRED,
    "expired": LoginOutcome.EXPIRED,
}
_REASONS = {
    LoginOutcome.REFUSED: "the login was refused on the phone",
    LoginOutcome.EXPIRED: "the QR code has expired",
}


class ByteDanceFlow:
    """The state is ``data.status``, a number or a word; the login itself waits behind ``data.redirect_url``."""

    def __init__(self, now_seconds: Callable[[], float]) -> None:
        self._now_seconds = now_seconds

    def generate(self, gets: BudgetedGets, login: QrLogin) -> NewCode:
        response = gets.get(with_query(login.generate_url, {"service": login.service or ""}))
        data = data_of(response, "error_code")
        token, content = text_of(data, "token"), text_of(data, "qrcode_index_url", 1_000)
        picture = _picture(text_of(data, "qrcode", MAX_PICTURE_CHARACTERS))
        if not token or not (content or picture):
            raise StepFailed("the platform answered without a QR code")
        return NewCode(token, content, picture, with_set_cookies({}, response.set_cookies, self._now_seconds()))

    def look(self, gets: BudgetedGets, login: QrLogin, token: str, cookies: Mapping[str, str]) -> Progress:
        fields = {"token": token, "service": login.service or "", "need_callback": "1"}
        response = gets.get(with_query(login.poll_url, fields), cookies)
        data = data_of(response, "error_code")
        redirect_url = text_of(data, "redirect_url")
        if redirect_url:
            gathered = with_set_cookies(cookies, response.set_cookies, self._now_seconds())
            return Progress(LoginOutcome.DONE, cookies=gathered, follow_url=redirect_url)
        outcome = _STATES.get(str(data.get("status", "")).lower(), LoginOutcome.UNKNOWN)
        return Progress(outcome, _REASONS.get(outcome, "" if outcome in _STATES.values() else _NOT_KNOWN))

    def is_complete(self, cookies: Mapping[str, str]) -> bool:
        return any(cookies.get(name) for name in _SESSION_COOKIES)


_NOT_KNOWN = "the platform answered with a state that is not known"


def _picture(text: str) -> bytes | None:
    try:
        picture = base64.b64decode(text.removeprefix("data:image/png;base64,"), validate=True)
    except (binascii.Error, ValueError):
        return None
    return picture if picture.startswith(_PNG_SIGNATURE) else None
