"""Which of many channels is meant by a channel's name elsewhere: pure, in memory, and fast enough for large servers.

Names are compared in their letters, their words, the meaning of their words in Chinese and English, and last by how
little has to be changed to turn one into the other (rapidfuzz). Every suggestion says how sure it is and why.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from heapq import nsmallest
from typing import TypeAlias

from shared.relay.channel_names import ChannelName, prepare_name

DEFAULT_MINIMUM_CONFIDENCE = 0.5

EXACT_CONFIDENCE = 1.0
SAME_WORDS_CONFIDENCE = 0.95
TRANSLATED_CONFIDENCE = 0.9
# A name within the other: from 0.5 for a small part of it towards 0.85.
_PART_BASE, _PART_SPAN = 0.5, 0.35
_OVERLAP_SPAN = 0.75
# Squared, so that every further difference costs more: one typing error in ten letters gives 0.69, three give 0.42.
_SIMILARITY_SPAN = 0.85
_LEAST_PART_WEIGHT = 2
# "news 1" is not "news 2", however alike they look.
_OTHER_NUMBER_FACTOR = 0.6
# Confidences are given in hundredths: what rounds up to the wanted one is wanted.
_HALF_A_HUNDREDTH = 0.005

_Found: TypeAlias = "dict[int, tuple[float, MatchReason]]"


class MatchReason(StrEnum):
    """Why two names were matched; worded for readers in api/smart_mapping_texts.py."""

    EXACT = "exact"
    SAME_WORDS = "same_words"
    TRANSLATION = "translation"
    CONTAINS = "contains"
    TRANSLATED_PART = "translated_part"
    SHARED_WORDS = "shared_words"
    SIMILAR = "similar"


@dataclass(frozen=True, slots=True)
class Match:
    """``target`` is the position in the list of targets, ``confidence`` from 0 to 1 in hundredths."""

    target: int
    confidence: float
    reason: MatchReason


class ChannelMatcher:
    """Compares names with one set of targets. Each target has one name or several, of which the best one counts."""

    def __init__(self, targets: Iterable[Sequence[str]]) -> None:
        self._names: list[ChannelName] = []
        self._target_of_name: list[int] = []
        for target, names in enumerate(targets):
            self._names += map(prepare_name, names)
            self._target_of_name += [target] * len(names)
        self._by_letters: dict[str, list[int]] = defaultdict(list)
        self._by_terms: dict[tuple[str, ...], list[int]] = defaultdict(list)
        self._by_concept: dict[str, list[int]] = defaultdict(list)
        self._by_numbers: dict[tuple[str, ...], dict[int, str]] = defaultdict(dict)
        self._spaced = [name.spaced for name in self._names]
        for position, name in enumerate(self._names):
            self._index(position, name)

    def _index(self, position: int, name: ChannelName) -> None:
        self._by_letters[name.compact or name.folded].append(position)
        self._by_terms[_terms_key(name)].append(position)
        for concept in name.concepts:
            self._by_concept[concept].append(position)
        if name.compact:
            self._by_numbers[name.numbers][position] = name.compact

    def matches(
        self, name: str, *, minimum: float = DEFAULT_MINIMUM_CONFIDENCE, limit: int | None = None
    ) -> list[Match]:
        """The targets that ``name`` may mean with at least ``minimum`` confidence, the best first; equals keep the
        order of the targets."""
        prepared = prepare_name(name)
        found: _Found = {}
        self._find_equal(prepared, found)
        if prepared.compact:
            self._find_parts(prepared, found)
            self._find_shared_meanings(prepared, found)
            self._find_similar(prepared, minimum, found)
        return self._best(found, minimum, limit)

    def _find_equal(self, name: ChannelName, found: _Found) -> None:
        for position in self._by_letters.get(name.compact or name.folded, ()):
            _keep(found, position, EXACT_CONFIDENCE, MatchReason.EXACT)
        if not name.compact:
            return
        for position in self._by_terms.get(_terms_key(name), ()):
            if sorted(self._names[position].words) == sorted(name.words):
                _keep(found, position, SAME_WORDS_CONFIDENCE, MatchReason.SAME_WORDS)
            else:
                _keep(found, position, TRANSLATED_CONFIDENCE, MatchReason.TRANSLATION)

    def _find_parts(self, name: ChannelName, found: _Found) -> None:
        spaced, is_part = name.spaced, name.weight >= _LEAST_PART_WEIGHT
        for position, other in enumerate(self._spaced):
            if other in spaced or (is_part and spaced in other):
                self._keep_part(name, position, found)

    def _keep_part(self, name: ChannelName, position: int, found: _Found) -> None:
        other = self._names[position]
        shorter, longer = sorted((name, other), key=lambda one: len(one.compact))
        if not shorter.compact or shorter.weight < _LEAST_PART_WEIGHT:
            return
        confidence = _PART_BASE + _PART_SPAN * len(shorter.compact) / len(longer.compact)
        _keep(found, position, confidence * _number_factor(name, other), MatchReason.CONTAINS)

    def _find_shared_meanings(self, name: ChannelName, found: _Found) -> None:
        positions = {position for concept in name.concepts for position in self._by_concept.get(concept, ())}
        for position in positions:
            other = self._names[position]
            shared = sum(weight for term, weight in name.weights.items() if term in other.weights)
            ratio = shared / max(name.weight, other.weight)
            if shared >= min(name.weight, other.weight):
                confidence, reason = _PART_BASE + _PART_SPAN * min(ratio, 1.0), MatchReason.TRANSLATED_PART
            else:
                confidence, reason = _OVERLAP_SPAN * ratio, MatchReason.SHARED_WORDS
            _keep(found, position, confidence * _number_factor(name, other), reason)

    def _find_similar(self, name: ChannelName, minimum: float, found: _Found) -> None:
        # Here, because its import takes 20 ms that every cold start of the API would pay.
        from rapidfuzz import process
        from rapidfuzz.distance import Levenshtein

        least = (minimum - _HALF_A_HUNDREDTH) / _SIMILARITY_SPAN
        alike = process.extract(
            name.compact,
            self._by_numbers.get(name.numbers, {}),
            scorer=Levenshtein.normalized_similarity,
            processor=None,
            score_cutoff=min(max(least, 0.0), 1.0) ** 0.5,
            limit=None,
        )
        for _, similarity, position in alike:
            _keep(found, position, _SIMILARITY_SPAN * similarity**2, MatchReason.SIMILAR)

    def _best(self, found: _Found, minimum: float, limit: int | None) -> list[Match]:
        best: _Found = {}
        for position, (confidence, reason) in found.items():
            _keep(best, self._target_of_name[position], confidence, reason)
        matches = [
            Match(target, round(confidence, 2), reason)
            for target, (confidence, reason) in best.items()
            if round(confidence, 2) >= minimum
        ]
        order = [(-match.confidence, match.target, match) for match in matches]
        kept = sorted(order) if limit is None else nsmallest(limit, order)
        return [match for _, _, match in kept]


def _terms_key(name: ChannelName) -> tuple[str, ...]:
    """Words of known meaning may change places; other Chinese characters in another order are another word."""
    return name.sorted_terms if name.concepts or all(len(term) > 1 for term in name.terms) else name.terms


def _number_factor(first: ChannelName, second: ChannelName) -> float:
    differ = bool(first.numbers) and bool(second.numbers) and first.numbers != second.numbers
    return _OTHER_NUMBER_FACTOR if differ else 1.0


def _keep(found: _Found, key: int, confidence: float, reason: MatchReason) -> None:
    present = found.get(key)
    if present is None or present[0] < confidence:
        found[key] = (confidence, reason)
