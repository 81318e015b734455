"""The configuration as routing reads it: bots from memory, but the account and the channel's mappings as they were when
the event came in, or later.

These two decide whether an event is relayed or dropped for good. An answer from before the event, harmless elsewhere,
would lose the first messages after an account was started or a mapping was made, and leak some after a stop. One that
was read after the event came in is as good as a read of its own, and a busy relay has one at hand for most events.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable, Sequence
from typing import Any, Protocol, cast

from shared.relay.models import Account, Bot, Mapping

# However late an event is: a hold that began meanwhile is to be seen.
MAX_AGE_MS = 1_000
MAX_ENTRIES = 10_000


class CachedConfiguration(Protocol):
    def accounts(self) -> Sequence[Account]: ...

    def bot(self, bot_id: int) -> Bot | None: ...


class ConfigurationSource(Protocol):
    def account(self, account_id: int) -> Account | None: ...

    def mappings_for_channel(self, kook_channel_id: str) -> Sequence[Mapping]: ...


class RoutingConfiguration:
    """Implements shared.relay.routing_ports.Configuration."""

    def __init__(
        self,
        cached: CachedConfiguration,
        source: ConfigurationSource,
        clock_ms: Callable[[], int],
        *,
        clock_tolerance_ms: int,
    ) -> None:
        """``clock_tolerance_ms``: how far the clock of whoever took the event in may be ahead of this one."""
        self._cached = cached
        self._source = source
        self._late_reads = _LateReads(clock_ms, clock_tolerance_ms)

    def account(self, account_id: int, received_at_ms: int) -> Account | None:
        found = self._late_reads.get(("account", account_id), received_at_ms, lambda: self._source.account(account_id))
        return cast("Account | None", found)

    def accounts(self) -> Sequence[Account]:
        return self._cached.accounts()

    def bot(self, bot_id: int) -> Bot | None:
        return self._cached.bot(bot_id)

    def mappings_for_channel(self, channel_id: str, received_at_ms: int) -> Sequence[Mapping]:
        found = self._late_reads.get(
            ("mappings", channel_id), received_at_ms, lambda: tuple(self._source.mappings_for_channel(channel_id))
        )
        return cast("Sequence[Mapping]", found)


class _LateReads:
    """What was read lately, for events that had come in before that. Failures are not kept. Safe to use from several
    threads at once."""

    def __init__(self, clock_ms: Callable[[], int], clock_tolerance_ms: int) -> None:
        self._clock_ms = clock_ms
        self._clock_tolerance_ms = clock_tolerance_ms
        self._lock = threading.Lock()
        self._kept: OrderedDict[Hashable, tuple[int, Any]] = OrderedDict()

    def get(self, key: Hashable, received_at_ms: int, read: Callable[[], Any]) -> Any:
        # When the read began: what it finds may be as old as that.
        now_ms = self._clock_ms()
        with self._lock:
            kept = self._kept.get(key)
        if kept is not None:
            read_at_ms, value = kept
            if received_at_ms + self._clock_tolerance_ms < read_at_ms and now_ms - read_at_ms <= MAX_AGE_MS:
                return value
        value = read()
        with self._lock:
            newest = self._kept.get(key)
            if newest is None or newest[0] < now_ms:
                self._kept[key] = now_ms, value
                self._kept.move_to_end(key)
            while len(self._kept) > MAX_ENTRIES:
                self._kept.popitem(last=False)
        return value
