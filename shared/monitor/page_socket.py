"""The socket of pages, /api/clients: a page asks, it is answered; nothing is ever pushed."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol
from urllib.parse import urlsplit

from shared.aws.store_failures import StoreUnavailable
from shared.monitor.live_page import live_answer
from shared.monitor.models import LiveReport
from shared.push.connections import CONNECTION_LIFETIME_SECONDS, Connection
from shared.push.handshake import Handshake
from shared.push.sockets import Admission, Refusal, Reply

logger = logging.getLogger("kook_relay.monitor")

PAGE_PATH = "/api/clients"
PAGE_KIND = "monitor-page"
# The front door's own header: behind it, Host is that of the WebSocket API.
ORIGINAL_HOST_HEADER = "x-relay-original-host"
# However many pages watch, a process asks the table at most this often.
_REPORTS_KEPT_MS = 500
_NODES_KEPT_MS = 3_000
_MAX_UUID_CHARACTERS = 64

Role = Literal["admin", "client", "guest"]


@dataclass(frozen=True, slots=True)
class NodePlace:
    """Where a node stands in a list, and whether guests see it."""

    uuid: str
    weight: int
    hidden: bool


class NodePlaces(Protocol):
    def places(self) -> Sequence[NodePlace]:
        """Raises StoreUnavailable."""


class LatestReports(Protocol):
    def all(self) -> Mapping[str, LiveReport]:
        """Raises StoreUnavailable."""


class PageRules(Protocol):
    """Who may watch. May raise StoreUnavailable."""

    def role_of(self, handshake: Handshake) -> Role: ...

    def is_private(self, handshake: Handshake) -> bool:
        """Whether guests are kept out."""

    def is_allowed_origin(self, origin: str) -> bool:
        """For an Origin other than the host's own: whether a setting lets it in."""


def is_own_origin(handshake: Handshake) -> bool:
    """Whether the page that opened the socket came from this host. A client that names no Origin did not."""
    origin = handshake.headers.get("origin", "")
    host = handshake.headers.get(ORIGINAL_HOST_HEADER) or handshake.headers.get("host", "")
    try:
        return bool(host) and urlsplit(origin).netloc.lower() == host.lower()
    except ValueError:
        return False


def is_admitted_origin(handshake: Handshake, rules: PageRules) -> bool:
    """The rule for every socket that browsers open: the host's own pages, and those a setting lets in."""
    return is_own_origin(handshake) or rules.is_allowed_origin(handshake.headers.get("origin", ""))


class LiveBoard:
    """The reports as they are shown, in the order of the list; kept for moments. Safe to call from several threads."""

    def __init__(self, nodes: NodePlaces, live: LatestReports, clock_ms: Callable[[], int]) -> None:
        self._nodes = nodes
        self._live = live
        self._clock_ms = clock_ms
        self._lock = threading.Lock()
        self._places: Sequence[NodePlace] = ()
        self._places_until_ms = 0
        self._reports: Mapping[str, LiveReport] = {}
        self._reports_until_ms = 0

    def answer(self, *, with_hidden: bool, only_uuid: str = "") -> dict[str, Any]:
        """Raises StoreUnavailable."""
        now_ms = self._clock_ms()
        with self._lock:  # who comes while it is read gets what was read
            if now_ms >= self._places_until_ms:
                found = sorted(self._nodes.places(), key=lambda place: place.weight)
                self._places, self._places_until_ms = found, now_ms + _NODES_KEPT_MS
            if now_ms >= self._reports_until_ms:
                self._reports, self._reports_until_ms = self._live.all(), now_ms + _REPORTS_KEPT_MS
            places, reports = self._places, self._reports
        shown = [
            reports[place.uuid]
            for place in places
            if place.uuid in reports
            and (with_hidden or not place.hidden)
            and (not only_uuid or place.uuid == only_uuid)
        ]
        return live_answer(shown, now_ms)


class PageSocket:
    """Implements shared.push.sockets.SocketKind."""

    name = PAGE_KIND

    def __init__(self, board: LiveBoard, rules: PageRules) -> None:
        self._board = board
        self._rules = rules

    def serves(self, handshake: Handshake) -> bool:
        return handshake.path == PAGE_PATH

    def connect(self, handshake: Handshake) -> Admission | Refusal:
        role = self._rules.role_of(handshake)
        if role == "guest" and self._rules.is_private(handshake):
            return Refusal(401)
        if not is_admitted_origin(handshake, self._rules):
            return Refusal(403)
        return Admission(CONNECTION_LIFETIME_SECONDS, principal=role)

    def receive(self, connection: Connection, text: str) -> Reply:
        word, _, uuid = text.strip().partition(" ")
        if word != "get" or len(uuid) > _MAX_UUID_CHARACTERS:
            return Reply({"status": "error", "error": "Invalid message"})
        try:
            return Reply(self._board.answer(with_hidden=connection.principal == "admin", only_uuid=uuid.strip()))
        except StoreUnavailable as unavailable:
            logger.warning("a page was not answered", extra={"operation": str(unavailable)})
            return Reply({"status": "error", "error": "The service is unavailable for the moment"})
