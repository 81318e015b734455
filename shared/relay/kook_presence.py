"""Whether KOOK has the accounts' bots online (user/get-online-status), asked side by side and seldom."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Literal, Protocol, TypeAlias

from shared.relay.kook_access import KookCallFailed, KookTokenRefused
from shared.relay.models import Account

Presence: TypeAlias = Literal["online", "offline", "refused", "unreachable", "unknown"]

KEEP_SECONDS = 60.0
CALL_TIMEOUT_SECONDS = 3.0
# At worst three rounds of time-outs: whoever asks waits no longer. The others are asked the next time.
MAX_ASKED = 24
_SIDE_BY_SIDE = 8
_MAX_KEPT = 1000


class OnlineStatusCall(Protocol):
    def is_online(self, bot_token: str) -> bool:
        """Raises KookTokenRefused, KookCallFailed; within a few seconds."""


class KookPresence:
    """``clock`` is monotonic, in seconds; an answer is kept for ``keep_seconds``."""

    def __init__(
        self, kook: OnlineStatusCall, clock: Callable[[], float], *, keep_seconds: float = KEEP_SECONDS
    ) -> None:
        self._kook = kook
        self._clock = clock
        self._keep_seconds = keep_seconds
        self._lock = threading.Lock()
        self._kept: dict[bytes, tuple[float, Presence]] = {}

    def of(self, accounts: Sequence[Account]) -> dict[int, Presence]:
        """Presence by account id; ``unknown`` for an account that was not asked, or cannot be without a bot token."""
        tokens = dict.fromkeys(account.bot_token for account in accounts if account.bot_token)
        answers = {token: known for token in tokens if (known := self._known(token)) is not None}
        missing = [token for token in tokens if token not in answers][:MAX_ASKED]
        if missing:
            with ThreadPoolExecutor(min(_SIDE_BY_SIDE, len(missing))) as threads:
                asked = dict(zip(missing, threads.map(self._ask, missing), strict=True))
            self._keep(asked)
            answers |= asked
        return {account.id: answers.get(account.bot_token, "unknown") for account in accounts}

    def _keep(self, asked: Mapping[str, Presence]) -> None:
        with self._lock:
            if len(self._kept) + len(asked) > _MAX_KEPT:
                self._kept.clear()
            until = self._clock() + self._keep_seconds
            self._kept.update({_key(token): (until, answer) for token, answer in asked.items()})

    def _known(self, token: str) -> Presence | None:
        with self._lock:
            until, presence = self._kept.get(_key(token), (float("-inf"), "unknown"))
        return presence if self._clock() < until else None

    def _ask(self, token: str) -> Presence:
        try:
            return "online" if self._kook.is_online(token) else "offline"
        except KookTokenRefused:
            return "refused"
        except KookCallFailed:
            return "unreachable"


def _key(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()
