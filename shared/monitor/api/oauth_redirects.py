"""The way to an OAuth provider and back: the same for signing in and for binding an account."""

from __future__ import annotations

from flask import redirect, request
from werkzeug.wrappers import Response

from shared.monitor.api.answers import ORIGINAL_HOST_HEADER
from shared.monitor.oauth import STATE_COOKIE, STATE_SECONDS, StartedSignIn


def callback_url(public_url: str) -> str:
    """Where the provider sends the browser back to; without ``public_url`` on the host that the caller used."""
    host = request.headers.get(ORIGINAL_HOST_HEADER, "") or request.host
    return f"{public_url or f'{request.scheme}://{host}'}/api/oauth_callback"


def to_provider(started: StartedSignIn) -> Response:
    """Send the browser on its way, with the state it has to bring back in a cookie that no script reads."""
    response = redirect(started.url)
    response.set_cookie(
        STATE_COOKIE,
        started.state,
        max_age=STATE_SECONDS,
        path="/",
        httponly=True,
        samesite="Lax",
        secure=request.scheme == "https",
    )
    return response
