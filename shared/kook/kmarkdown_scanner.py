"""The first half of the KMarkdown parser: source text to a flat, well-nested row of tokens.

One pass from left to right. A delimiter that may open a span is pushed on a bounded stack and stays literal text until
its partner is found; closing pops everything above it, which stays literal. Look-ahead uses positions that were
collected once, and patterns of bounded length, so the work grows linearly with the source whatever it holds.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import cached_property
from typing import ClassVar

from shared.kook.kmarkdown_positions import Positions
from shared.kook.kmarkdown_text import ESCAPABLE, expand_shortcodes, unescape
from shared.kook.kmarkdown_tokens import CLOSE_SPAN, Delimiter, Names, OpenSpan, SpanKind, Token
from shared.message.text import is_web_url, one_line
from shared.message.tree import Block, Code, CodeBlock, CustomEmoji, Mention, MentionKind, Rule

# Further open delimiters make the oldest one literal: deeper nesting means nothing to a reader.
MAX_OPEN_DELIMITERS = 32

_SPECIAL = re.compile(r"[\\`*~\[\](:\n]|https?://", re.IGNORECASE)
_BARE_URL = re.compile(r"https?://[^\s\\*~`\[\]()<>]*", re.IGNORECASE)
_RULE = re.compile(r"-{3,}[ \t]*(?:\n|\Z)")
_QUOTE_MARK = re.compile(r"\n>(?: |(?=\n|\Z))")
_RUN = {character: re.compile(re.escape(character) + "+") for character in "`*~"}
_LANGUAGE_LINE = re.compile(r"([A-Za-z0-9+#._-]{0,32})[ \t]*\n")
_SHORTCODE = re.compile(r":[A-Za-z0-9_+\-]{1,64}:")
_TAG = re.compile(r"\((met|rol|chn|emj|ins|spl|font)\)")
_MENTION_ID = re.compile(r"([0-9]{1,32}|all|here)\((met|rol|chn)\)")
_EMOJI = re.compile(r"([^\n]{1,64}?)\(emj\)\[([^\[\]\s]{1,128})\]")
_FONT_THEME = re.compile(r"\[([A-Za-z0-9#_-]{1,32})[^\[\]\n]{0,32}\]")
_TOGGLES: Mapping[str, SpanKind] = {"ins": "underline", "spl": "spoiler"}
_MENTION_KINDS: Mapping[str, MentionKind] = {"met": "user", "rol": "role", "chn": "channel"}


class Scanner:
    """Scans one source text. ``parse_quote`` turns what is inside a quote into a block; None: quotes are text."""

    def __init__(self, source: str, names: Names, parse_quote: Callable[[str], Block] | None) -> None:
        self._source = source
        self._names = names
        self._parse_quote = parse_quote
        self._position = 0
        self._tokens: list[Token] = []
        self._text: list[str] = []
        self._open: list[Delimiter] = []

    @cached_property
    def _positions(self) -> Positions:
        return Positions(self._source)

    def scan(self) -> list[Token]:
        """The tokens: every Delimiter's spans are closed by as many CloseSpan, properly nested."""
        source, handlers = self._source, self._HANDLERS
        while self._position < len(source):
            if self._at_line_start() and (self._rule() or self._quote()):
                continue
            found = _SPECIAL.search(source, self._position)
            if found is None:
                self._literal_to(len(source))
                break
            if found.start() > self._position:
                self._literal_to(found.start())
            if not handlers[source[self._position]](self):
                self._literal_to(self._position + 1)
        self._flush()
        return self._tokens

    # Output

    def _literal_to(self, end: int) -> None:
        if end > self._position:
            self._text.append(self._source[self._position : end])
            self._position = end

    def _flush(self) -> None:
        if self._text:
            self._tokens.append("".join(self._text))
            self._text.clear()

    def _emit(self, token: Token, end: int) -> bool:
        if self._text:
            self._flush()
        self._tokens.append(token)
        self._position = end
        return True

    def _emit_block(self, block: Block, end: int) -> bool:
        """The newlines that part a block from its neighbours belong to it."""
        if self._text and self._text[-1].endswith("\n"):
            self._text[-1] = self._text[-1][:-1]
        return self._emit(block, end)

    # Blocks

    def _at_line_start(self) -> bool:
        return self._position == 0 or self._source[self._position - 1] == "\n"

    def _rule(self) -> bool:
        found = _RULE.match(self._source, self._position)
        return found is not None and self._emit_block(Rule(), found.end())

    def _quote(self) -> bool:
        if self._parse_quote is None or not self._source.startswith("> ", self._position):
            return False
        end, after = self._quote_end()
        # Writers used to Markdown repeat the mark on every line; KOOK needs it once.
        inner = _QUOTE_MARK.sub("\n", self._source[self._position + 2 : end]).rstrip()
        if not inner.strip():
            self._literal_to(end)
            return True
        return self._emit_block(self._parse_quote(inner), after)

    def _quote_end(self) -> tuple[int, int]:
        """The start and end of the blank line that ends the quote: the first one outside of its code blocks."""
        end, after = self._positions.blank_line_after(self._position)
        opening = self._positions.fence_after(self._position)
        while opening is not None and opening[0] < end:
            if self._source[opening[0] - 1] == "\\":
                opening = self._positions.fence_after(opening[1])
                continue
            closing = self._positions.fence_after(opening[1])
            if closing is None:
                break
            if closing[0] > end:
                end, after = self._positions.blank_line_after(closing[1])
            opening = self._positions.fence_after(closing[1])
        return end, after

    def _fence(self, opening_end: int) -> bool:
        closing = self._positions.fence_after(opening_end)
        if closing is None:
            return False
        content_end, end = closing
        language, content = "", self._source[opening_end:content_end]
        if head := _LANGUAGE_LINE.match(content):
            language, content = head[1], content[head.end() :]
        content = content.removesuffix("\n")
        if not content.strip():
            return False
        if self._source.startswith("\n", end):
            end += 1
        return self._emit_block(CodeBlock(language, content), end)

    # Inline atoms

    def _escape(self) -> bool:
        following = self._source[self._position + 1 : self._position + 2]
        if following not in ESCAPABLE or not following:
            return False
        self._text.append(following)
        self._position += 2
        return True

    def _newline(self) -> bool:
        return False  # text; the loop stops here because a block may start after it

    def _address(self) -> bool:
        found = _BARE_URL.match(self._source, self._position)
        assert found is not None
        self._literal_to(found.end())
        return True

    def _code(self) -> bool:
        length = len(self._run("`"))
        start = self._position + length
        if length >= 3 and self._fence(start):
            return True
        end = self._positions.code_end(start, length) if length < 3 else None
        content = self._source[start:end] if end is not None else ""
        if end is None or not content or content.isspace():
            self._literal_to(start)
            return True
        if length == 2 and content.startswith(" ") and content.endswith(" "):
            content = content[1:-1]  # the spaces that keep a leading or trailing backtick apart
        return self._emit(Code(content), end + length)

    def _shortcode(self) -> bool:
        found = _SHORTCODE.match(self._source, self._position)
        if found is None:
            return False
        expanded = expand_shortcodes(found[0])
        if expanded == found[0]:
            return False
        self._text.append(expanded)
        self._position = found.end()
        return True

    def _tag(self) -> bool:
        found = _TAG.match(self._source, self._position)
        if found is None:
            return False
        name, after = found[1], found.end()
        if name in _TOGGLES:
            return self._toggle(found[0], _TOGGLES[name])
        if name == "font":
            return self._font(after)
        if name == "emj":
            return self._custom_emoji(after)
        return self._mention(name, after)

    def _custom_emoji(self, after: int) -> bool:
        found = _EMOJI.match(self._source, after)
        if found is None:
            return False
        return self._emit(CustomEmoji(name=one_line(unescape(found[1])), id=found[2]), found.end())

    def _mention(self, tag: str, after: int) -> bool:
        found = _MENTION_ID.match(self._source, after)
        if found is None or found[2] != tag:
            return False
        identifier = found[1]
        if identifier in ("all", "here"):
            if tag != "met":
                return False
            kind: MentionKind = "everyone" if identifier == "all" else "online"
            return self._emit(Mention(kind=kind, id=identifier, name=""), found.end())
        known = {"met": self._names.users, "rol": self._names.roles, "chn": self._names.channels}[tag]
        name = one_line(known.get(identifier, "")) or identifier
        return self._emit(Mention(kind=_MENTION_KINDS[tag], id=identifier, name=name), found.end())

    # Spans

    def _run(self, character: str) -> str:
        if not self._source.startswith(character, self._position + 1):
            return character
        found = _RUN[character].match(self._source, self._position)
        assert found is not None
        return found[0]

    def _flanks(self, length: int) -> tuple[bool, bool]:
        """Whether a run of delimiters here can open and can close: no white space on the inner side."""
        before = self._source[self._position - 1 : self._position] if self._position else ""
        after = self._source[self._position + length : self._position + length + 1]
        return bool(after) and not after.isspace(), bool(before) and not before.isspace()

    def _push(self, family: str, literal: str, length: int) -> bool:
        delimiter = Delimiter(family, literal)
        self._emit(delimiter, self._position + length)
        self._open.append(delimiter)
        if len(self._open) > MAX_OPEN_DELIMITERS:
            del self._open[0]
        return True

    def _topmost(self, family: str, literal: str | None = None) -> int | None:
        for index in range(len(self._open) - 1, -1, -1):
            delimiter = self._open[index]
            if delimiter.family == family and literal in (None, delimiter.literal):
                return index
        return None

    def _is_empty_since(self, delimiter: Delimiter) -> bool:
        return not self._text and self._tokens[-1] is delimiter

    def _close(self, index: int, taken: int, spans: list[OpenSpan], end: int) -> None:
        """Close ``spans`` (outermost first) with the last ``taken`` characters of the open delimiter at ``index``."""
        delimiter = self._open[index]
        del self._open[index + 1 :]
        delimiter.literal = delimiter.literal[: len(delimiter.literal) - taken]
        delimiter.spans[:0] = spans
        if not delimiter.literal:
            del self._open[index]
        self._flush()
        self._tokens.extend(CLOSE_SPAN for _ in spans)
        self._position = end

    def _toggle(self, literal: str, kind: SpanKind) -> bool:
        index = self._topmost(literal)
        if index is None:
            return self._push(literal, literal, len(literal))
        if self._is_empty_since(self._open[index]):
            del self._open[index]
            return False
        self._close(index, len(literal), [OpenSpan(kind)], self._position + len(literal))
        return True

    def _font(self, after: int) -> bool:
        theme = _FONT_THEME.match(self._source, after)
        index = self._topmost("(font)") if theme else None
        if theme is None or index is None:
            return self._push("(font)", "(font)", after - self._position)
        self._close(index, len("(font)"), [OpenSpan("color", theme[1].lower())], theme.end())
        return True

    def _tildes(self) -> bool:
        run = self._run("~")
        can_open, can_close = self._flanks(len(run))
        index = self._topmost("~~") if can_close else None
        if len(run) == 2 and index is not None and not self._is_empty_since(self._open[index]):
            self._close(index, 2, [OpenSpan("strike")], self._position + 2)
        elif len(run) == 2 and can_open:
            self._push("~~", "~~", 2)
        else:
            self._literal_to(self._position + len(run))
        return True

    def _stars(self) -> bool:
        count = len(self._run("*"))
        if count > 3:
            self._literal_to(self._position + count)
            return True
        can_open, can_close = self._flanks(count)
        end = self._position + count
        left = self._close_stars(count, can_open) if can_close else count
        if left and can_open:
            self._position = end - left
            self._push("*", "*" * left, left)
        else:
            self._position = end - left
            self._literal_to(end)
        return True

    def _close_stars(self, count: int, can_open: bool) -> int:
        """Close what ``count`` stars close; gives back how many are left over."""
        while count:
            choice = self._star_partner(count, can_open)
            if choice is None:
                break
            index, taken = choice
            if self._is_empty_since(self._open[index]):
                break
            spans: dict[int, list[OpenSpan]] = {
                1: [OpenSpan("emphasis")],
                2: [OpenSpan("strong")],
                3: [OpenSpan("strong"), OpenSpan("emphasis")],
            }
            self._close(index, taken, spans[taken], self._position)
            count -= taken
        return count

    def _star_partner(self, count: int, can_open: bool) -> tuple[int, int] | None:
        """The open stars to close with ``count`` stars, and how many of them: ``*a **b c*`` prefers the exact match,
        ``*a**b**c*`` reads the two stars as an opening, ``*a**`` closes with one of them."""
        top = self._topmost("*")
        if top is None:
            return None
        available = len(self._open[top].literal)
        if available == count or 3 in (available, count):
            return top, min(available, count)
        exact = self._topmost("*", "*" * count)
        if exact is not None:
            return exact, count
        return (top, available) if available < count and not can_open else None

    # Links

    def _bracket_open(self) -> bool:
        return self._push("[", "[", 1)

    def _bracket_close(self) -> bool:
        index = self._topmost("[")
        if index is None:
            return False
        target = self._positions.link_target(self._position + 1)
        if target is None:
            del self._open[index]
            return False
        target_end, end = target
        url = unescape(self._source[self._position + 2 : target_end].strip())
        empty = self._is_empty_since(self._open[index])
        if is_web_url(url):
            if empty:
                self._text.append(url)
            self._close(index, 1, [OpenSpan("link", url)], end)
            return True
        if empty:
            del self._open[index]
            return False
        self._close(index, 1, [], end)  # KOOK shows a link to anything but http(s) as its text
        return True

    _HANDLERS: ClassVar[Mapping[str, Callable[[Scanner], bool]]] = {
        "\\": _escape,
        "`": _code,
        "*": _stars,
        "~": _tildes,
        "[": _bracket_open,
        "]": _bracket_close,
        "(": _tag,
        ":": _shortcode,
        "\n": _newline,
        "h": _address,
        "H": _address,
    }
