"""The groups a robot was seen in: one small record each, named by reported messages, described by the WorkTool client.

The client knows no id of a group, so two groups of one name are one here.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from shared.robots.aggregates import Addition
from shared.robots.messages import Message
from shared.robots.table import RobotsTable

KEPT_SECONDS = 366 * 24 * 60 * 60


@dataclass(frozen=True, slots=True)
class GroupDescription:
    """What a device read on a group's page; None for what was not there. ``members`` counts them."""

    name: str
    owner: str | None = None
    members: int | None = None
    announcement: str | None = field(default=None, repr=False)
    remark: str | None = None

    def known(self) -> dict[str, Any]:
        found = {
            "owner": self.owner,
            "members": self.members,
            "announcement": self.announcement,
            "remark": self.remark,
        }
        return {name: value for name, value in found.items() if value is not None}


@dataclass(frozen=True, slots=True)
class SeenGroup:
    """``room_type``: 1 with people from outside, 3 of colleagues, 0 where no message told. ``messages`` counts those
    that were reported."""

    description: GroupDescription
    room_type: int
    messages: int
    first_seen_ms: int
    last_seen_ms: int


def sighting_of(message: Message) -> list[Addition]:
    """What a reported message adds to its group's record: nothing for a private one."""
    if not message.group_name:
        return []
    details = {"remark": message.group_remark, "room_type": message.room_type}
    return [_seen(message.robot_id, message.group_name, message.received_at_ms, {"messages": 1}, {"details": details})]


class DynamoSeenGroups:
    """Both methods may raise StoreUnavailable."""

    def __init__(self, table: RobotsTable) -> None:
        self._table = table

    def newest(self, robot_id: str, limit: int) -> Iterator[SeenGroup]:
        """By when they were seen last, the latest first, read as far as the caller goes. May trail by a moment."""
        for found in self._table.newest_aggregates(_listing(robot_id), limit):
            details, body = found.details, found.body
            yield SeenGroup(
                GroupDescription(
                    found.label,
                    body.get("owner"),
                    body.get("members"),
                    body.get("announcement"),
                    details.get("remark") or body.get("remark"),
                ),
                int(details.get("room_type", 0)),
                found["messages"],
                found["first_seen_ms"],
                found["last_seen_ms"],
            )

    def describe(self, robot_id: str, description: GroupDescription, at_ms: int) -> None:
        """Keep what a device read on a group's page; what it did not find stays as it was."""
        before = self._table.get(f"robot#{robot_id}", _sort_key(description.name))
        body = {**({} if before is None else before.body), **description.known()}
        self._table.write(additions=[_seen(robot_id, description.name, at_ms, {}, {"body": body})])


def _seen(
    robot_id: str, name: str, at_ms: int, amounts: Mapping[str, int], sets: Mapping[str, Mapping[str, Any]]
) -> Addition:
    return Addition(
        f"robot#{robot_id}",
        _sort_key(name),
        amounts,
        label=name,
        expires_at_seconds=at_ms // 1000 + KEPT_SECONDS,
        sets={
            **sets,
            "last_seen_ms": at_ms,
            "listing_key": _listing(robot_id),
            "listing_order": f"{at_ms:015d}",
        },
        first_sets={"first_seen_ms": at_ms},
    )


def _listing(robot_id: str) -> str:
    return f"groups_of#{robot_id}"


def _sort_key(name: str) -> str:
    """Names are no keys: they can be long, and keys turn up in metrics."""
    return f"group#{hashlib.sha256(name.encode('utf-8', 'surrogatepass')).hexdigest()[:32]}"
