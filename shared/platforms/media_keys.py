"""What a platform calls the files it has been given (Telegram's file_id, Feishu's image_key and file_key): sent to
another chat of the same bot, a file need not be fetched and uploaded again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

# Telegram's ids and Feishu's keys are good for longer; KOOK's addresses are what changes.
KEPT_SECONDS = 86_400


class MediaKeys(Protocol):
    """``credential`` is whose keys they are (a destination's credential_key): a key is of use to its owner alone.
    Neither raises: without a key the file is uploaded, as it was the first time."""

    def find(self, credential: str, urls: Sequence[str]) -> Mapping[str, str]:
        """The keys of those addresses that were uploaded lately."""

    def keep(self, credential: str, keys: Mapping[str, str]) -> None:
        """Note what was uploaded, by address; "" forgets a key that is no longer taken."""


class NoMediaKeys:
    """Implements MediaKeys: every file is uploaded."""

    def find(self, credential: str, urls: Sequence[str]) -> Mapping[str, str]:
        return {}

    def keep(self, credential: str, keys: Mapping[str, str]) -> None:
        return None
