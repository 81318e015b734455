"""How messages that this software posts to KOOK are known again when KOOK sends them back as events."""

from __future__ import annotations

# KOOK gives a message's nonce back in its event (message.md): an event whose nonce begins with this is an echo.
NONCE_MARKER = "kook-relay:"


def marked_nonce(key: str) -> str:
    """The nonce of a message posted to KOOK; ``key`` tells one message from another."""
    return NONCE_MARKER + key


def is_own_nonce(nonce: str) -> bool:
    return nonce.startswith(NONCE_MARKER)
