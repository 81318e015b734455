"""Making a node: its id, and the token its agent presents."""

from __future__ import annotations

import secrets
import string
import uuid
from datetime import UTC, datetime

from shared.monitor.models import Node

_TOKEN_CHARACTERS = 22  # of 62 kinds: 131 random bits
_ALPHABET = string.ascii_letters + string.digits


def new_node(name: str, now_ms: int) -> Node:
    """A node that is not kept yet."""
    token = "".join(secrets.choice(_ALPHABET) for _ in range(_TOKEN_CHARACTERS))
    now = datetime.fromtimestamp(now_ms / 1000, UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    return Node(str(uuid.uuid4()), token, name, created_at=now, updated_at=now)
