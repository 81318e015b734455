"""What a WorkTool client tells of groups, kept, and a group's QR code passed on to its owner's server."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Protocol

from shared.robots.callbacks import CallbackKind
from shared.robots.group_codes import GroupCodes, new_group_code
from shared.robots.seen_groups import GroupDescription
from shared.robots.worktool_groups import group_codes_of, group_pages_of

# A client that looks at all of its groups sends a frame for each: one with more than this is none of its.
MAX_TAKEN = 100


class Groups(Protocol):
    """May raise StoreUnavailable."""

    def describe(self, robot_id: str, description: GroupDescription, at_ms: int) -> None: ...


class Orders(Protocol):
    """Never raises."""

    def order(self, kind: CallbackKind, robot_id: str, record_id: str) -> None: ...


class GroupReports:
    """Implements shared.robots.worktool_socket.FrameTaker. ``callbacks`` is asked for with the first code."""

    def __init__(
        self, groups: Groups, codes: GroupCodes, callbacks: Callable[[], Orders], clock_ms: Callable[[], int]
    ) -> None:
        self._groups = groups
        self._codes = codes
        self._callbacks = callbacks
        self._clock_ms = clock_ms

    def take(self, robot_id: str, frame: Mapping[str, Any]) -> None:
        """Raises StoreUnavailable."""
        now_ms = self._clock_ms()
        for page in group_pages_of(frame)[:MAX_TAKEN]:
            self._groups.describe(robot_id, page, now_ms)
        for read in group_codes_of(frame)[:MAX_TAKEN]:
            code = new_group_code(robot_id, read.group_name, read.group_remark, read.qr_code, now_ms)
            self._codes.keep(code)
            self._callbacks().order("group_qr", robot_id, code.code_id)
