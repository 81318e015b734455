"""Bodies that Schemathesis cannot make by itself. It imports this module as its hooks."""

from __future__ import annotations

from typing import Any

import schemathesis


@schemathesis.serializer("application/zip")
def as_bytes(_context: schemathesis.SerializationContext, value: Any) -> bytes:
    """Mostly no zip file at all: what an upload has to refuse."""
    return value if isinstance(value, bytes) else str(value).encode("utf-8", "surrogatepass")
