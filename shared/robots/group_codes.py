"""QR codes of groups that a WorkTool client read off its screen, kept for as long as WeCom honours them."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Protocol

from shared.robots.ids import stamped_id
from shared.robots.table import Item, RobotsTable

KEPT_SECONDS = 7 * 24 * 60 * 60


@dataclass(frozen=True, slots=True)
class GroupCode:
    """``qr_code`` is what the picture says: an address that lets into the group."""

    robot_id: str
    code_id: str
    group_name: str
    group_remark: str
    qr_code: str = field(repr=False)
    seen_at_ms: int


class GroupCodes(Protocol):
    """Both methods may raise StoreUnavailable."""

    def keep(self, code: GroupCode) -> None: ...

    def code(self, robot_id: str, code_id: str) -> GroupCode | None: ...


def new_group_code(robot_id: str, group_name: str, group_remark: str, qr_code: str, now_ms: int) -> GroupCode:
    return GroupCode(robot_id, stamped_id("qr", now_ms), group_name, group_remark, qr_code, now_ms)


class DynamoGroupCodes:
    """Implements GroupCodes in the robots table."""

    def __init__(self, table: RobotsTable) -> None:
        self._table = table

    def keep(self, code: GroupCode) -> None:
        expires_at_seconds = code.seen_at_ms // 1000 + KEPT_SECONDS
        item = Item(
            f"robot#{code.robot_id}", _sort_key(code.code_id), asdict(code), expires_at_seconds=expires_at_seconds
        )
        self._table.write(item)

    def code(self, robot_id: str, code_id: str) -> GroupCode | None:
        item = self._table.get(f"robot#{robot_id}", _sort_key(code_id))
        return None if item is None else GroupCode(**item.body)


def _sort_key(code_id: str) -> str:
    return f"group_qr#{code_id}"
