"""The site's settings as agents and pages meet them, read at most every few seconds."""

from __future__ import annotations

import threading
from collections.abc import Callable

from shared.monitor.settings import SiteSettings

_KEPT_MS = 5_000


class SiteRules:
    """Implements shared.monitor.agents.AgentRules. ``read`` may raise StoreUnavailable, and then so does every method
    here. Safe to call from several threads at once."""

    def __init__(self, read: Callable[[], SiteSettings], clock_ms: Callable[[], int]) -> None:
        self._read = read
        self._clock_ms = clock_ms
        self._lock = threading.Lock()
        self._site = SiteSettings()
        self._kept_until_ms = 0

    def site(self) -> SiteSettings:
        now_ms = self._clock_ms()
        with self._lock:
            if now_ms >= self._kept_until_ms:
                self._site, self._kept_until_ms = self._read(), now_ms + _KEPT_MS
            return self._site

    def auto_discovery_key(self) -> str:
        return self.site().auto_discovery_key

    def ping_preserve_hours(self) -> int:
        site = self.site()
        return site.ping_record_preserve_time if site.record_enabled else 0

    def load_preserve_hours(self) -> int:
        """0 when nothing is recorded."""
        site = self.site()
        return site.record_preserve_time if site.record_enabled else 0
