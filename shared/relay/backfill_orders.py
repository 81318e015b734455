"""What a backfill's task carries from one call of run_task to the next. Standard library only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any, Literal, TypeAlias

from shared.tasks.orders import TaskOrder

TASK_KIND = "relay.backfill"

BackfillReason: TypeAlias = Literal["start", "account_started", "schedule", "manual", "back_online", "gateway_gap"]


@dataclass(frozen=True, slots=True)
class Walk:
    """Where the walk through one channel's history stands.

    It goes back page by page until ``floor_ms``, keeping in ``boundaries`` the id of each page's oldest message, and
    then forward again, page by page, relaying. ``newest_page_ms`` is when the oldest message of the newest page was
    said, ``began_ms`` when the walk began; ``filled`` counts what was relayed.
    """

    channel_id: str
    floor_ms: int
    began_ms: int
    boundaries: tuple[str, ...] = ()
    newest_page_ms: int = 0
    is_forward: bool = False
    filled: int = 0


@dataclass(frozen=True, slots=True)
class BackfillOrder:
    """One run over an account's mapped channels. While ``holds``, live events of the account wait for it.

    ``done_channel`` is the last channel (by id) that is finished with; ``failures`` counts tries in a row that KOOK
    did not answer.
    """

    account_id: int
    run_id: str
    reason: BackfillReason
    holds: bool
    done_channel: str = ""
    failures: int = 0
    walk: Walk | None = None

    def to_task(self) -> TaskOrder:
        return TaskOrder(TASK_KIND, asdict(self))

    @classmethod
    def from_payload(cls, payload: Mapping[str, Any]) -> BackfillOrder:
        """Raises KeyError, TypeError or ValueError for what this version did not write."""
        walk = payload.get("walk")
        if walk is not None:
            walk = Walk(**{**walk, "boundaries": tuple(walk["boundaries"])})
        return cls(**{**payload, "walk": walk})

    def at(self, walk: Walk) -> BackfillOrder:
        """The same run, further on in a channel."""
        return replace(self, walk=walk, failures=0)

    def past(self, channel_id: str) -> BackfillOrder:
        """The same run, with that channel finished."""
        return replace(self, walk=None, done_channel=channel_id, failures=0)
