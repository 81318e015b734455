"""What is done once a minute. One chore that fails keeps no other from being done."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping

from shared.stack_traces import failure_fields

logger = logging.getLogger("kook_relay.maintenance")


class ChoresFailed(Exception):
    """Some did not get done, by name; why is in the log. Raised at the end, so that the failure is counted."""

    def __init__(self, names: list[str]) -> None:
        super().__init__(", ".join(names))
        self.names = names


class Chores:
    """Each chore gives back how much it did."""

    def __init__(self, chores: Mapping[str, Callable[[], int]]) -> None:
        self._chores = dict(chores)

    def run(self) -> dict[str, int]:
        """How much each did. Raises ChoresFailed once all were tried."""
        done: dict[str, int] = {}
        failed: list[str] = []
        for name, chore in self._chores.items():
            try:
                done[name] = chore()
            except Exception as error:  # noqa: BLE001 - one that fails keeps no other from its turn; told below
                logger.error("chore failed", extra=failure_fields(error, chore=name))
                failed.append(name)
        if failed:
            raise ChoresFailed(failed)
        return done
