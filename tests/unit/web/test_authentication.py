from __future__ import annotations

import pytest

from shared.security.tokens import token_digest
from shared.web.authentication import ApiTokenVerifier, Principal, is_open, open_route
from tests.fakes.clock import FakeClock

ADMINISTRATOR = Principal("administrator", "api_token")


class StoredDigests:
    def __init__(self, *tokens: str) -> None:
        self.digests = [token_digest(token) for token in tokens]
        self.reads = 0
        self.broken = False

    def __call__(self) -> list[str]:
        self.reads += 1
        if self.broken:
            raise OSError
        return self.digests


def test_a_stored_token_is_let_in_and_no_other() -> None:
    verifier = ApiTokenVerifier("", StoredDigests("right"))
    assert verifier.verify("right") == ADMINISTRATOR
    assert verifier.verify("wrong") is None
    assert verifier.verify(token_digest("right")) is None


def test_a_configured_token_replaces_the_stored_one() -> None:
    stored = StoredDigests("stored")
    verifier = ApiTokenVerifier("configured", stored)
    assert verifier.verify("configured") == ADMINISTRATOR
    assert verifier.verify("stored") is None
    assert stored.reads == 0


def test_without_any_token_nothing_is_let_in() -> None:
    verifier = ApiTokenVerifier("", StoredDigests())
    assert verifier.verify("") is None
    assert verifier.verify("anything") is None


def test_the_store_is_asked_once_in_a_while() -> None:
    clock, stored = FakeClock(), StoredDigests("old")
    verifier = ApiTokenVerifier("", stored, ttl_seconds=5, clock=clock)
    for _ in range(10):
        assert verifier.verify("old")
    assert stored.reads == 1
    stored.digests = [token_digest("new")]
    clock.advance(5)
    assert verifier.verify("old") is None
    assert verifier.verify("new") == ADMINISTRATOR


def test_a_store_that_fails_lets_nobody_in_and_is_asked_again() -> None:
    stored = StoredDigests("right")
    verifier = ApiTokenVerifier("", stored)
    stored.broken = True
    with pytest.raises(OSError):
        verifier.verify("right")
    stored.broken = False
    assert verifier.verify("right") == ADMINISTRATOR


def test_only_marked_views_are_open() -> None:
    def closed() -> None: ...

    @open_route
    def opened() -> None: ...

    assert is_open(opened)
    assert not is_open(closed)
    assert not is_open(None)
