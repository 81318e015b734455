"""Bilibili's login by QR code. Source: bilibili-API-collect, docs/login/login_action/QR.md; public-clis/bilibili-cli
pull request 27 for the ticket."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from urllib.parse import urlsplit

from shared.accounts.platforms.budget import BudgetedGets, StepFailed
from shared.accounts.platforms.definition import QrLogin
from shared.accounts.platforms.qr_flows import NewCode, Progress, data_of, text_of, with_query
from shared.accounts.platforms.set_cookies import with_set_cookies
from shared.accounts.probing import LoginOutcome

# In the query of the address that a confirmed login names, next to fields that are no cookies.
_COOKIES_IN_QUERY = frozenset({"SESSDATA", "bili_jct", "DedeUserID", "DedeUserID__ckMd5", "sid"})
_PENDING = {86101: LoginOutcome.WAITING, 86090: LoginOutcome.SCANNED}
_EXPIRED = 86038


class BilibiliFlow:
    """The state is ``data.code``; HTTP status and the outer code are always 200 and 0."""

    def __init__(self, now_seconds: Callable[[], float]) -> None:
        self._now_seconds = now_seconds

    def generate(self, gets: BudgetedGets, login: QrLogin) -> NewCode:
        data = data_of(gets.get(login.generate_url), "code")
        url, token = text_of(data, "url", 1_000), text_of(data, "qrcode_key")
        if not url or not token:
            raise StepFailed("the platform answered without a QR code")
        return NewCode(token, url)

    def look(self, gets: BudgetedGets, login: QrLogin, token: str, cookies: Mapping[str, str]) -> Progress:
        response = gets.get(with_query(login.poll_url, {"qrcode_key": token}), cookies)
        data = data_of(response, "code")
        code = data.get("code")
        if type(code) is not int:
            raise StepFailed("the platform answered without the state of the login")
        if code in _PENDING:
            return Progress(_PENDING[code])
        if code == _EXPIRED:
            return Progress(LoginOutcome.EXPIRED, "the QR code has expired, or its login was refused on the phone")
        if code != 0:
            return Progress(LoginOutcome.UNKNOWN, f"the platform answered with a state that is not known ({code})")
        # The code is spent with this answer: what it hands out has to be taken from it.
        url = text_of(data, "url")
        gathered = with_set_cookies(_from_query(url), response.set_cookies, self._now_seconds())
        return Progress(LoginOutcome.DONE, cookies=gathered, follow_url="" if self.is_complete(gathered) else url)

    def is_complete(self, cookies: Mapping[str, str]) -> bool:
        return bool(cookies.get("SESSDATA"))


def _from_query(url: str) -> dict[str, str]:
    """As they stand: a decoded SESSDATA is not accepted any more."""
    try:
        query = urlsplit(url).query
    except ValueError:
        return {}
    pairs = (pair.partition("=") for pair in query.split("&"))
    return {name: value for name, _, value in pairs if name in _COOKIES_IN_QUERY and value and ";" not in value}
