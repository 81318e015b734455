"""Signing in through a provider (KOOK or GitHub) with OAuth2. No HTTP in here.

The state is kept by the server as a digest, once, for an hour, and must come back both in the address and in the
browser's cookie (RFC 6749 10.12).
"""

from __future__ import annotations

import hmac
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Protocol

from shared.monitor.errors import MonitorError
from shared.monitor.sessions import Caller, OpenedSession, Sessions
from shared.monitor.store_settings import DynamoSettings, Provider
from shared.monitor.table import Item, MonitorTable
from shared.security.tokens import new_token, token_digest

PROVIDERS = ("kook", "github")
STATE_COOKIE = "oauth_state"
STATE_SECONDS = 3600
_MAX_CHARACTERS = 2048


class OAuthProvider(Protocol):
    """One provider's side of the exchange."""

    def authorize_url(self, client: Provider, redirect_uri: str, state: str) -> str: ...

    def account_id(self, client: Provider, code: str, redirect_uri: str) -> str:
        """The id of the account that the code is of. Raises MonitorError OAUTH_REFUSED or OAUTH_UNREACHABLE."""


@dataclass(frozen=True, slots=True)
class StartedSignIn:
    url: str
    state: str = field(repr=False)


class OAuthSignIn:
    """Every method may raise StoreUnavailable and MonitorError. ``clock`` gives epoch seconds."""

    def __init__(
        self,
        settings: DynamoSettings,
        sessions: Sessions,
        table: MonitorTable,
        providers: Mapping[str, OAuthProvider],
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._settings = settings
        self._sessions = sessions
        self._table = table
        self._providers = providers
        self._clock = clock

    def start(self, redirect_uri: str) -> StartedSignIn:
        """Raises MonitorError: OAUTH_DISABLED, OAUTH_NOT_CONFIGURED."""
        name, client = self._configured()
        return self._started(name, client, redirect_uri, purpose="sign_in")

    def start_binding(self, redirect_uri: str) -> StartedSignIn:
        """For the signed-in administrator, to bind the account that comes back."""
        name, client = self._configured()
        return self._started(name, client, redirect_uri, purpose="bind")

    def finish(
        self, *, state: str, state_cookie: str, code: str, redirect_uri: str, signed_in: bool, caller: Caller
    ) -> OpenedSession | None:
        """The session that the account opens; None when it was bound to the administrator instead.

        Raises MonitorError: OAUTH_INVALID_STATE, OAUTH_NO_CODE, OAUTH_NOT_BOUND, OAUTH_REFUSED, OAUTH_UNREACHABLE.
        """
        name, client = self._configured()
        purpose = self._take_state(state, state_cookie, name)
        if not 0 < len(code) <= _MAX_CHARACTERS:
            raise MonitorError("OAUTH_NO_CODE")
        account_id = self._providers[name].account_id(client, code, redirect_uri)
        if purpose == "bind" and signed_in:
            self._bind(name, account_id)
            return None
        bound = self._settings.profile().bound.get(name, "")
        if not bound or not hmac.compare_digest(bound.encode(), account_id.encode()):
            raise MonitorError("OAUTH_NOT_BOUND")
        return self._sessions.open_by_provider(name, caller)

    def unbind(self) -> None:
        """Forget every bound account. Raises MonitorError BUSY."""
        if not self._settings.write_profile(replace(self._settings.profile(), bound={})):
            raise MonitorError("BUSY")

    def _bind(self, name: str, account_id: str) -> None:
        if not self._settings.write_profile(replace(self._settings.profile(), bound={name: account_id})):
            raise MonitorError("BUSY")

    def _configured(self) -> tuple[str, Provider]:
        site = self._settings.get()
        if not site.o_auth_enabled:
            raise MonitorError("OAUTH_DISABLED")
        client = self._settings.provider(site.o_auth_provider)
        if not client.client_id or not client.client_secret:
            raise MonitorError("OAUTH_NOT_CONFIGURED")
        return site.o_auth_provider, client

    def _started(self, name: str, client: Provider, redirect_uri: str, *, purpose: str) -> StartedSignIn:
        state = new_token()
        expires_at = int(self._clock()) + STATE_SECONDS
        kept = Item("oauth_state", token_digest(state), {"provider": name, "purpose": purpose}, 0, expires_at)
        self._table.put(kept)
        return StartedSignIn(self._providers[name].authorize_url(client, redirect_uri, state), state)

    def _take_state(self, state: str, state_cookie: str, name: str) -> str:
        """What the sign-in is for. A state is good once."""
        if not 0 < len(state) <= _MAX_CHARACTERS or not hmac.compare_digest(state.encode(), state_cookie.encode()):
            raise MonitorError("OAUTH_INVALID_STATE")
        digest = token_digest(state)
        item = self._table.get("oauth_state", digest)
        if item is None or item.body["provider"] != name:
            raise MonitorError("OAUTH_INVALID_STATE")
        # Of two requests with the same state one deletes it, the other is refused.
        if not self._table.write(deletes=(item,)):
            raise MonitorError("OAUTH_INVALID_STATE")
        return str(item.body["purpose"])
