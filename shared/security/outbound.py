"""The guard on outgoing HTTP: no URL that a user can influence reaches this machine's own network (SSRF).

The host name is resolved once, **every** address it resolves to is judged, and the connection is made to a judged
address while the Host header and the TLS server name stay the ones asked for. There is no moment between check and
connection in which the answer of DNS could change. Redirects are never followed, nothing is read from the
environment, cookies are not kept.

``guarded_session`` gives a requests Session like that. Its ``timeout`` is the deadline of the whole exchange in
seconds of wall clock: name lookup, connection, TLS, sending and every byte of the answer, so that a server trickling
one byte at a time holds nobody up. Its failures are of two kinds, and hold no URL:
``RequestNotSent`` and ``AnswerLost``.
"""

from __future__ import annotations

import logging
from http.cookiejar import DefaultCookiePolicy

import requests

from shared.security.outbound_guard import DestinationRefused, OutboundGuard
from shared.security.outbound_transport import AnswerLost, GuardedAdapter, RequestNotSent

__all__ = ["AnswerLost", "DestinationRefused", "OutboundGuard", "RequestNotSent", "guarded_session"]


def guarded_session(guard: OutboundGuard, proxy: str = "") -> requests.Session:
    """A session whose every request passes the guard; safe to share between threads.

    With ``proxy`` (an http or https URL set by the operator) the proxy resolves the names and is the guard for
    them; scheme, user info and literal addresses are still judged here, and the proxy itself is not.
    """
    session = _RedirectlessSession()
    session.trust_env = False
    session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=()))
    adapter = GuardedAdapter(guard)
    session.mount("http://", adapter)
    session.mount("https://", adapter)
    if proxy:
        session.proxies = {"http": proxy, "https": proxy}
    # urllib3 logs the path of every request, and on most platforms the path holds the credential.
    logging.getLogger("urllib3.connectionpool").addFilter(_drop_record)
    logging.getLogger("urllib3.connection").addFilter(_drop_record)
    return session


def _drop_record(_record: logging.LogRecord) -> bool:
    return False


class _RedirectlessSession(requests.Session):
    def get_redirect_target(self, resp: requests.Response) -> None:
        """None for every answer: a redirect is an answer like any other."""
