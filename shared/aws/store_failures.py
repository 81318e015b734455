"""What every store reports when its database fails. Standard library only, so that services need no pynamodb."""

from __future__ import annotations


class StoreUnavailable(Exception):
    """The database did not do what it was asked: nothing is known to have changed. ``operation`` names the use."""

    def __init__(self, operation: str) -> None:
        super().__init__(f"the database failed: {operation}")
        self.operation = operation
