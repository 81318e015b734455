"""Identifiers of the robots area, all from the system's random source."""

from __future__ import annotations

import secrets

# Without I, O, 0 and 1: people read these codes to each other.
CODE_ALPHABET = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"
CODE_LENGTH = 8
_RANDOM_ALPHABET = "abcdefghijklmnopqrstuvwxyz0123456789"
_RANDOM_LENGTH = 16
LOGIN_CODE_DIGITS = 6
# What is longer was not made here, and is no key that the table takes.
MAX_ID_CHARACTERS = 64


def new_activation_code() -> str:
    """Eight characters, 40 random bits."""
    return "".join(secrets.choice(CODE_ALPHABET) for _ in range(CODE_LENGTH))


def normalised_code(text: str) -> str:
    """The form in which a code is stored. What is foreign to the alphabet stays: such a code is simply unknown."""
    return text.strip().upper()


def stamped_id(prefix: str, now_ms: int) -> str:
    """``<prefix>_<ms>_<random>``, the contract's form, with 82 random bits: nobody guesses a neighbour's."""
    return f"{prefix}_{now_ms}_{''.join(secrets.choice(_RANDOM_ALPHABET) for _ in range(_RANDOM_LENGTH))}"


def new_login_code() -> str:
    return f"{secrets.randbelow(10**LOGIN_CODE_DIGITS):0{LOGIN_CODE_DIGITS}d}"
