"""What the conformance suite needs to know about a platform to check it like every other.

A platform joins by a module ``harness_<name>.py`` here with a function ``open_harness()`` that is a context manager
over a ``Harness``, and by its line in conftest.py.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from shared.message.model import Author, MediaItem, QuotedMessage, RelayMessage
from shared.message.render_plain import render_plain
from shared.message.tree import Document, plain_document
from shared.platforms.base import Destination, Part, Platform, SendContext
from shared.platforms.http import RequestsHttpClient
from shared.platforms.media import FetchedMedia, KookMediaFetcher, MediaFetcher
from shared.platforms.outcomes import Delivered, Outcome, WaitScope
from shared.security.outbound import OutboundGuard, guarded_session
from tests.standins.assets import AssetStandIn
from tests.standins.server import Answer, ReceivedMessage, RecordedRequest, StandInServer

AUTHOR = "小明 Ming"
# Long enough for a loaded machine; of what never comes, short enough that its test is fast.
MEDIA_DEADLINE_SECONDS = 15.0
SLOW_MEDIA_DEADLINE_SECONDS = 1.0
SLOW_MEDIA = {"slow.png", "trickle.png", "endless.png"}
# A key of its own for every send: id(part) comes back once a part is gone, and Feishu posts a known key only once.
_send_numbers = itertools.count()


@dataclass(frozen=True)
class RateLimitCase:
    """A platform's way of saying "too many requests", and what has to become of it."""

    answer: Answer
    seconds: float | None
    scope: WaitScope


@dataclass
class Harness:
    """One platform with its stand-in, ready to send.

    ``secrets`` are strings that may appear nowhere. ``posts`` tells the requests that post a message from those that
    fetch tokens or upload. ``visible_text`` takes a received message's markup away. ``dead_destinations`` and
    ``server_errors`` are answers to a post. ``unreachable`` makes the platform with a base where nobody listens.
    ``takes_files`` is False where media can only be links. ``makes_missing_secrets`` is True where a secret that is
    not given is made, and only a malformed one is refused. ``reads_answers`` is False where the status alone says that
    a message was taken.
    """

    name: str
    platform: Platform
    destination: Destination
    stand_in: StandInServer
    assets: AssetStandIn
    secrets: Sequence[str]
    posts: Callable[[RecordedRequest], bool]
    visible_text: Callable[[str], str]
    rate_limits: Sequence[RateLimitCase]
    dead_destinations: Sequence[Answer]
    server_errors: Sequence[Answer]
    unreachable: Callable[[], Platform]
    takes_files: bool = True
    makes_missing_secrets: bool = False
    reads_answers: bool = True

    def compose(self, message: RelayMessage) -> list[Part]:
        """The message's parts after the way through the delivery record."""
        parts = self.platform.compose(message, self.destination, message.author.name)
        return [Part.from_dict(json.loads(json.dumps(part.to_dict()))) for part in parts]

    def send(self, part: Part, platform: Platform | None = None) -> Outcome:
        return (platform or self.platform).send(part, self.destination, SendContext(f"contract-{next(_send_numbers)}"))

    def deliver(self, message: RelayMessage) -> list[Delivered]:
        """Send every part, each of which must be delivered."""
        outcomes = []
        for part in self.compose(message):
            outcome = self.send(part)
            assert isinstance(outcome, Delivered), outcome
            outcomes.append(outcome)
        return outcomes

    def received(self) -> list[ReceivedMessage]:
        return self.stand_in.received()

    def received_text(self) -> str:
        """The text of all messages as a person reads it, one after another."""
        return "\n".join(self.visible_text(message.text) for message in self.received())

    def received_files(self) -> list[str]:
        return [file.name for message in self.received() for file in message.files]


def local_http() -> RequestsHttpClient:
    """An HTTP client like the real one, let through to the stand-ins."""
    return RequestsHttpClient(guarded_session(OutboundGuard(allow=["127.0.0.0/8"])))


class MediaFetcherByName:
    """The relay's own, with less patience for what is slow on purpose."""

    def __init__(self, assets: AssetStandIn) -> None:
        self._patient = KookMediaFetcher(local_http(), assets.base_url, MEDIA_DEADLINE_SECONDS)
        self._hasty = KookMediaFetcher(local_http(), assets.base_url, SLOW_MEDIA_DEADLINE_SECONDS)

    def fetch(self, item: MediaItem, *, max_bytes: int) -> FetchedMedia:
        fetcher = self._hasty if item.name in SLOW_MEDIA else self._patient
        return fetcher.fetch(item, max_bytes=max_bytes)


def media_fetcher(assets: AssetStandIn) -> MediaFetcher:
    return MediaFetcherByName(assets)


def unused_base_url() -> str:
    """An address where nobody listens: that of a server that has just stopped."""
    with StandInServer() as stopped:
        return stopped.base_url


def message(
    body: Document | str = "", media: Sequence[MediaItem] = (), quote: QuotedMessage | None = None, kind: str = "text"
) -> RelayMessage:
    document = plain_document(body) if isinstance(body, str) else body
    return RelayMessage(
        message_id="a0c9d2f4-0000-4000-8000-000000000001",
        channel_id="5511223344556677",
        kind=kind,
        author=Author("2418239356", AUTHOR, "https://img.kookapp.cn/avatars/2026-11/ming.png"),
        body=document,
        plain_text=render_plain(document),
        sent_at_ms=1_795_000_000_000,
        media=tuple(media),
        quote=quote,
    )


def with_size(item: MediaItem, size_bytes: int) -> MediaItem:
    return replace(item, size_bytes=size_bytes)
