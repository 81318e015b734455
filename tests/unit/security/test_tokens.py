from __future__ import annotations

import hashlib

import pytest

from shared.security.tokens import DefaultSecret, new_token, refuse_default_token, token_digest, token_matches


def test_tokens_are_long_url_safe_and_never_the_same() -> None:
    tokens = {new_token() for _ in range(100)}
    assert len(tokens) == 100
    assert all(len(token) == 43 and token.replace("-", "").replace("_", "").isalnum() for token in tokens)


def test_a_digest_is_the_sha256_of_the_token() -> None:
    assert token_digest("令牌") == hashlib.sha256("令牌".encode()).hexdigest()


def test_a_token_matches_its_own_digest_among_others() -> None:
    token = new_token()
    assert token_matches(token, [token_digest("other"), token_digest(token)])
    assert token_matches(token, [token_digest(token), token_digest("other")])
    assert not token_matches(token, [token_digest("other")])
    assert not token_matches(token, [])
    assert not token_matches("", [token_digest(token), ""])
    assert not token_matches("\ud800", [token_digest(token), "not ascii: 令"])


@pytest.mark.parametrize("token", ["changeme", " ChangeMe ", "your-secret-key", "password", "hunter2", "", "       "])
def test_guessable_tokens_are_refused(token: str) -> None:
    with pytest.raises(DefaultSecret):
        refuse_default_token(token)


def test_a_refused_token_is_not_quoted() -> None:
    with pytest.raises(DefaultSecret) as refusal:
        refuse_default_token("hunter2")
    assert "hunter2" not in str(refusal.value)


def test_a_chosen_token_is_taken() -> None:
    refuse_default_token(new_token())
    refuse_default_token("correct horse battery")
