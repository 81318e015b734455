"""KOOK's REST client behind what the relay's use cases ask of KOOK."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Protocol

from shared.kook.client.errors import InvalidCall, KookApiError, KookError
from shared.kook.client.results import User
from shared.relay.kook_access import KookCallFailed, KookIdentity, KookTokenRefused


class BotCalls(Protocol):
    """The part of shared.kook.client.client.KookClient that is used here."""

    def user_me(self) -> User: ...

    def online(self) -> None: ...

    def offline(self) -> None: ...


class KookGateway:
    """Implements shared.relay.kook_access.KookAccess. ``client_of`` gives the client of a bot token
    (``KookClients.of_bot``)."""

    def __init__(self, client_of: Callable[[str], BotCalls]) -> None:
        self._client_of = client_of

    def identify(self, bot_token: str) -> KookIdentity:
        with _typed_failures():
            user = self._client_of(bot_token).user_me()
        return KookIdentity(user["id"], user["username"])

    def go_online(self, bot_token: str) -> None:
        with _typed_failures():
            self._client_of(bot_token).online()

    def go_offline(self, bot_token: str) -> None:
        with _typed_failures():
            self._client_of(bot_token).offline()


@contextmanager
def _typed_failures() -> Iterator[None]:
    try:
        yield
    except KookApiError as error:
        if error.token_refused:
            raise KookTokenRefused(error.code, error.message) from None
        raise KookCallFailed(str(error)) from None
    except InvalidCall as error:  # the client will not even send such a token
        raise KookTokenRefused(0, error.detail) from None
    except KookError as error:
        raise KookCallFailed(str(error)) from None
