"""Signed tokens: what is refused matters more than what is let through."""

from __future__ import annotations

import base64
import json
from typing import Any

import jwt
import pytest

from shared.security.jwt_tokens import ISSUER, Claims, JwtTokens, TokenInvalid
from tests.fakes.clock import FakeClock

KEY = bytes(range(32))
CLAIMS = Claims("user", "7", 3)


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def tokens(clock: FakeClock) -> JwtTokens:
    return JwtTokens(KEY, clock)


def payload(clock: FakeClock, **changes: Any) -> dict[str, Any]:
    now = int(clock())
    whole = {"iss": ISSUER, "aud": "api", "sub": "7", "iat": now, "exp": now + 60, "kind": "user", "ver": 3}
    return {name: value for name, value in (whole | changes).items() if value is not None}


def test_a_token_says_whom_it_is_for_until_it_ends(tokens: JwtTokens, clock: FakeClock) -> None:
    signed = tokens.sign(CLAIMS, "api", int(clock()) + 60)
    assert tokens.open(signed.text, "api") == CLAIMS
    clock.advance(59)
    assert tokens.open(signed.text, "api") == CLAIMS
    clock.advance(1)
    with pytest.raises(TokenInvalid):
        tokens.open(signed.text, "api")


def test_the_payload_written_by_hand_in_these_tests_is_what_is_accepted(tokens: JwtTokens, clock: FakeClock) -> None:
    assert tokens.open(jwt.encode(payload(clock), KEY, algorithm="HS256"), "api") == CLAIMS


@pytest.mark.parametrize(
    "changes",
    [
        {"aud": "other"},
        {"iss": "somebody"},
        *({name: None} for name in ("iss", "aud", "sub", "exp", "iat", "kind", "ver")),
        {"ver": True},
        {"ver": "3"},
        {"kind": 1},
        {"exp": 9e30},
        {"exp": "never"},
    ],
)
def test_a_token_with_a_wrong_or_missing_claim_is_refused(
    tokens: JwtTokens, clock: FakeClock, changes: dict[str, Any]
) -> None:
    with pytest.raises(TokenInvalid):
        tokens.open(jwt.encode(payload(clock, **changes), KEY, algorithm="HS256"), "api")


@pytest.mark.parametrize("algorithm", ["HS384", "HS512"])
def test_only_the_one_algorithm_is_taken(tokens: JwtTokens, clock: FakeClock, algorithm: str) -> None:
    with pytest.raises(TokenInvalid):
        tokens.open(jwt.encode(payload(clock), KEY * 2, algorithm=algorithm), "api")


def test_a_token_without_a_signature_is_refused(tokens: JwtTokens, clock: FakeClock) -> None:
    def part(value: dict[str, Any]) -> str:
        return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()

    unsigned = f"{part({'alg': 'none', 'typ': 'JWT'})}.{part(payload(clock))}."
    with pytest.raises(TokenInvalid):
        tokens.open(unsigned, "api")


@pytest.mark.parametrize("text", ["", "a.b.c", "a", "é.é.é", "." * 50])
def test_what_is_no_token_is_refused(tokens: JwtTokens, text: str) -> None:
    with pytest.raises(TokenInvalid):
        tokens.open(text, "api")


def test_another_key_opens_nothing(tokens: JwtTokens, clock: FakeClock) -> None:
    with pytest.raises(TokenInvalid):
        JwtTokens(KEY[::-1], clock).open(tokens.sign(CLAIMS, "api", int(clock()) + 60).text, "api")


def test_a_short_key_is_refused_and_a_token_is_not_shown(tokens: JwtTokens, clock: FakeClock) -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        JwtTokens(KEY[:-1], clock)
    signed = tokens.sign(CLAIMS, "api", 1)
    assert signed.text not in repr(signed)
