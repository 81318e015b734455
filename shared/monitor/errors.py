"""What the monitor's use cases refuse. Codes are those of shared.monitor.api.texts."""

from __future__ import annotations

from typing import Any


class MonitorError(Exception):
    """A refusal with what fills its text. ``params`` never hold a secret."""

    def __init__(self, code: str, **params: Any) -> None:
        super().__init__(code)
        self.code = code
        self.params = params
