"""What stores ask of the vault, and reading a record although one of its seals is broken."""

from __future__ import annotations

from typing import Protocol

from shared.security.vault import SealBroken


class Sealer(Protocol):
    """The part of shared.security.vault.Vault that stores use. ``record`` and ``field`` are bound to the value."""

    def seal(self, plaintext: str, *, record: str, field: str) -> str:
        """Empty text stays empty."""

    def unseal(self, sealed: str, *, record: str, field: str) -> str:
        """Raises SealBroken."""


def opened_or_none(sealer: Sealer, sealed: str, *, record: str, field: str) -> str | None:
    """The text, or None when the seal does not open: one damaged field must not hide all other records."""
    if not sealed:
        return ""
    try:
        return sealer.unseal(sealed, record=record, field=field)
    except SealBroken:
        return None
