"""Who a request speaks for: an API key before a session before an agent's token before nobody."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from http.cookies import CookieError, SimpleCookie
from typing import Literal, Protocol

from shared.monitor.sessions import Caller, Session, Sessions
from shared.monitor.settings import SiteSettings, key_matches

SESSION_COOKIE, SHARE_COOKIE = "session_token", "temp_key"
_MAX_TOKEN_CHARACTERS = 256
# What a private site still answers to a guest; /api/admin asks for more by itself.
_OPEN_WHEN_PRIVATE = (
    "/api/public",
    "/api/login",
    "/api/me",
    "/api/oauth",
    "/api/version",
    "/api/recent",
    "/api/admin",
    "/api/clients/",
)

Role = Literal["admin", "client", "guest"]


@dataclass(frozen=True, slots=True)
class Identity:
    """``session`` only when a cookie opened it; ``sees_hidden`` is whether hidden nodes are shown over REST."""

    role: Role
    session: Session | None = None
    uuid: str = ""

    @property
    def is_admin(self) -> bool:
        return self.role == "admin"

    @property
    def sees_hidden(self) -> bool:
        # As measured on 1.1.9: an API key alone does not show hidden nodes in GET /api/nodes.
        return self.session is not None


GUEST = Identity("guest")


class NodeTokens(Protocol):
    def uuid_of_token(self, token: str) -> str | None: ...


class Identities:
    """Reads credentials. May raise StoreUnavailable."""

    def __init__(self, sessions: Sessions, nodes: NodeTokens) -> None:
        self._sessions = sessions
        self._nodes = nodes

    def identify(
        self, site: SiteSettings, *, authorization: str, session_token: str, node_token: str, caller: Caller
    ) -> Identity:
        """``authorization`` is the header; the others are "" when the request has none."""
        scheme, _, key = authorization.strip().partition(" ")
        by_key = scheme.lower() == "bearer" and key_matches(key.strip(), site.api_key)
        session = self._sessions.of_token(session_token, caller) if session_token else None
        if by_key or session is not None:
            return Identity("admin", session)
        if node_token and len(node_token) <= _MAX_TOKEN_CHARACTERS:
            uuid = self._nodes.uuid_of_token(node_token)
            if uuid is not None:
                return Identity("client", uuid=uuid)
        return GUEST


def share_cookie_opens(site: SiteSettings, presented: str, now_seconds: float) -> bool:
    """Whether a link to share, whose key is in a cookie, opens a private site."""
    if not site.tempory_share_token or now_seconds >= site.tempory_share_token_expire_at:
        return False
    return key_matches(presented, site.tempory_share_token)


def is_shut(site: SiteSettings, path: str, identity: Identity, *, shared: bool) -> bool:
    """Whether a private site refuses this path to this caller."""
    if not site.private_site or identity.role != "guest" or shared:
        return False
    return path.startswith("/api/") and not path.startswith(_OPEN_WHEN_PRIVATE)


def cookies_of(header: str) -> Mapping[str, str]:
    """The cookies of a Cookie header; an unreadable one has none."""
    jar: SimpleCookie = SimpleCookie()
    try:
        jar.load(header)
    except CookieError:
        return {}
    return {name: morsel.value for name, morsel in jar.items()}


def same_origin(site: SiteSettings, origin: str, host: str) -> bool:
    """Whether a WebSocket handshake of a page may proceed. Without an Origin it may not, as on the real server."""
    if site.allow_cors and origin:
        return True
    _, _, origin_host = origin.partition("://")
    return bool(origin_host) and origin_host.lower() == host.lower()
