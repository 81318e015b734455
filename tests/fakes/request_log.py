"""A log that keeps what it is told."""

from __future__ import annotations

from collections.abc import Mapping


class FakeRequestLog:
    """``lines`` holds (level, message, extra)."""

    def __init__(self) -> None:
        self.lines: list[tuple[str, object, Mapping[str, object]]] = []

    def info(self, msg: object, *, extra: Mapping[str, object] | None = None) -> None:
        self.lines.append(("info", msg, extra or {}))

    def error(self, msg: object, *, extra: Mapping[str, object] | None = None) -> None:
        self.lines.append(("error", msg, extra or {}))
