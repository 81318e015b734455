"""Adding, editing, ordering and removing machines."""

from __future__ import annotations

import secrets
import string
import time
import uuid as uuids
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Annotated, Any, Literal, Protocol

from pydantic import BaseModel, ConfigDict, Field, field_validator

from shared.monitor.errors import MonitorError
from shared.monitor.models import Node, is_id
from shared.monitor.times import parsed_rfc3339, rfc3339

TOKEN_CHARACTERS = 22
_ALPHABET = string.ascii_letters + string.digits
_MAX_BYTES_COUNT = 2**63 - 1
_MAX_WEIGHT = 2**31 - 1


class NodeEdit(BaseModel):
    """What an administrator may change of a machine; only what is sent changes, so the
    defaults stand for nothing. Unknown fields are ignored: front
    ends send whole machines back."""

    model_config = ConfigDict(strict=True, extra="ignore", hide_input_in_errors=True)

    name: Annotated[str, Field(min_length=1, max_length=100)] = "node"
    group: Annotated[str, Field(max_length=100)] = ""
    tags: Annotated[str, Field(max_length=1_000)] = ""
    hidden: bool = False
    weight: Annotated[int, Field(ge=-_MAX_WEIGHT, le=_MAX_WEIGHT)] = 0
    price: Annotated[float, Field(ge=-1, le=1e12, allow_inf_nan=False)] = 0.0
    billing_cycle: Annotated[int, Field(ge=-1, le=36_500)] = 0
    auto_renewal: bool = False
    currency: Annotated[str, Field(max_length=20)] = ""
    expired_at: Annotated[str, Field(max_length=40)] | None = None
    remark: Annotated[str, Field(max_length=5_000)] = ""
    public_remark: Annotated[str, Field(max_length=5_000)] = ""
    traffic_limit: Annotated[int, Field(ge=0, le=_MAX_BYTES_COUNT)] = 0
    traffic_limit_type: Literal["max", "min", "sum", "up", "down"] = "max"

    @field_validator("expired_at")
    @classmethod
    def _moment(cls, value: str | None) -> str | None:
        """Empty means never, as does Go's zero time, which front ends send back."""
        if not value or value.startswith("0001-"):
            return None
        moment = parsed_rfc3339(value)
        if moment is None:
            raise ValueError("must be an RFC 3339 time")
        return rfc3339(moment.timestamp())


class Nodes(Protocol):
    """Every method may raise StoreUnavailable, those that write NodeBusy."""

    def add(self, node: Node) -> None: ...

    def all(self) -> Sequence[Node]: ...

    def get(self, uuid: str) -> Node | None: ...

    def change(self, uuid: str, changed: Callable[[Node], Node]) -> Node | None: ...

    def remove(self, uuid: str) -> bool: ...


class NodeAdministration:
    """``clock`` gives epoch seconds."""

    def __init__(self, nodes: Nodes, clock: Callable[[], float] = time.time) -> None:
        self._nodes = nodes
        self._clock = clock

    def add(self, name: str) -> Node:
        """Make a machine and the token of its agent; without a name it is called after its uuid."""
        now = rfc3339(self._clock())
        uuid = str(uuids.uuid4())
        token = "".join(secrets.choice(_ALPHABET) for _ in range(TOKEN_CHARACTERS))
        node = Node(uuid, token, name or f"client_{uuid[:8]}", created_at=now, updated_at=now)
        self._nodes.add(node)
        return node

    def all(self) -> Sequence[Node]:
        return self._nodes.all()

    def get(self, uuid: str) -> Node:
        """Raises MonitorError NODE_NOT_FOUND."""
        node = self._nodes.get(uuid) if is_id(uuid) else None
        if node is None:
            raise MonitorError("NODE_NOT_FOUND")
        return node

    def edit(self, uuid: str, edit: NodeEdit) -> None:
        """Raises MonitorError NODE_NOT_FOUND."""
        self._change(uuid, edit.model_dump(exclude_unset=True))

    def order(self, weights: Mapping[str, int]) -> None:
        """Set the weight of each machine by uuid. Raises MonitorError NODE_NOT_FOUND before anything is changed."""
        known = {node.uuid for node in self._nodes.all()}
        if not known.issuperset(weights):
            raise MonitorError("NODE_NOT_FOUND")
        for uuid, weight in weights.items():
            self._change(uuid, {"weight": weight})

    def remove(self, uuid: str) -> None:
        """Raises MonitorError NODE_NOT_FOUND."""
        if not is_id(uuid) or not self._nodes.remove(uuid):
            raise MonitorError("NODE_NOT_FOUND")

    def _change(self, uuid: str, fields: Mapping[str, Any]) -> None:
        now = rfc3339(self._clock())
        if not is_id(uuid):
            raise MonitorError("NODE_NOT_FOUND")
        if self._nodes.change(uuid, lambda node: replace(node, **fields, updated_at=now)) is None:
            raise MonitorError("NODE_NOT_FOUND")
