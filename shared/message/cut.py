"""Cutting a document into pieces that each fit a target, without breaking markup and without losing a character.

The tree is laid out once as a row of leaves, each knowing the nodes around it. A piece is a range of that row with
its surroundings rebuilt, so every piece is balanced by construction: a code block stays a code block of its language,
a quote a quote, a link keeps its address.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator
from itertools import pairwise

import regex

from shared.message.leaves import Leaf, build_document, document_leaves
from shared.message.render_plain import render_plain
from shared.message.text import BARE_URL, clean_text
from shared.message.tree import Document

Fits = Callable[[Document], bool]

_FIRST_GUESS = 4096
# Finding the very last character that fits takes a rendering for each halving. Where a rendering is dear, because a
# piece has many leaves or is long, it may stay below what would fit by one part in ``_COARSE_PARTS``.
_FINE_LEAVES = 64
_FINE_LENGTH = 8192
_COARSE_PARTS = 64
# How much of the possible length a cut at each kind of boundary must keep: a heading should not go out alone because
# a paragraph ends there, nor a single word because the rest is Chinese without spaces.
_PARAGRAPH_SHARE, _LINE_SHARE, _SENTENCE_SHARE, _WORD_SHARE = 0.25, 0.25, 1 / 3, 1 / 8

_PARAGRAPH_END = re.compile(r"(?=\n[ \t]*\n)")
_LINE_END = re.compile(r"(?=\n)")
_SENTENCE_END = re.compile(r"(?:[。！？]|[.!?…](?=\s))[”’」』）】\"')]*")
_WORD_END = re.compile(r"(?<=\S)(?=\s)")
_GRAPHEME = regex.compile(r"\X")
_WHITE_SPACE = re.compile(r"\s*")
# How far behind a boundary its pattern may look.
_LOOK_AHEAD = 64


def split_document(document: Document, fits: Fits) -> list[Document]:
    """Cut ``document`` into pieces for which ``fits`` holds, in order; together they hold every character but the
    white space at the cuts. A document that fits (or has no content) is given back as it is, empty as no piece.

    ``fits`` should tell the truth for shorter pieces too: what fits still fits when characters are taken from its end.

    Raises:
        ValueError: one single character does not fit.
    """
    if not document.blocks:
        return []
    if fits(document):
        return [document]
    return list(_Splitter(document, fits).pieces())


def take_excerpt(content: Document | str, limit: int) -> str:
    """The beginning of ``content`` as one line of plain text of at most ``limit`` code points, ending in ``…`` where
    it was cut."""
    text = " ".join((clean_text(content) if isinstance(content, str) else render_plain(content)).split())
    if len(text) <= limit:
        return text
    if limit < 1:
        return ""
    end = 0
    for grapheme in _GRAPHEME.finditer(text):
        if grapheme.end() > limit - 1:
            break
        end = grapheme.end()
    return text[:end].rstrip() + "…"


class _Splitter:
    def __init__(self, document: Document, fits: Fits) -> None:
        self._fits = fits
        self._leaves = document_leaves(document, fits)
        self._text = "".join(leaf.text for leaf in self._leaves)
        self._starts: list[int] = []
        position = 0
        for leaf in self._leaves:
            self._starts.append(position)
            position += len(leaf.text)
        self._block_ends = [
            start
            for (before, after), start in zip(pairwise(self._leaves), self._starts[1:], strict=True)
            if before.block is not after.block
        ]
        self._whole_starts, self._whole_ends = self._wholes()
        self._guess = _FIRST_GUESS

    def _wholes(self) -> tuple[list[int], list[int]]:
        """Ranges better not cut: bare addresses, mentions and emoji. They may overlap only by being equal."""
        spans = [
            (start, start + len(leaf.text))
            for leaf, start in zip(self._leaves, self._starts, strict=True)
            if leaf.is_whole
        ]
        spans += [found.span() for found in BARE_URL.finditer(self._text)]
        spans.sort()
        return [start for start, _ in spans], [end for _, end in spans]

    def pieces(self) -> Iterator[Document]:
        start = self._after_white_space(0)
        content_end = len(self._text.rstrip())
        while start < content_end:
            end = self._end_of_piece(start)
            yield self._slice(start, end)
            start = self._after_white_space(end)

    def _end_of_piece(self, start: int) -> int:
        longest = self._longest_fitting(start)
        self._guess = longest - start
        if longest == len(self._text):
            return longest
        for end in self._boundaries(start, longest):
            if end == longest or self._fits(self._slice(start, end)):
                return end
        return longest

    def _longest_fitting(self, start: int) -> int:
        """The end of the longest range from ``start`` that fits (or nearly, in dense markup): looked for around the
        length of the piece before, so that little more than one piece is rendered a few times."""
        fitting, end = self._bracket(start)
        while end - fitting > self._tolerance(start, fitting):
            middle = (fitting + end) // 2
            if self._fits(self._slice(start, middle)):
                fitting = middle
            else:
                end = middle
        if fitting == start:
            raise ValueError("a single character does not fit into a piece")
        return fitting

    def _bracket(self, start: int) -> tuple[int, int]:
        """An end that fits (or ``start``) and a later one that does not, found by doubling steps from the guess; twice
        the end of the text when all of it fits."""
        total = len(self._text)
        step = max(self._guess // _COARSE_PARTS, 1)
        end = min(total, start + self._guess)
        if self._fits(self._slice(start, end)):
            while end < total:
                fitting, end, step = end, min(total, end + step), 2 * step
                if not self._fits(self._slice(start, end)):
                    return fitting, end
            return total, total
        while end - step > start:
            refused, end, step = end, end - step, 2 * step
            if self._fits(self._slice(start, end)):
                return end, refused
        return start, end

    def _tolerance(self, start: int, end: int) -> int:
        leaves = bisect_left(self._starts, end) - bisect_right(self._starts, start) + 1
        is_fine = leaves <= _FINE_LEAVES and end - start <= _FINE_LENGTH
        return 1 if is_fine else max((end - start) // _COARSE_PARTS, 1)

    def _boundaries(self, start: int, longest: int) -> Iterator[int]:
        """Where to end the piece, best first; all in (start, longest]."""
        length = longest - start
        paragraph = max(self._last_block_end(start, longest), self._last(_PARAGRAPH_END, start, longest))
        candidates = (
            (paragraph, _PARAGRAPH_SHARE),
            (self._last(_LINE_END, start, longest), _LINE_SHARE),
            (self._last(_SENTENCE_END, start, longest), _SENTENCE_SHARE),
            (self._last(_WORD_END, start, longest), _WORD_SHARE),
        )
        for end, share in candidates:
            if end > start and end - start >= share * length and self._outside_wholes(end) == end:
                yield end
        outside = self._outside_wholes(longest)
        if outside - start >= _WORD_SHARE * length and outside < longest:
            yield outside
        grapheme = self._grapheme_end(start, longest)
        if grapheme > start:
            yield grapheme

    def _last_block_end(self, start: int, longest: int) -> int:
        index = bisect_right(self._block_ends, longest) - 1
        return self._block_ends[index] if index >= 0 and self._block_ends[index] > start else start

    def _last(self, pattern: re.Pattern[str], start: int, longest: int) -> int:
        """The end of the last match that ends in (start, longest]; ``start`` when there is none."""
        last = start
        for found in pattern.finditer(self._text, start, longest + _LOOK_AHEAD):
            if found.end() > longest:
                break
            last = found.end()
        return last

    def _outside_wholes(self, position: int) -> int:
        """``position``, or the start of what it would cut that is better kept whole."""
        index = bisect_left(self._whole_starts, position) - 1
        if index >= 0 and self._whole_starts[index] < position < self._whole_ends[index]:
            return self._whole_starts[index]
        return position

    def _grapheme_end(self, start: int, longest: int) -> int:
        last = start
        for found in _GRAPHEME.finditer(self._text, start, longest + _LOOK_AHEAD):
            if found.end() > longest:
                break
            last = found.end()
        return last

    def _after_white_space(self, position: int) -> int:
        """Skip the white space at a cut. Inside code only one line's end goes: the rest is indentation."""
        index = bisect_right(self._starts, position) - 1
        while 0 <= index < len(self._leaves):
            leaf, start = self._leaves[index], self._starts[index]
            if leaf.is_code_block:
                inside = start < position < start + len(leaf.text)
                return position + 1 if inside and self._text[position] == "\n" else position
            found = _WHITE_SPACE.match(self._text, position, start + len(leaf.text))
            assert found is not None
            position = found.end()
            if position < start + len(leaf.text):
                return position
            index += 1
        return position

    def _slice(self, start: int, end: int) -> Document:
        first = bisect_right(self._starts, start) - 1
        parts: list[tuple[Leaf, int, int]] = []
        for index in range(first, len(self._leaves)):
            offset, leaf = self._starts[index], self._leaves[index]
            if offset >= end:
                break
            parts.append((leaf, max(start - offset, 0), min(end - offset, len(leaf.text))))
        return build_document(parts)
