"""The identity of the request being answered, the private site, and CORS."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Protocol, cast

from flask import Flask, Request, Response, g, request

from shared.monitor.api.answers import caller
from shared.monitor.identity import (
    SESSION_COOKIE,
    SHARE_COOKIE,
    Identities,
    Identity,
    is_shut,
    share_cookie_opens,
)
from shared.monitor.settings import SiteSettings
from shared.web.authentication import Authenticator, Principal
from shared.web.errors import ApiError


class ReadsSettings(Protocol):
    def get(self) -> SiteSettings: ...


class MonitorAuthenticator(Authenticator):
    """For views that are not open: the administrator, by session or API key."""

    def __init__(self, gate: MonitorGate) -> None:
        super().__init__(())
        self._gate = gate

    def authenticate(self, request: Request) -> Principal:
        """Raises ApiError UNAUTHORIZED."""
        identity = self._gate.identity()
        if not identity.is_admin:
            raise ApiError("UNAUTHORIZED")
        return Principal("administrator", "session" if identity.session else "api_key")


class MonitorGate:
    """Reads settings and identity once a request. ``clock`` gives epoch seconds."""

    def __init__(self, settings: ReadsSettings, identities: Identities, clock: Callable[[], float] = time.time) -> None:
        self._settings = settings
        self._identities = identities
        self._clock = clock

    def register(self, app: Flask) -> None:
        app.before_request(self._check_private_site)
        app.after_request(self._allow_other_origins)

    def site(self) -> SiteSettings:
        if "monitor_site" not in g:
            g.monitor_site = self._settings.get()
        return cast(SiteSettings, g.monitor_site)

    def identity(self) -> Identity:
        if "monitor_identity" not in g:
            g.monitor_identity = self._identities.identify(
                self.site(),
                authorization=request.headers.get("Authorization", ""),
                session_token=request.cookies.get(SESSION_COOKIE, ""),
                node_token=request.args.get("token", ""),
                caller=caller(),
            )
        return cast(Identity, g.monitor_identity)

    def is_shared(self) -> bool:
        """Whether a shared link opened the private site for this browser."""
        return share_cookie_opens(self.site(), request.cookies.get(SHARE_COOKIE, ""), self._clock())

    def _check_private_site(self) -> None:
        site = self.site()
        if site.private_site and is_shut(site, request.path, self.identity(), shared=self.is_shared()):
            raise ApiError("PRIVATE_SITE")

    def _allow_other_origins(self, response: Response) -> Response:
        site = g.get("monitor_site")
        if site is not None and site.allow_cors:
            response.headers["Access-Control-Allow-Origin"] = "*"
        return response
