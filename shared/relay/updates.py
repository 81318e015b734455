"""Whether there is a newer version, from a feed that the operator names. By default there is none, and nothing is
asked of anybody.

The feed is JSON over HTTP: GitHub's ``releases/latest`` (``tag_name``, ``body``, ``html_url``) or the plain names
``version``, ``notes``, ``url``.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from shared.platforms.http import HttpClient, NoAnswer, NotSent
from shared.version import VERSION

TIMEOUT_SECONDS = 4.0
MAX_FEED_BYTES = 512 * 1024
MAX_NOTES_CHARACTERS = 20_000
KEEP_SECONDS = 3600.0
KEEP_FAILURE_SECONDS = 60.0

# https://semver.org/#spec-item-11, with the leading v of many tags.
_VERSION = re.compile(r"v?(\d{1,9})\.(\d{1,9})(?:\.(\d{1,9}))?(?:-([0-9A-Za-z.-]{1,64}))?(?:\+[0-9A-Za-z.-]{1,64})?\Z")
_URL = re.compile(r"https?://[^\s\"'<>\x00-\x1f\x7f]{1,2000}\Z")

CheckNote: TypeAlias = Literal["", "not_configured", "unreachable"]


class NotAFeed(ValueError):
    """The answer is no feed; the text says why and quotes nothing."""


@dataclass(frozen=True, slots=True)
class Release:
    version: str
    notes: str
    url: str


@dataclass(frozen=True, slots=True)
class UpdateCheck:
    """``note`` says why nothing was learnt, with ``reason`` beside it."""

    current_version: str
    latest: Release
    update_available: bool
    note: CheckNote = ""
    reason: str = ""


class UpdateFeed:
    """Asks the feed at most once an hour, once a minute while it fails. ``clock`` is monotonic, in seconds."""

    def __init__(
        self, http: HttpClient, feed_url: str, clock: Callable[[], float], *, current_version: str = VERSION
    ) -> None:
        self._http = http
        self._feed_url = feed_url
        self._clock = clock
        self._current = current_version
        self._lock = threading.Lock()
        self._known: UpdateCheck | None = None
        self._known_until = float("-inf")

    def check(self) -> UpdateCheck:
        """Never raises for what the network or the feed does."""
        if not self._feed_url:
            return self._nothing_learnt("not_configured")
        with self._lock:
            if self._known is not None and self._clock() < self._known_until:
                return self._known
            try:
                release = self._ask()
                found = UpdateCheck(self._current, release, newer(release.version, self._current))
                keep_seconds = KEEP_SECONDS
            except (NotSent, NoAnswer) as error:
                found, keep_seconds = self._nothing_learnt("unreachable", error.code), KEEP_FAILURE_SECONDS
            except NotAFeed as error:
                found, keep_seconds = self._nothing_learnt("unreachable", str(error)), KEEP_FAILURE_SECONDS
            self._known, self._known_until = found, self._clock() + keep_seconds
            return found

    def _ask(self) -> Release:
        answer = self._http.request(
            "GET",
            self._feed_url,
            headers={"Accept": "application/json", "User-Agent": f"kook-relay/{self._current}"},
            timeout_seconds=TIMEOUT_SECONDS,
            max_response_bytes=MAX_FEED_BYTES,
        )
        if answer.status != 200:
            raise NotAFeed(f"HTTP {answer.status}")
        try:
            return read_release(answer.json())
        except ValueError as error:
            raise NotAFeed(str(error) if isinstance(error, NotAFeed) else "not JSON") from None

    def _nothing_learnt(self, note: CheckNote, reason: str = "") -> UpdateCheck:
        return UpdateCheck(self._current, Release(self._current, "", ""), False, note, reason)


def read_release(raw: Any) -> Release:
    """Raises NotAFeed."""
    if not isinstance(raw, dict):
        raise NotAFeed("not an object")
    tag = raw.get("tag_name", raw.get("version"))
    if not isinstance(tag, str) or _VERSION.match(tag) is None:
        raise NotAFeed("no version in it")
    notes, url = raw.get("body", raw.get("notes")), raw.get("html_url", raw.get("url"))
    return Release(
        version=tag.removeprefix("v"),
        notes=notes[:MAX_NOTES_CHARACTERS] if isinstance(notes, str) else "",
        url=url if isinstance(url, str) and _URL.match(url) else "",
    )


def newer(version: str, than: str) -> bool:
    """Whether a version comes after another by Semantic Versioning. Raises NotAFeed for what is no version."""
    return _precedence(version) > _precedence(than)


def _precedence(version: str) -> tuple[Any, ...]:
    found = _VERSION.match(version)
    if found is None:
        raise NotAFeed("not a version")
    major, minor, patch, pre_release = found.groups()
    numbers = (int(major), int(minor), int(patch or 0))
    if pre_release is None:
        return (*numbers, 1, ())
    # Numbers go before words, and among themselves by value.
    parts = tuple(
        (0, int(part), "") if part.isascii() and part.isdigit() else (1, 0, part) for part in pre_release.split(".")
    )
    return (*numbers, 0, parts)
