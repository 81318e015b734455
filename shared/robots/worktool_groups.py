"""What the WorkTool client tells of groups: their pages (type 501) and their QR codes (type 504). Pure.

github.com/gallonyin/worktool: WeworkGetImpl.getGroupInfoDetail sends the first for every group it looks at,
WeworkOperationImpl the second after it made or changed a group, where its owner switched that on.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from shared.robots.seen_groups import GroupDescription
from shared.robots.worktool_frames import COMMANDS, RESULTS

GROUP_PAGE, GROUP_QR_CODE = 501, 504
_MAX_NAME_CHARACTERS = 256
_MAX_ANNOUNCEMENT_CHARACTERS = 5000
_MAX_QR_CODE_CHARACTERS = 2048
_MAX_MEMBERS = 1_000_000


@dataclass(frozen=True, slots=True)
class ReadCode:
    """A QR code as the client read it."""

    group_name: str
    group_remark: str
    qr_code: str = field(repr=False)


def group_pages_of(frame: Mapping[str, Any]) -> list[GroupDescription]:
    return [
        GroupDescription(
            name,
            owner=_text(item, "groupOwner", _MAX_NAME_CHARACTERS),
            members=_members(item),
            announcement=_text(item, "groupAnnouncement", _MAX_ANNOUNCEMENT_CHARACTERS),
            remark=_text(item, "groupRemark", _MAX_NAME_CHARACTERS),
        )
        for item in _items(frame, COMMANDS)
        if item.get("type") == GROUP_PAGE and (name := _text(item, "groupName", _MAX_NAME_CHARACTERS))
    ]


def group_codes_of(frame: Mapping[str, Any]) -> list[ReadCode]:
    """Also those that come with the result of a command: a result has all fields that a message has."""
    return [
        ReadCode(
            _text(item, "groupName", _MAX_NAME_CHARACTERS) or "",
            _text(item, "groupRemark", _MAX_NAME_CHARACTERS) or "",
            code,
        )
        for item in _items(frame, COMMANDS, RESULTS)
        if (code := _text(item, "qrcode", _MAX_QR_CODE_CHARACTERS))
    ]


def _items(frame: Mapping[str, Any], *socket_types: int) -> Iterator[Mapping[str, Any]]:
    items = frame.get("list")
    if frame.get("socketType") in socket_types and isinstance(items, list):
        yield from (item for item in items if isinstance(item, dict))


def _text(item: Mapping[str, Any], name: str, max_characters: int) -> str | None:
    value = item.get(name)
    return value[:max_characters] if isinstance(value, str) and value else None


def _members(item: Mapping[str, Any]) -> int | None:
    number = item.get("groupNumber")
    if isinstance(number, int) and not isinstance(number, bool) and 0 <= number <= _MAX_MEMBERS:
        return number
    names = item.get("nameList")
    return len(names) if isinstance(names, list) and names else None
