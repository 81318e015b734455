"""What is done once a minute. One chore that fails keeps no other from being done."""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Mapping

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

    def run(self, only: Collection[str] | None = None) -> dict[str, int]:
        """How much each did, of all or of those named in ``only``. Raises ChoresFailed once all were tried, and
        ValueError for a name that there is none of."""
        unknown = set(only or ()) - self._chores.keys()
        if unknown:
            raise ValueError(f"no such chores: {', '.join(sorted(unknown))}")
        done: dict[str, int] = {}
        failed: list[str] = []
        for name, chore in self._chores.items():
            if only is not None and name not in only:
                continue
            try:
                done[name] = chore()
            except Exception as error:  # noqa: BLE001 - one that fails keeps no other from its turn; told below
                logger.error("chore failed", extra=failure_fields(error, chore=name))
                failed.append(name)
        if failed:
            raise ChoresFailed(failed)
        return done
