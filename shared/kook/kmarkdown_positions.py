"""Where the things lie that the KMarkdown scanner looks ahead for: collected once, then found by bisection."""

from __future__ import annotations

import re
from bisect import bisect_left
from functools import cached_property

_BACKTICK_RUN = re.compile(r"`+")
_BLANK_LINE = re.compile(r"\n[ \t]*\n")
_PARENTHESIS = re.compile(r"\\.|[()]|\s", re.DOTALL)


class Positions:
    """Look-ahead in one source text. Building is linear in its length, a question is logarithmic."""

    def __init__(self, source: str) -> None:
        self._source = source

    @cached_property
    def _blank_lines(self) -> tuple[list[int], list[int]]:
        found = [match.span() for match in _BLANK_LINE.finditer(self._source)]
        return [start for start, _ in found], [end for _, end in found]

    def blank_line_after(self, position: int) -> tuple[int, int]:
        """Start and end of the first blank line (its two newlines) after ``position``; the end of text when none."""
        starts, ends = self._blank_lines
        if not starts:
            return len(self._source), len(self._source)
        index = bisect_left(starts, position)
        return (starts[index], ends[index]) if index < len(starts) else (len(self._source), len(self._source))

    @cached_property
    def _backtick_runs(self) -> dict[int, list[int]]:
        """Starts of runs by their length; 3 stands for every run of three or more."""
        runs: dict[int, list[int]] = {1: [], 2: [], 3: []}
        for match in _BACKTICK_RUN.finditer(self._source):
            start, end = match.span()
            runs[end - start if end - start < 3 else 3].append(start)
        return runs

    def code_end(self, position: int, length: int) -> int | None:
        """Where the run of exactly ``length`` (1 or 2) backticks after ``position`` starts, before a blank line."""
        starts = self._backtick_runs[length]
        index = bisect_left(starts, position)
        if index == len(starts):
            return None
        start = starts[index]
        return start if start <= self.blank_line_after(position)[0] else None

    def fence_after(self, position: int) -> tuple[int, int] | None:
        """Start and end of the first run of three or more backticks after ``position``."""
        starts = self._backtick_runs[3]
        index = bisect_left(starts, position)
        if index == len(starts):
            return None
        match = _BACKTICK_RUN.match(self._source, starts[index])
        assert match is not None
        return match.span()

    @cached_property
    def _parentheses(self) -> tuple[dict[int, int], list[int], list[int]]:
        """The partner of each opening one within a run without white space; all closing ones; all white space."""
        partners: dict[int, int] = {}
        closing: list[int] = []
        spaces: list[int] = []
        waiting: list[int] = []
        for match in _PARENTHESIS.finditer(self._source):
            character = match[0]
            if character == "(":
                waiting.append(match.start())
            elif character == ")":
                closing.append(match.start())
                if waiting:
                    partners[waiting.pop()] = match.start()
            elif not character.startswith("\\"):
                spaces.append(match.start())
                waiting.clear()
        return partners, closing, spaces

    def link_target(self, position: int) -> tuple[int, int] | None:
        """The end of the ``(address)`` that starts at ``position``: before and after its closing parenthesis.

        Parentheses inside an address pair up (as in encyclopedia links); where they do not, the first one closes.
        """
        if not self._source.startswith("(", position):
            return None
        partners, closing, spaces = self._parentheses
        end = partners.get(position)
        if end is None:
            index = bisect_left(closing, position)
            if index == len(closing):
                return None
            end = closing[index]
            space = bisect_left(spaces, position)
            if space < len(spaces) and spaces[space] < end:
                return None
        return end, end + 1
