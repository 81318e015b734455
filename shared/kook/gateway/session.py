"""What has to be known to go on where a connection broke off, over restarts too."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlencode


@dataclass(frozen=True, slots=True)
class GatewaySession:
    """One session at the gateway. ``url`` is the address gateway/index gave, which holds a token; ``sn`` the highest
    one whose event, and every event before it, is safely on the queue."""

    url: str
    session_id: str
    sn: int = 0

    def __repr__(self) -> str:
        return f"GatewaySession(sn={self.sn})"

    def resume_url(self, url: str = "") -> str:
        """The address that resumes this session, at the session's own gateway or at the one given.

        KOOK's documentation writes the last parameter ``sessionId`` in one place and ``session_id`` in another, and
        existing clients send the latter: both are sent.
        """
        base = url or self.url
        query = {"resume": 1, "sn": self.sn, "session_id": self.session_id, "sessionId": self.session_id}
        return f"{base}{'&' if '?' in base else '?'}{urlencode(query)}"
