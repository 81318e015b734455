"""Topics: the names by which messages find their listeners.

A topic is the key of an index partition and the FIFO group of the push queue, so it is short and plain:
``relay``, ``robot:R1``.
"""

from __future__ import annotations

import re

MAX_TOPIC_CHARACTERS = 128
# What SQS takes as a message group id, without blanks.
_TOPIC = re.compile(r"[A-Za-z0-9_.:\-]{1,128}\Z")


class InvalidTopic(ValueError):
    """The text cannot be a topic."""


def topic(name: str, *keys: str) -> str:
    """``topic("robot", "R1")`` is ``robot:R1``. Raises InvalidTopic."""
    text = ":".join((name, *keys))
    if not _TOPIC.match(text):
        raise InvalidTopic(f"{len(text)} characters, of which some may not be used")
    return text
