"""What is kept of an account's gateway connection: the session to resume, and the state an operator sees."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Protocol

from shared.kook.gateway.session import GatewaySession

# How often a connection writes its status at the least; one much older was written by somebody who is gone.
STATUS_INTERVAL_SECONDS: Final = 30.0


class GatewayState(StrEnum):
    CONNECTING = "connecting"
    CONNECTED = "connected"
    WAITING_FOR_STORAGE = "waiting_for_storage"  # our own queue or table does not answer
    REFUSED = "refused"  # KOOK refuses the bot token, or there is none: nothing comes in until somebody acts
    STOPPED = "stopped"


@dataclass(frozen=True, slots=True)
class GatewayStatus:
    """Times are UTC ISO 8601 with Z, "" for never. ``problem`` is a stable word, "" while all is well.

    ``missed_at`` is when events may last have been lost between two sessions.
    """

    state: GatewayState
    problem: str = ""
    since: str = ""
    last_event_at: str = ""
    missed_at: str = ""


class GatewayRecords(Protocol):
    """Where both are kept. Every method may raise ``RecordsUnavailable``.

    ``holder`` stands for the credential and the start of the account that a session belongs to: a session of another
    holder is no session.
    """

    def session(self, account_id: int, holder: str) -> GatewaySession | None: ...

    def save_session(self, account_id: int, holder: str, session: GatewaySession | None) -> None: ...

    def status(self, account_id: int) -> GatewayStatus | None:
        """None when there is none, or when nobody has kept it up to date lately: whoever wrote it is gone."""

    def save_status(self, account_id: int, status: GatewayStatus) -> None: ...

    def account_ids(self) -> list[int]: ...

    def forget(self, account_id: int) -> None: ...


class RecordsUnavailable(Exception):
    """They cannot be read or written now. The message holds no secret."""
