"""Looking for a newer version: nothing is asked unless told, and no failure is more than a note."""

from __future__ import annotations

import itertools
from typing import Any

import pytest

from shared.platforms.http import NoAnswer, NotSent
from shared.relay.updates import KEEP_FAILURE_SECONDS, KEEP_SECONDS, NotAFeed, UpdateFeed, newer, read_release
from tests.fakes.clock import FakeClock
from tests.fakes.scripted_http import ScriptedHttp, answer

URL = "https://api.github.com/repos/example/kook-relay/releases/latest"
GITHUB = {"tag_name": "v1.8.2", "body": "notes", "html_url": "https://github.com/example/kook-relay/releases/v1.8.2"}


class Scene:
    def __init__(self, *script: Any, url: str = URL, current: str = "1.8.1") -> None:
        self.http = ScriptedHttp(list(script))
        self.clock = FakeClock()
        self.feed = UpdateFeed(self.http, url, self.clock, current_version=current)


def test_by_default_nobody_is_asked() -> None:
    scene = Scene(url="")
    found = scene.feed.check()
    assert (found.current_version, found.latest.version, found.update_available) == ("1.8.1", "1.8.1", False)
    assert found.note == "not_configured"
    assert scene.http.requests == []


def test_a_newer_release_is_offered() -> None:
    found = Scene(answer(200, GITHUB)).feed.check()
    assert (found.latest.version, found.update_available, found.note) == ("1.8.2", True, "")
    assert (found.latest.notes, found.latest.url) == ("notes", GITHUB["html_url"])


def test_the_same_or_an_older_release_is_not() -> None:
    assert not Scene(answer(200, GITHUB), current="1.8.2").feed.check().update_available
    assert not Scene(answer(200, GITHUB), current="2.0.0").feed.check().update_available


@pytest.mark.parametrize(
    "failure",
    [
        NotSent("dns_failed", "no such host"),
        NotSent("destination_refused", "a private network", permanent=True),
        NoAnswer("timeout", "too slow"),
        answer(404, {"message": "Not Found"}),
        answer(302, {}),
        answer(200, b"<html>"),
        answer(200, ["1.0.0"]),
        answer(200, {"tag_name": "nightly"}),
        answer(200, {"tag_name": 7}),
    ],
)
def test_a_feed_that_fails_is_a_note_and_the_present_version(failure: Any) -> None:
    found = Scene(failure).feed.check()
    assert (found.latest.version, found.update_available, found.note) == ("1.8.1", False, "unreachable")
    assert found.reason


def test_answers_are_kept_and_failures_for_a_short_time() -> None:
    scene = Scene(NoAnswer("timeout", "slow"), answer(200, GITHUB), answer(200, {**GITHUB, "tag_name": "1.9.0"}))
    assert scene.feed.check().note == "unreachable"
    assert scene.feed.check().note == "unreachable"
    scene.clock.advance(KEEP_FAILURE_SECONDS)
    assert scene.feed.check().latest.version == "1.8.2"
    scene.clock.advance(KEEP_SECONDS - 1)
    assert scene.feed.check().latest.version == "1.8.2"
    scene.clock.advance(1)
    assert scene.feed.check().latest.version == "1.9.0"


ORDERED = ["1.0.0-alpha", "1.0.0-alpha.1", "1.0.0-alpha.beta", "1.0.0-beta", "1.0.0-beta.2", "1.0.0-beta.11",
           "1.0.0-rc.1", "1.0.0", "1.0.1", "1.2.0", "1.10.0", "2.0.0"]  # fmt: skip


@pytest.mark.parametrize(("older", "later"), list(itertools.pairwise(ORDERED)))
def test_versions_are_ordered_as_semver_says(older: str, later: str) -> None:
    assert newer(later, older)
    assert not newer(older, later)


def test_build_metadata_the_v_and_a_missing_patch_make_no_difference() -> None:
    assert not newer("v1.0.0+build.5", "1.0.0")
    assert not newer("1.0", "1.0.0")


@pytest.mark.parametrize("url", ["javascript:alert(1)", "ftp://x", "https://x y", 7, None, "https://" + "x" * 3000])
def test_a_download_address_is_a_web_address_or_nothing(url: Any) -> None:
    assert read_release({"tag_name": "1.0.0", "html_url": url}).url == ""


def test_a_plain_feed_is_understood_and_long_notes_are_cut() -> None:
    release = read_release({"version": "1.2.3", "notes": "x" * 100_000, "url": "https://example.com/"})
    assert (release.version, len(release.notes), release.url) == ("1.2.3", 20_000, "https://example.com/")


def test_what_is_no_version_is_refused() -> None:
    with pytest.raises(NotAFeed):
        newer("soon", "1.0.0")
