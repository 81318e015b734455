"""What AWS clients call themselves."""

from __future__ import annotations

from shared.version import VERSION

# Left to itself, botocore composes its own for every request, at a tenth of the request's processor time.
USER_AGENT = f"kook-relay/{VERSION}"
