"""KOOK as the account use cases ask for it, on the REST client."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from shared.kook.client.client import KookClients
from shared.kook.client.errors import InvalidCall, KookApiError, KookError
from shared.relay.kook_access import KookCallFailed, KookIdentity, KookTokenRefused


class KookBots:
    """Implements shared.relay.kook_access.KookAccess."""

    def __init__(self, clients: KookClients) -> None:
        self._clients = clients

    def identify(self, bot_token: str) -> KookIdentity:
        with _failures():
            me = self._clients.of_bot(bot_token).user_me()
        return KookIdentity(me["id"], me["username"])

    def go_online(self, bot_token: str) -> None:
        with _failures():
            self._clients.of_bot(bot_token).online()

    def go_offline(self, bot_token: str) -> None:
        with _failures():
            self._clients.of_bot(bot_token).offline()

    def is_online(self, bot_token: str) -> bool:
        with _failures():
            return self._clients.of_bot(bot_token).online_status()["online"]


@contextmanager
def _failures() -> Iterator[None]:
    try:
        yield
    except InvalidCall as error:
        raise KookTokenRefused(0, error.detail) from None
    except KookApiError as error:
        if error.token_refused:
            raise KookTokenRefused(error.code, error.message) from None
        raise KookCallFailed(str(error)) from None
    except KookError as error:
        raise KookCallFailed(str(error)) from None
