"""A stage that the tests of a module take turns on: to start one takes seconds."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from types import TracebackType
from typing import Generic, Self, TypeVar

import pytest

Stage = TypeVar("Stage")
# Whether a test has failed so far; tests/browser/conftest.py notes it.
FAILED = pytest.StashKey[bool]()


class KeptStage(Generic[Stage]):
    """The stage that ``make`` opens. After a test that failed there is a new one: neither the next test nor the second
    try of that one finds what it left half done."""

    def __init__(self, make: Callable[[], AbstractContextManager[Stage]]) -> None:
        self._make = make
        self._open = ExitStack()
        self._stage: Stage | None = None

    @contextmanager
    def lent_to(self, test: pytest.Item) -> Iterator[Stage]:
        if self._stage is None:
            self._stage = self._open.enter_context(self._make())
        yield self._stage
        if test.stash.get(FAILED, False):
            self._close()

    def _close(self) -> None:
        self._stage = None
        self._open.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._close()
