from __future__ import annotations

import pytest

from shared.security.passwords import (
    DEFAULT_COST,
    MAX_PASSWORD_BYTES,
    PasswordTooLong,
    ScryptCost,
    hash_password,
    needs_rehash,
    password_matches,
)

CHEAP = ScryptCost(log2_n=4, r=8, p=1)


def test_a_password_matches_its_own_hash_only() -> None:
    stored = hash_password("密码 correct", CHEAP)
    assert password_matches("密码 correct", stored)
    assert not password_matches("密码 Correct", stored)
    assert not password_matches("", stored)
    assert "correct" not in stored


def test_equal_passwords_have_different_hashes() -> None:
    assert hash_password("same", CHEAP) != hash_password("same", CHEAP)


def test_the_default_cost_works_and_is_what_is_advised() -> None:
    assert DEFAULT_COST.memory_bytes == 32 * 1024 * 1024
    stored = hash_password("x")
    assert stored.startswith("scrypt$15$8$3$")
    assert password_matches("x", stored)


def test_a_hash_with_other_parameters_still_matches_and_asks_for_a_new_one() -> None:
    stored = hash_password("x", CHEAP)
    assert password_matches("x", stored)
    assert needs_rehash(stored)
    assert not needs_rehash(stored, CHEAP)


@pytest.mark.parametrize(
    "stored",
    [
        "",
        "scrypt$15$8$3$c2FsdA==",
        "bcrypt$4$8$1$c2FsdA==$aGFzaA==",
        "scrypt$x$8$1$c2FsdA==$aGFzaA==",
        "scrypt$-1$8$1$c2FsdA==$aGFzaA==",
        "scrypt$24$64$1$c2FsdA==$aGFzaA==",
        "scrypt$4$8$1$***$aGFzaA==",
        "scrypt$4$8$1$c2FsdA==$",
    ],
)
def test_what_was_not_written_here_matches_nothing(stored: str) -> None:
    assert not password_matches("x", stored)
    assert not password_matches("", stored)
    assert needs_rehash(stored)


def test_a_password_beyond_the_limit_is_refused_before_it_is_hashed() -> None:
    with pytest.raises(PasswordTooLong):
        hash_password("x" * (MAX_PASSWORD_BYTES + 1), CHEAP)
    assert not password_matches("x" * (MAX_PASSWORD_BYTES + 1), hash_password("x", CHEAP))
