"""Logging in by QR code: begun here, then looked at until the phone has confirmed it."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any

from shared.accounts.platforms.budget import BudgetedGets, StepFailed
from shared.accounts.platforms.catalogue import PlatformCatalogue
from shared.accounts.platforms.definition import PlatformDefinition, QrLogin
from shared.accounts.platforms.outgoing import PlatformAddresses
from shared.accounts.platforms.qr_bilibili import BilibiliFlow
from shared.accounts.platforms.qr_bytedance import ByteDanceFlow
from shared.accounts.platforms.qr_flows import CollectionInterrupted, NewCode, QrFlow, RedirectRefused, collect
from shared.accounts.probing import LoginFailed, LoginOutcome, LoginPoll, StartedLogin
from shared.platforms.http import HttpClient
from shared.web.cookies import Cookie

LOGIN_STEP_SECONDS = 7.0
BROWSER_LOGIN_SECONDS = 300
_NO_SESSION = "the login was confirmed and the platform gave no session: start again with a new QR code"
_ELSEWHERE = "the confirmed login leads to a site that the platform file does not name: nothing was sent there"


class PlatformLogins:
    """shared.accounts.probing.Logins over the platform files.

    A state is ``{token, cookies}``, the cookies those that came with the code, and ``{token, cookies, follow_url}``
    once the phone has confirmed and the way to the session was interrupted: a code counts once, so the next poll goes
    on from there. All of it is secret.
    """

    def __init__(
        self,
        catalogue: PlatformCatalogue,
        http: HttpClient,
        addresses: PlatformAddresses,
        monotonic: Callable[[], float] = time.monotonic,
        now_seconds: Callable[[], float] = time.time,
    ) -> None:
        self._catalogue = catalogue
        self._http = http
        self._addresses = addresses
        self._monotonic = monotonic
        self._now_seconds = now_seconds
        self._flows: dict[str, QrFlow] = {
            "bilibili": BilibiliFlow(now_seconds),
            "bytedance_sso": ByteDanceFlow(now_seconds),
        }

    def start(self, platform: str) -> StartedLogin:
        """Raises LoginFailed, and PlatformUnknown (a LookupError)."""
        definition = self._catalogue.definition(platform)
        login = definition.qr
        if login is None:
            return StartedLogin(definition.login_url, BROWSER_LOGIN_SECONDS)
        try:
            code = self._flows[login.flow].generate(self._gets(definition, login), login)
            picture = _picture_of(code)
        except StepFailed as failure:
            raise LoginFailed(failure.reason) from None
        url = code.content or definition.login_url
        return StartedLogin(url, login.lifetime_seconds, picture, {"token": code.token, "cookies": dict(code.cookies)})

    def poll(self, platform: str, state: Mapping[str, Any]) -> LoginPoll:
        """One look, over within LOGIN_STEP_SECONDS. Raises PlatformUnknown (a LookupError)."""
        definition = self._catalogue.definition(platform)
        login = definition.qr
        if login is None:
            return LoginPoll(LoginOutcome.UNKNOWN, "this platform's login needs a browser")
        token = state.get("token")
        if not isinstance(token, str) or not token:
            return LoginPoll(LoginOutcome.EXPIRED, "the login cannot be looked at any more: start again")
        gets = self._gets(definition, login)
        cookies, follow_url = _kept(state)
        if follow_url:
            return self._finish(definition, login, gets, token, cookies, follow_url)
        try:
            progress = self._flows[login.flow].look(gets, login, token, cookies)
        except StepFailed as failure:
            return LoginPoll(LoginOutcome.UNKNOWN, failure.reason)
        if progress.outcome is not LoginOutcome.DONE:
            return LoginPoll(progress.outcome, progress.reason)
        return self._finish(definition, login, gets, token, progress.cookies or {}, progress.follow_url)

    def _finish(
        self,
        definition: PlatformDefinition,
        login: QrLogin,
        gets: BudgetedGets,
        token: str,
        cookies: Mapping[str, str],
        follow_url: str,
    ) -> LoginPoll:
        """From a confirmed code to the session's cookies."""
        flow = self._flows[login.flow]
        gathered = dict(cookies)
        try:
            if follow_url:
                gathered = collect(gets, login, follow_url, gathered, self._now_seconds)
        except RedirectRefused:
            return LoginPoll(LoginOutcome.REFUSED, _ELSEWHERE)
        except CollectionInterrupted as interrupted:
            gathered = dict(interrupted.cookies)
            if not flow.is_complete(gathered):
                kept = {"token": token, "cookies": gathered, "follow_url": interrupted.url}
                return LoginPoll(LoginOutcome.UNKNOWN, interrupted.reason, state=kept)
        if not flow.is_complete(gathered):
            return LoginPoll(LoginOutcome.REFUSED, _NO_SESSION)
        gathered = self._landed(login, gets, gathered)
        domain = definition.cookie_domains[0]
        return LoginPoll(LoginOutcome.DONE, cookies=[Cookie(name, gathered[name], domain) for name in gathered])

    def _landed(self, login: QrLogin, gets: BudgetedGets, cookies: Mapping[str, str]) -> dict[str, str]:
        """The site's first page sets more cookies; without it the session counts all the same."""
        if login.landing_url is None:
            return dict(cookies)
        try:
            landed = collect(gets, login, login.landing_url, cookies, self._now_seconds)
        except (CollectionInterrupted, RedirectRefused):
            return dict(cookies)
        return landed if self._flows[login.flow].is_complete(landed) else dict(cookies)

    def _gets(self, definition: PlatformDefinition, login: QrLogin) -> BudgetedGets:
        return BudgetedGets(
            self._http, self._addresses, definition.name, login.headers, LOGIN_STEP_SECONDS, self._monotonic
        )


def _picture_of(code: NewCode) -> bytes:
    """The platform's own picture where it sends one: what it says may differ from the address beside it."""
    # Imported here: of all functions only a login needs it.
    from shared.accounts.platforms.qr_image import qr_png

    if code.picture is not None:
        return code.picture
    try:
        return qr_png(code.content)
    except ValueError:
        raise StepFailed("the platform's QR code is too long to be drawn") from None


def _kept(state: Mapping[str, Any]) -> tuple[Mapping[str, str], str]:
    """The cookies so far, and where to go on from once the phone has confirmed."""
    cookies, follow_url = state.get("cookies"), state.get("follow_url")
    return cookies if isinstance(cookies, dict) else {}, follow_url if isinstance(follow_url, str) else ""
