"""Channel names taken apart for comparison: letters without decoration, words, and what the words mean."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from shared.relay.channel_translations import GENERIC_TERMS, TRANSLATIONS

# No platform has longer names; what is longer is compared by its beginning.
MAX_COMPARED_CHARACTERS = 200
_IDEOGRAPH_OR_KANA = (
    r"\u2e80-\u2fdf\u3005-\u3007\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
)
_WORD = re.compile(rf"[{_IDEOGRAPH_OR_KANA}]|[0-9]+|(?:(?![{_IDEOGRAPH_OR_KANA}])[^\W\d_])+|\d+")
_UNCHANGED_ENDINGS = ("ss", "us", "is", "news")

GENERIC = ""
_WHOLE_WEIGHT, _SINGLE_WEIGHT = 2, 1


@dataclass(frozen=True, slots=True)
class ChannelName:
    """One name, prepared.

    ``compact`` is its letters and digits without case; ``spaced`` its words between blanks, every Chinese character
    a word. ``terms`` are what it says: a key of the translation table behind "=" where there is one (``=rule``), else
    the word. ``weights`` gives each term's share, ``numbers`` the digits in it.
    """

    folded: str
    compact: str
    spaced: str
    words: tuple[str, ...]
    terms: tuple[str, ...]
    weights: Mapping[str, int]
    weight: int
    concepts: frozenset[str]
    numbers: tuple[str, ...]

    @property
    def sorted_terms(self) -> tuple[str, ...]:
        return tuple(sorted(self.terms))


def prepare_name(name: str) -> ChannelName:
    """Take a name apart. Any text will do; one without letters and digits has no words and equals only itself."""
    folded = unicodedata.normalize("NFKC", name[:MAX_COMPARED_CHARACTERS]).casefold()
    all_words = [singular(word) for word in _WORD.findall(folded)]
    words, terms = _meanings(all_words)
    weights = {term: _SINGLE_WEIGHT if len(term) == 1 or term.isdigit() else _WHOLE_WEIGHT for term in terms}
    return ChannelName(
        folded=" ".join(folded.split()),
        compact="".join(_WORD.findall(folded)),
        spaced=f" {' '.join(all_words)} ",
        words=words,
        terms=terms,
        weights=weights,
        weight=sum(weights.values()),
        concepts=frozenset(term for term in terms if term.startswith("=")),
        numbers=tuple(word for word in all_words if word.isdigit()),
    )


def singular(word: str) -> str:
    """An English word without its plural ending; the same for both sides of a comparison is all that counts."""
    if len(word) <= 3 or not word.isascii() or not word.endswith("s") or word.endswith(_UNCHANGED_ENDINGS):
        return word
    return f"{word[:-3]}y" if word.endswith("ies") and len(word) > 4 else word[:-1]


def _meanings(words: Sequence[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The words that count and the terms they stand for; generic words count only when there is nothing else."""
    kept_words: list[str] = []
    terms: list[str] = []
    meanings, longest = _dictionary()
    at = 0
    while at < len(words):
        length, meaning = _longest_term(words, at, meanings, longest)
        if meaning != GENERIC:
            kept_words += words[at : at + length]
            terms.append(meaning)
        at += length
    return (tuple(kept_words), tuple(terms)) if terms else (tuple(words), tuple(words))


def _longest_term(
    words: Sequence[str], at: int, meanings: Mapping[tuple[str, ...], str], longest: int
) -> tuple[int, str]:
    for length in range(min(longest, len(words) - at), 0, -1):
        meaning = meanings.get(tuple(words[at : at + length]))
        if meaning is not None:
            return length, meaning
    return 1, words[at]


@cache
def _dictionary() -> tuple[Mapping[tuple[str, ...], str], int]:
    """Every term of the table as words → its meaning, and the most words a term has."""
    meanings = dict.fromkeys(_as_words(GENERIC_TERMS), GENERIC)
    for key, chinese, english in TRANSLATIONS:
        meanings |= dict.fromkeys(_as_words((*chinese, *english)), f"={key}")
    return meanings, max(map(len, meanings))


def _as_words(terms: Iterable[str]) -> list[tuple[str, ...]]:
    return [tuple(singular(word) for word in _WORD.findall(term)) for term in terms]
