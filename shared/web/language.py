"""Which language an answer is written in."""

from __future__ import annotations

from functools import lru_cache
from typing import Literal, TypeAlias

from werkzeug.datastructures import LanguageAccept
from werkzeug.http import parse_accept_header

Language: TypeAlias = Literal["zh", "en"]
LANGUAGES: tuple[Language, ...] = ("zh", "en")
MAX_HEADER_CHARACTERS = 512
# Browsers send a handful of different headers, the same with every request; reading one costs as much as a small view.
_HEADERS_REMEMBERED = 256


def choose_language(accept_language: str, default: Language) -> Language:
    """The best of the languages the client accepts (RFC 9110 12.5.4), the default when it names none of ours.

    ``*`` means "anything", so it gives the default too.
    """
    return _choose(accept_language[:MAX_HEADER_CHARACTERS], default)


@lru_cache(_HEADERS_REMEMBERED)
def _choose(accept_language: str, default: Language) -> Language:
    accepted = parse_accept_header(accept_language, LanguageAccept)
    # Werkzeug answers `*` with the first choice: put the default there.
    choices = sorted(LANGUAGES, key=lambda language: language != default)
    chosen = accepted.best_match(choices, default)
    return "en" if chosen == "en" else "zh"
