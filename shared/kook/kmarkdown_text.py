"""Plain text in KMarkdown: what a backslash stands before, and the names of emoji."""

from __future__ import annotations

import re

import emoji

ESCAPABLE = frozenset("!()*-.:>[\\]`~")

_UNESCAPE = re.compile(r"\\([!()*\-.:>\[\\\]`~])")


def unescape(text: str) -> str:
    """Undo the backslash where KOOK does; elsewhere a backslash is text."""
    return _UNESCAPE.sub(r"\1", text)


def expand_shortcodes(text: str) -> str:
    """``text`` with the known ``:shortcodes:`` as Unicode emoji; unknown ones stay as they are."""
    return str(emoji.emojize(text, language="alias"))
