"""The short way to the engines, that notes which calls it answered itself."""

from __future__ import annotations

from typing import Any

from local.engine_transport import EngineTransport


class CountingTransport(EngineTransport):
    """``answered`` holds the names of the operations, in order."""

    def __init__(self) -> None:
        super().__init__()
        self.answered: list[str] = []

    def before_call(self, model: Any, params: Any, context: Any, **others: Any) -> Any:
        answer = super().before_call(model, params, context, **others)
        if answer is not None:
            self.answered.append(model.name)
        return answer
