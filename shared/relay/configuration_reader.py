"""The configuration as routing and delivering read it: from memory, at most a few seconds old."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeVar, cast

from shared.relay.errors import SecretsUnreadable
from shared.relay.models import Account, Bot, Mapping

DEFAULT_TTL_SECONDS = 5.0
MAX_ENTRIES = 10_000

Value = TypeVar("Value")


class ConfigurationSource(Protocol):
    """Where the reader reads (ConfigurationStore). Every method may raise StoreUnavailable."""

    def account(self, account_id: int) -> Account | None: ...

    def accounts(self) -> Sequence[Account]: ...

    def bot(self, bot_id: int) -> Bot | None: ...

    def mapping(self, mapping_id: int) -> Mapping | None: ...

    def mappings_for_channel(self, kook_channel_id: str) -> Sequence[Mapping]: ...


@dataclass(frozen=True, slots=True)
class CacheStatistics:
    """``size`` counts entries, those that are out of date and not replaced yet among them."""

    size: int
    hits: int
    misses: int


class ConfigurationReader:
    """A cache in front of the store. What is not there is remembered too: most channels of a guild are not mapped.

    Failures are never cached. Safe to use from several threads at once.
    """

    def __init__(
        self,
        source: ConfigurationSource,
        *,
        ttl_seconds: float = DEFAULT_TTL_SECONDS,
        clock: Callable[[], float] = time.monotonic,
        max_entries: int = MAX_ENTRIES,
    ) -> None:
        self._source = source
        self._cache: _ExpiringCache[Any] = _ExpiringCache(ttl_seconds, clock, max_entries)

    def account(self, account_id: int) -> Account | None:
        """Raises StoreUnavailable."""
        found = self._cache.get(("account", account_id), lambda: self._source.account(account_id))
        return cast("Account | None", found)

    def accounts(self) -> Sequence[Account]:
        """Raises StoreUnavailable."""
        return cast("Sequence[Account]", self._cache.get(("accounts",), lambda: tuple(self._source.accounts())))

    def bot(self, bot_id: int) -> Bot | None:
        """Raises StoreUnavailable; SecretsUnreadable when a secret setting does not open, because sending without
        it would fail messages for good that only wait for the right data key."""
        bot = cast("Bot | None", self._cache.get(("bot", bot_id), lambda: self._source.bot(bot_id)))
        if bot is not None and bot.unreadable:
            raise SecretsUnreadable("bot", bot_id, bot.unreadable)
        return bot

    def mapping(self, mapping_id: int) -> Mapping | None:
        """Raises StoreUnavailable."""
        found = self._cache.get(("mapping", mapping_id), lambda: self._source.mapping(mapping_id))
        return cast("Mapping | None", found)

    def mappings_for_channel(self, channel_id: str) -> Sequence[Mapping]:
        """Raises StoreUnavailable."""
        found = self._cache.get(("mappings", channel_id), lambda: tuple(self._source.mappings_for_channel(channel_id)))
        return cast("Sequence[Mapping]", found)

    def forget(self) -> None:
        """Read everything afresh from now on."""
        self._cache.clear()

    def statistics(self) -> CacheStatistics:
        """Since the process started."""
        return self._cache.statistics()


class _ExpiringCache(Generic[Value]):
    """Values with one time to live, the least recently read one giving way."""

    def __init__(self, ttl_seconds: float, clock: Callable[[], float], max_entries: int) -> None:
        self._ttl_seconds = ttl_seconds
        self._clock = clock
        self._max_entries = max_entries
        self._lock = threading.Lock()
        self._entries: OrderedDict[Hashable, tuple[float, Value]] = OrderedDict()
        self._epoch = 0
        self._hits = 0
        self._misses = 0

    def get(self, key: Hashable, read: Callable[[], Value]) -> Value:
        with self._lock:
            entry = self._entries.get(key)
            if entry is not None and self._clock() < entry[0]:
                self._entries.move_to_end(key)
                self._hits += 1
                return entry[1]
            self._misses += 1
            epoch = self._epoch
        # From the start of the read: what it finds may be as old as that.
        expires_at = self._clock() + self._ttl_seconds
        value = read()
        with self._lock:
            if epoch == self._epoch:  # not cleared while reading
                self._entries[key] = (expires_at, value)
                self._entries.move_to_end(key)
                while len(self._entries) > self._max_entries:
                    self._entries.popitem(last=False)
        return value

    def clear(self) -> None:
        with self._lock:
            self._epoch += 1
            self._entries.clear()

    def statistics(self) -> CacheStatistics:
        with self._lock:
            return CacheStatistics(len(self._entries), self._hits, self._misses)
