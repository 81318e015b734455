"""The WebSocket at /api/rpc2."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Any

from shared.monitor.fitting import MAX_SOCKET_RESULT_BYTES
from shared.monitor.identity import (
    SESSION_COOKIE,
    SHARE_COOKIE,
    Identities,
    cookies_of,
    is_shut,
    same_origin,
    share_cookie_opens,
)
from shared.monitor.rpc.common import RpcCaller
from shared.monitor.rpc.protocol import INTERNAL_ERROR, RpcEndpoint, RpcError, refusal
from shared.monitor.sessions import Caller
from shared.monitor.settings import SiteSettings
from shared.push.connections import CONNECTION_LIFETIME_SECONDS, Connection
from shared.push.frames import MAX_FRAME_BYTES
from shared.push.handshake import Handshake
from shared.push.sockets import Admission, Refusal, Reply

PATH = "/api/rpc2"
_ORIGINAL_HOST, _CLIENT_ADDRESS = "x-relay-original-host", "x-relay-client-address"
_SESSION, _KEY, _SHARED, _GUEST = "session", "key", "shared", "guest"


class RpcSocket:
    """Implements shared.push.sockets.SocketKind. Who calls is decided at the handshake, as on the real server."""

    def __init__(
        self,
        endpoint: RpcEndpoint,
        identities: Identities,
        site: Callable[[], SiteSettings],
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._endpoint = endpoint
        self._identities = identities
        self._site = site
        self._clock = clock

    @property
    def name(self) -> str:
        return "monitor_rpc"

    def serves(self, handshake: Handshake) -> bool:
        return handshake.path == PATH

    def connect(self, handshake: Handshake) -> Admission | Refusal:
        site = self._site()
        headers = handshake.headers
        cookies = cookies_of(headers.get("cookie", ""))
        identity = self._identities.identify(
            site,
            authorization=headers.get("authorization", ""),
            session_token=cookies.get(SESSION_COOKIE, ""),
            node_token="",
            caller=Caller(headers.get(_CLIENT_ADDRESS, ""), headers.get("user-agent", "")),
        )
        shared = share_cookie_opens(site, cookies.get(SHARE_COOKIE, ""), self._clock())
        if is_shut(site, PATH, identity, shared=shared):
            return Refusal(401)
        if not same_origin(site, headers.get("origin", ""), headers.get(_ORIGINAL_HOST) or headers.get("host", "")):
            return Refusal(403)
        if identity.is_admin:
            principal = _SESSION if identity.session is not None else _KEY
        else:
            principal = _SHARED if shared else _GUEST
        return Admission(CONNECTION_LIFETIME_SECONDS, principal=principal)

    def receive(self, connection: Connection, text: str) -> Reply:
        principal = connection.principal
        caller = RpcCaller(
            is_admin=principal in (_SESSION, _KEY),
            signed_in=principal == _SESSION,
            shared=principal == _SHARED,
            max_answer_bytes=MAX_SOCKET_RESULT_BYTES,
        )
        answer = self._endpoint.answer(text, caller, batches=False)
        if isinstance(answer.body, list):
            raise TypeError("a socket answers one request with one object")
        return Reply(_fitting(answer.body))


def _fitting(body: dict[str, Any]) -> dict[str, Any]:
    """The answer, or an error in its place when no socket carries it: front ends then ask the same by POST, where one
    that was cut short would be taken for whole."""
    if len(json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")) <= MAX_FRAME_BYTES:
        return body
    return refusal(body.get("id"), RpcError(INTERNAL_ERROR, "The answer is too large for a socket: ask by POST"))
