"""Every call a KOOK bot can make that the relay knows, on one object."""

from __future__ import annotations

import hashlib
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from typing import Literal

from shared.kook.client.assets import AssetCalls
from shared.kook.client.channels import ChannelCalls
from shared.kook.client.direct_messages import DirectMessageCalls
from shared.kook.client.guilds import GuildCalls
from shared.kook.client.messages import MessageCalls
from shared.kook.client.roles import RoleCalls
from shared.kook.client.transport import CALL_TIMEOUT_SECONDS, Credential, KookTransport, Language
from shared.kook.client.users import UserCalls
from shared.platforms.http import HttpClient


class KookClient(GuildCalls, RoleCalls, ChannelCalls, MessageCalls, DirectMessageCalls, UserCalls, AssetCalls):
    """One credential's view of KOOK. Methods are named after KOOK's calls (``message/create`` → message_create) and
    give back typed dictionaries (results.py); those with a plural name are iterators over a whole list.

    It remembers KOOK's rate limits, so keep one object per credential. It may be used from several threads.

    Every call raises
        InvalidCall: an argument cannot work; nothing was sent.
        KookApiError: KOOK refused, ``token_refused`` when the credential is at fault.
        KookRateLimited: wait ``retry_after_seconds``; the call was not carried out.
        KookUnreachable: no usable answer; ``maybe_done`` says whether it may have been carried out.
    """

    def __init__(
        self,
        http: HttpClient,
        api_base: str,
        bot_token: str,
        *,
        token_type: Literal["Bot", "Bearer"] = "Bot",  # noqa: S107 (a scheme's name)
        language: Language = "zh",
        timeout_seconds: float = CALL_TIMEOUT_SECONDS,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """``api_base`` ends in ``/api/v3``; a ``Bearer`` token is that of a user signed in by oauth.py, who may make
        the calls of the granted scopes; ``language`` is the one KOOK words its refusals in. Raises InvalidCall."""
        self._transport = KookTransport(
            http,
            api_base,
            Credential(token_type, bot_token),
            language=language,
            timeout_seconds=timeout_seconds,
            clock=clock,
        )


class KookClients:
    """One client per bot token, kept, so that what was learnt of a bot's rate limits outlives a request."""

    def __init__(
        self,
        http: HttpClient,
        api_base: str,
        *,
        language: Language = "zh",
        timeout_seconds: float = CALL_TIMEOUT_SECONDS,
        max_clients: int = 256,
    ) -> None:
        self._http = http
        self._timeout_seconds = timeout_seconds
        self._api_base = api_base
        self._language: Language = language
        self._max_clients = max_clients
        self._clients: OrderedDict[bytes, KookClient] = OrderedDict()
        self._lock = threading.Lock()

    def of_bot(self, bot_token: str) -> KookClient:
        """The client of this bot token, the least recently used one giving way. Raises InvalidCall."""
        key = hashlib.sha256(bot_token.encode()).digest()
        with self._lock:
            client = self._clients.get(key)
            if client is None:
                client = KookClient(
                    self._http,
                    self._api_base,
                    bot_token,
                    language=self._language,
                    timeout_seconds=self._timeout_seconds,
                )
                self._clients[key] = client
                if len(self._clients) > self._max_clients:
                    self._clients.popitem(last=False)
            self._clients.move_to_end(key)
            return client
