"""An author's name as a webhook's ``username``.

Discord takes 1-80 code points after trimming, refuses names with "discord" or "clyde" in them and the names
"everyone" and "here" (developers/resources/webhook and user; error codes USERNAME_INVALID_CONTAINS and
USERNAME_INVALID), and says that there are more rules: a name it refuses all the same is replaced when it is sent.
"""

from __future__ import annotations

import re
import unicodedata

import regex

from shared.platforms.discord_settings import MAX_USERNAME_CHARACTERS

FALLBACK_USERNAME = "KOOK user"

_FORBIDDEN_INSIDE = re.compile("discord|clyde", re.IGNORECASE)
_FORBIDDEN_NAMES = frozenset({"everyone", "here"})
_HAIR_SPACE = "\u200a"
_ZERO_WIDTH_JOINER = "\u200d"
# Between emoji it holds one picture together; beside a letter it is invisible, and Discord drops it.
_JOINER_BESIDE_LETTER = re.compile(rf"(?<=\w){_ZERO_WIDTH_JOINER}|{_ZERO_WIDTH_JOINER}(?=\w)")


def discord_username(label: str) -> str:
    """``label`` changed as little as it takes: invisible characters go, forbidden words get a hair space."""
    visible = "".join(
        character
        for character in label
        if character.isspace() or character == _ZERO_WIDTH_JOINER or unicodedata.category(character)[0] != "C"
    )
    name = _JOINER_BESIDE_LETTER.sub("", " ".join(visible.split())).strip(_ZERO_WIDTH_JOINER + " ")
    name = _FORBIDDEN_INSIDE.sub(lambda match: _broken_up(match[0]), name)
    if name.casefold() in _FORBIDDEN_NAMES:
        name = _broken_up(name)
    return _cut(name, MAX_USERNAME_CHARACTERS).strip() or FALLBACK_USERNAME


def _broken_up(word: str) -> str:
    return word[0] + _HAIR_SPACE + word[1:]


def _cut(name: str, max_characters: int) -> str:
    """At most that many code points, and no half of a flag, a family or a letter with accents at the end."""
    if len(name) <= max_characters:
        return name
    kept = ""
    for grapheme in regex.findall(r"\X", name):
        if len(kept) + len(grapheme) > max_characters:
            break
        kept += grapheme
    return kept or name[:max_characters]
