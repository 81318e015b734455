"""Text as it has to be before it can be measured or sent."""

from __future__ import annotations


def utf16_units(text: str) -> int:
    """How many UTF-16 code units the text has (an emoji outside the basic plane has two)."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def utf8_bytes(text: str) -> int:
    return len(text.encode("utf-8", "surrogatepass"))


def well_formed(text: str) -> str:
    """The text with halves of surrogate pairs joined, or replaced by U+FFFD when they are alone.

    JSON can carry a lone half (``"\\ud83d"``); no UTF-8 request can.
    """
    if text.isascii():
        return text
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def one_line(text: str, max_characters: int) -> str:
    """``text`` with every run of white space as one blank, cut to ``max_characters`` code points."""
    line = " ".join(text.split())
    return line if len(line) <= max_characters else line[: max_characters - 1] + "…"
